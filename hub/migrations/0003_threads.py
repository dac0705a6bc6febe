"""What brings answers back: tokens, references, and whether a person wrote a message."""

from tortoise import migrations
from tortoise.migrations import operations as ops

COLUMNS = {"token": "VARCHAR(64)", "refers_to": "TEXT", "automatic": "BOOLEAN NOT NULL DEFAULT FALSE"}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0002_constraints")]

    operations = [
        ops.RunSQL(
            f"ALTER TABLE messages ADD COLUMN {name} {kind}", reverse_sql=f"ALTER TABLE messages DROP COLUMN {name}"
        )
        for name, kind in COLUMNS.items()
    ]
