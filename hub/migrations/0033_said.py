"""What happened on a ticket is kept with its text and values, so that each reader has it in his language."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops


async def add(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    kind = "JSONB" if client.capabilities.dialect == "postgres" else "JSON"
    await client.execute_script(f"ALTER TABLE entries ADD COLUMN said {kind};")


async def drop(apps: Any, schema_editor: Any) -> None:
    await schema_editor.client.execute_script("ALTER TABLE entries DROP COLUMN said;")


class Migration(migrations.Migration):
    dependencies = [("centrala", "0032_found")]

    operations = [ops.RunPython(add, reverse_code=drop)]
