"""The language that a colleague has chosen for his pages; "" while he has chosen none."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("centrala", "0021_talk")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE staff ADD COLUMN language VARCHAR(5) NOT NULL DEFAULT ''",
            reverse_sql="ALTER TABLE staff DROP COLUMN language",
        )
    ]
