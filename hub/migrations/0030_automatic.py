"""What automatic texts of the hour and tickets that nobody could be given are found by; ends of what is solved."""

from tortoise import migrations
from tortoise.migrations import operations as ops

UNHELD = "nobody can be given the ticket: who works the queue is away or has no room"
PLAIN = {
    "messages_automatic": "messages (account, created_at) WHERE purpose = 'acknowledgement'",
    "entries_unheld": (
        f"entries (ticket_id, at) WHERE kind = 'event' AND author_kind = 'system' AND text = '{UNHELD}'"
    ),
}
# what was solved before had no end: it would be opened again however late its customer wrote
ENDS = "UPDATE tickets SET closed_at = updated_at WHERE state = 'solved' AND closed_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("centrala", "0029_digests")]

    operations = [
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
        ops.RunSQL(ENDS, reverse_sql="SELECT 1"),
    ]
