"""Which of our addresses an inbound message was sent to: rules choose by it, and are tried on what came before."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("centrala", "0016_attachments")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE messages ADD COLUMN sent_to TEXT", reverse_sql="ALTER TABLE messages DROP COLUMN sent_to"
        )
    ]
