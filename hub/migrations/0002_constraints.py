"""Unique constraints, checks by index and the indexes of the hot paths: explicit SQL, as the tool drops them silently.

The same text runs on SQLite and PostgreSQL; only the ticket numbers differ (law 11: a sequence there, a row here).
"""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

UNIQUE = {
    "raw_messages_external": "raw_messages (account, external_key)",
    "identities_address": "identities (scheme, value)",
    "staff_identities_address": "staff_identities (scheme, value)",
    "hints_once": "hints (staff_id, key)",
    "tickets_number": "tickets (number)",
    "entries_message": "entries (message_id) WHERE message_id IS NOT NULL",
    "clocks_of_ticket": "clocks (ticket_id, kind)",
    "queue_members_once": "queue_members (queue, staff_id)",
    "alerts_open": "alerts (ticket_id, kind) WHERE state <> 'resolved'",
    "attempts_number": "attempts (message_id, number)",
}
PLAIN = {
    "raw_messages_waiting": "raw_messages (id) WHERE state = 'waiting'",
    "raw_messages_retried": "raw_messages (account, address) WHERE state = 'waiting' AND tries > 0",
    "raw_messages_parked": "raw_messages (id) WHERE state = 'parked'",
    "messages_line": "messages (account, address, priority, id) WHERE state IN ('queued', 'leased')",
    "messages_queued": "messages (channel, account, priority, id) WHERE state = 'queued'",
    "messages_due": "messages (channel, account, due_at) WHERE state = 'queued'",
    "messages_leased": "messages (lease_until) WHERE state = 'leased'",
    "messages_external": "messages (account, address, external_id) WHERE external_id IS NOT NULL",
    "messages_about": "messages (ref_kind, ref_id, purpose)",
    "messages_edits": "messages (target_id) WHERE target_id IS NOT NULL",
    "messages_acknowledged": "messages (address, created_at) WHERE purpose = 'acknowledgement'",
    "messages_failed": "messages (id) WHERE state IN ('failed', 'maybe_sent')",
    "identities_contact": "identities (contact_id)",
    "staff_identities_staff": "staff_identities (staff_id)",
    "timeline_contact": "timeline (contact_id, at)",
    "tickets_contact": "tickets (contact_id, id)",
    "tickets_open": "tickets (queue, priority, id) WHERE state <> 'closed'",
    "tickets_assignee": "tickets (assignee_id) WHERE state <> 'closed'",
    "entries_ticket": "entries (ticket_id, id)",
    "clocks_due": "clocks (due_at) WHERE state = 'running'",
    "alerts_due": "alerts (due_at) WHERE state <> 'resolved'",
    "queue_members_staff": "queue_members (staff_id)",
}


async def number_tickets(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    if client.capabilities.dialect == "postgres":
        await client.execute_script("CREATE SEQUENCE ticket_numbers")
    else:
        await client.execute_script("INSERT INTO counters (name, value) VALUES ('tickets', 0)")


async def unnumber_tickets(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    if client.capabilities.dialect == "postgres":
        await client.execute_script("DROP SEQUENCE ticket_numbers")
    else:
        await client.execute_script("DELETE FROM counters WHERE name = 'tickets'")


class Migration(migrations.Migration):
    dependencies = [("centrala", "0001_initial")]

    operations = [
        *[
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE.items()
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
        ops.RunPython(number_tickets, reverse_code=unnumber_tickets),
    ]
