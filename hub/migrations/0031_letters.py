"""What our own mail server has found of a mail's sender is kept with the message."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("centrala", "0030_automatic")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE messages ADD COLUMN dmarc VARCHAR(8)", reverse_sql="ALTER TABLE messages DROP COLUMN dmarc"
        ),
    ]
