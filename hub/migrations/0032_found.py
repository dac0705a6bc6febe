"""Tickets are found by their tags and by what their fields hold: what changes those is noted for the index."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

_TEXT = "COALESCE(CAST({}.tags AS TEXT), '')"
# name → table, event, when, whose ticket
TRIGGERS = {
    "ticket_tagged": (
        "tickets",
        "UPDATE OF tags",
        f"{_TEXT.format('old')} <> {_TEXT.format('new')}",
        "new.id",
    ),
    "field_in": ("ticket_fields", "INSERT", "", "new.ticket_id"),
    "field_changed": ("ticket_fields", "UPDATE OF value", "old.value <> new.value", "new.ticket_id"),
    "field_out": ("ticket_fields", "DELETE", "", "old.ticket_id"),
}
# those that have some already are read anew
HAVING = (
    "INSERT INTO search_waiting (kind, ref_id) SELECT 'ticket', id FROM tickets"
    " WHERE COALESCE(CAST(tags AS TEXT), '[]') NOT IN ('[]', 'null')"
    " UNION SELECT 'ticket', ticket_id FROM ticket_fields"
)


def _sqlite_trigger(name: str) -> str:
    table, event, when, ticket = TRIGGERS[name]
    condition = f" WHEN {when}" if when else ""
    return (
        f"CREATE TRIGGER search_{name} AFTER {event} ON {table}{condition} BEGIN"
        f" INSERT INTO search_waiting (kind, ref_id) VALUES ('ticket', {ticket}); END;"
    )


def _postgres_trigger(name: str) -> str:
    table, event, when, ticket = TRIGGERS[name]
    condition = f" WHEN ({when})" if when else ""
    return (
        f"CREATE FUNCTION search_{name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN INSERT INTO search_waiting (kind, ref_id) VALUES ('ticket', {ticket}); RETURN NULL; END $$;"
        f" CREATE TRIGGER search_{name} AFTER {event} ON {table} FOR EACH ROW{condition}"
        f" EXECUTE FUNCTION search_{name}();"
    )


async def build(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    written = _postgres_trigger if client.capabilities.dialect == "postgres" else _sqlite_trigger
    await client.execute_script("\n".join(map(written, TRIGGERS)))
    await client.execute_script(f"{HAVING};")


async def drop(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    is_postgres = client.capabilities.dialect == "postgres"
    for name, (table, *_) in TRIGGERS.items():
        await client.execute_script(f"DROP TRIGGER search_{name}{f' ON {table}' if is_postgres else ''};")
        if is_postgres:
            await client.execute_script(f"DROP FUNCTION search_{name}();")


class Migration(migrations.Migration):
    dependencies = [("centrala", "0031_letters")]

    operations = [ops.RunPython(build, reverse_code=drop)]
