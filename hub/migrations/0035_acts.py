"""What an act on a ticket said is kept with its text and values: an undo names it in the reader's language."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops


async def add(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    kind = "JSONB" if client.capabilities.dialect == "postgres" else "JSON"
    await client.execute_script(f"ALTER TABLE ticket_changes ADD COLUMN words {kind};")


async def drop(apps: Any, schema_editor: Any) -> None:
    await schema_editor.client.execute_script("ALTER TABLE ticket_changes DROP COLUMN words;")


class Migration(migrations.Migration):
    dependencies = [("centrala", "0033_said")]

    operations = [ops.RunPython(add, reverse_code=drop)]
