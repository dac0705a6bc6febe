"""What an act on a ticket said is kept with its text and values: an undo names it in the reader's language.

The index of due alerts is of those without a chain: a look at what is due does not pass all that climb one.
"""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

PLAIN = {"alerts_due": "alerts (due_at) WHERE state <> 'resolved' AND chain IS NULL"}
_BEFORE = "alerts (due_at) WHERE state <> 'resolved'"


async def add(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    kind = "JSONB" if client.capabilities.dialect == "postgres" else "JSON"
    await client.execute_script(f"ALTER TABLE ticket_changes ADD COLUMN words {kind};")
    await _index(client, PLAIN["alerts_due"])


async def drop(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    await client.execute_script("ALTER TABLE ticket_changes DROP COLUMN words;")
    await _index(client, _BEFORE)


async def _index(client: Any, what: str) -> None:
    await client.execute_script(f"DROP INDEX alerts_due; CREATE INDEX alerts_due ON {what};")


class Migration(migrations.Migration):
    dependencies = [("centrala", "0033_said")]

    operations = [ops.RunPython(add, reverse_code=drop)]
