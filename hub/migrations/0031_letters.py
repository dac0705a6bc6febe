"""What our mail server has found of a mail's sender is kept; what has not left in time is found by an index."""

from tortoise import migrations
from tortoise.migrations import operations as ops

COLUMNS = {"dmarc": "VARCHAR(8)", "overdue_at": "TIMESTAMPTZ"}
PLAIN = {
    "messages_overdue": (
        "messages (overdue_at) WHERE overdue_at IS NOT NULL AND state IN ('queued', 'leased', 'maybe_sent')"
    )
}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0030_automatic")]

    operations = [
        *[
            ops.RunSQL(
                f"ALTER TABLE messages ADD COLUMN {name} {kind}",
                reverse_sql=f"ALTER TABLE messages DROP COLUMN {name}",
            )
            for name, kind in COLUMNS.items()
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
