"""Digests that were sent, a colleague's wish for them, posts to other systems, and ratings as what reports count."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "digests_once": "digests (staff_id, kind, day)",
    "hook_posts_step": "hook_posts (step_id)",
}
PLAIN = {
    "hook_posts_due": "hook_posts (due_at) WHERE due_at IS NOT NULL",
    "identities_unreachable": "identities (unreachable_since) WHERE unreachable_since IS NOT NULL",
}
_DIFFERS = "COALESCE(old.score, 0) <> COALESCE(new.score, 0)"
# name → event, when, the ticket that is noted
TRIGGERS = {
    "rating_in": ("INSERT", "new.score IS NOT NULL", "new.ticket_id"),
    "rating_changed": (
        "UPDATE OF score, answered_at, ticket_id",
        f"{_DIFFERS} OR (old.answered_at IS NULL) <> (new.answered_at IS NULL) OR old.answered_at <> new.answered_at"
        " OR old.ticket_id <> new.ticket_id",
        "new.ticket_id UNION SELECT old.ticket_id",
    ),
    "rating_out": ("DELETE", "old.score IS NOT NULL", "old.ticket_id"),
}


def _key(to: str, name: str, **more: Any) -> tuple[str, Any]:
    return name, fields.ForeignKeyField(
        f"centrala.{to}",
        **more,
        source_field=f"{name}_id",
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _table(name: str, table: str, *columns: tuple[str, Any]) -> Any:
    own = ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True))
    options = {"table": table, "app": "centrala", "pk_attr": "id"}
    return ops.CreateModel(name=name, fields=[own, *columns], options=options, bases=["Model"])


def _sqlite(name: str) -> str:
    event, when, ticket = TRIGGERS[name]
    return (
        f"CREATE TRIGGER report_{name} AFTER {event} ON surveys WHEN {when} BEGIN"
        f" INSERT INTO report_waiting (ticket_id) SELECT {ticket}; END;"
    )


def _postgres(name: str) -> str:
    event, when, ticket = TRIGGERS[name]
    return (
        f"CREATE FUNCTION report_{name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN INSERT INTO report_waiting (ticket_id) SELECT {ticket}; RETURN NULL; END $$;"
        f" CREATE TRIGGER report_{name} AFTER {event} ON surveys FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION report_{name}();"
    )


async def count_ratings(apps: Any, schema_editor: Any) -> None:
    """From now on they are noted; those that are there are noted once."""
    client = schema_editor.client
    written = _postgres if client.capabilities.dialect == "postgres" else _sqlite
    await client.execute_script("\n".join(map(written, TRIGGERS)))
    await client.execute_script(
        "INSERT INTO report_waiting (ticket_id) SELECT ticket_id FROM surveys WHERE score IS NOT NULL;"
    )


async def forget_ratings(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    is_postgres = client.capabilities.dialect == "postgres"
    for name in TRIGGERS:
        await client.execute_script(f"DROP TRIGGER report_{name}{' ON surveys' if is_postgres else ''};")
        if is_postgres:
            await client.execute_script(f"DROP FUNCTION report_{name}();")
    for table in ("report_shares", "report_days", "report_sums"):
        await client.execute_script(f"DELETE FROM {table} WHERE measure IN ('rated', 'low');")


class Migration(migrations.Migration):
    dependencies = [("centrala", "0028_claims")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE staff ADD COLUMN digest VARCHAR(3) NOT NULL DEFAULT ''",
            reverse_sql="ALTER TABLE staff DROP COLUMN digest",
        ),
        _table(
            "Digest",
            "digests",
            _key("Staff", "staff"),
            ("kind", fields.CharField(max_length=10)),
            ("day", fields.IntField()),
            ("at", fields.DatetimeField()),
            ("message_id", fields.BigIntField(null=True)),
        ),
        _table(
            "HookPost",
            "hook_posts",
            _key("AlertStep", "step", null=True),
            _key("Ticket", "ticket"),
            ("rule", fields.CharField(max_length=200)),
            ("hook", fields.CharField(max_length=60)),
            ("body", fields.TextField(unique=False)),
            ("state", fields.CharField(max_length=10)),
            ("tries", fields.SmallIntField()),
            ("due_at", fields.DatetimeField(null=True)),
            ("created_at", fields.DatetimeField()),
            ("settled_at", fields.DatetimeField(null=True)),
            ("reason", fields.TextField(unique=False)),
        ),
        ops.RunPython(count_ratings, reverse_code=forget_ratings),
        *[
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE.items()
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
