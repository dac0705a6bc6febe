"""Casework: own states, what happened to tickets and its inverse, fields, ties, watchers, and blocked senders."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

COLUMNS = {
    "own_state": "VARCHAR(40)",
    "close_reason": "VARCHAR(60)",
    "merged_into_id": "BIGINT REFERENCES tickets (id)",
}
UNIQUE = {
    "ticket_fields_once": "ticket_fields (ticket_id, name)",
    "ticket_ties_once": "ticket_ties (ticket_id, other_id, kind)",
    "ticket_watchers_once": "ticket_watchers (ticket_id, staff_id, queue)",
    "blocked_addresses_once": "blocked_addresses (scheme, value) WHERE lifted_at IS NULL",
}
PLAIN = {
    "tickets_merged": "tickets (contact_id) WHERE merged_into_id IS NOT NULL",
    "tickets_merged_into": "tickets (merged_into_id) WHERE merged_into_id IS NOT NULL",
    "ticket_changes_of": "ticket_changes (ticket_id, id)",
    "ticket_changes_other": "ticket_changes (other_id, id) WHERE other_id IS NOT NULL",
    "ticket_changes_by": "ticket_changes (actor_id, id)",
    "ticket_ties_other": "ticket_ties (other_id)",
    "ticket_watchers_staff": "ticket_watchers (staff_id, ticket_id)",
    "ticket_watchers_queue": "ticket_watchers (queue, ticket_id)",
}


def _key(name: str) -> tuple[str, Any]:
    return name, fields.ForeignKeyField(
        "centrala.Ticket",
        source_field=f"{name}_id",
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _words(**lengths: int) -> list[tuple[str, Any]]:
    return [(name, fields.CharField(max_length=length)) for name, length in lengths.items()]


def _time(name: str) -> tuple[str, Any]:
    return name, fields.DatetimeField()


def _end(name: str) -> tuple[str, Any]:
    return name, fields.DatetimeField(null=True)


def _table(name: str, table: str, *columns: tuple[str, Any]) -> Any:
    own = ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True))
    options = {"table": table, "app": "centrala", "pk_attr": "id"}
    return ops.CreateModel(name=name, fields=[own, *columns], options=options, bases=["Model"])


class Migration(migrations.Migration):
    dependencies = [("centrala", "0018_search")]

    operations = [
        *[
            ops.RunSQL(
                f"ALTER TABLE tickets ADD COLUMN {name} {kind}",
                reverse_sql=f"ALTER TABLE tickets DROP COLUMN {name}",
            )
            for name, kind in COLUMNS.items()
        ],
        _table(
            "TicketChange",
            "ticket_changes",
            _key("ticket"),
            ("other_id", fields.BigIntField(null=True)),
            _time("at"),
            *_words(verb=20),
            ("actor_id", fields.BigIntField()),
            *_words(actor=200, proof=40, said=500),
            ("inverse", fields.JSONField(null=True)),
            _end("undone_at"),
        ),
        _table(
            "TicketField",
            "ticket_fields",
            _key("ticket"),
            *_words(name=40),
            ("value", fields.TextField()),
            _time("changed_at"),
        ),
        _table("TicketTie", "ticket_ties", _key("ticket"), _key("other"), *_words(kind=10), _time("created_at")),
        _table(
            "TicketWatcher",
            "ticket_watchers",
            _key("ticket"),
            ("staff_id", fields.BigIntField()),
            *_words(queue=60),
            _time("created_at"),
        ),
        _table(
            "BlockedAddress",
            "blocked_addresses",
            *_words(scheme=20, value=320),
            _end("until_at"),
            *_words(reason=300),
            ("by_id", fields.BigIntField()),
            _time("created_at"),
            _end("lifted_at"),
        ),
        *[
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE.items()
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
