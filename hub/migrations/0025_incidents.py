"""Incidents: one cause of many tickets, the tickets that belong to it, what all are told, and who was told."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "incidents_number": "incidents (number)",
    "incidents_sign": "incidents (sign) WHERE sign <> '' AND state IN ('proposed', 'open')",
    "incident_tickets_once": "incident_tickets (incident_id, ticket_id)",
    "incident_tickets_one": "incident_tickets (ticket_id) WHERE state = 'joined'",
    "incident_revisions_number": "incident_revisions (incident_id, number) WHERE state <> 'dropped'",
    "incident_notices_once": "incident_notices (incident_id, revision, contact_id)",
}
PLAIN = {
    "incidents_live": "incidents (state) WHERE state IN ('proposed', 'open', 'closing')",
    "incidents_due": "incidents (due_at) WHERE due_at IS NOT NULL",
    "incident_tickets_of": "incident_tickets (incident_id, state)",
    "incident_tickets_ticket": "incident_tickets (ticket_id)",
    "incident_revisions_sending": "incident_revisions (id) WHERE state = 'sending'",
    "incident_notices_message": "incident_notices (message_id) WHERE message_id IS NOT NULL",
}


def _key(name: str, model: str, **more: Any) -> tuple[str, Any]:
    options: dict[str, Any] = {"source_field": f"{name}_id", "to_field": "id", "related_name": False, **more}
    return name, fields.ForeignKeyField(f"centrala.{model}", db_constraint=True, on_delete=OnDelete.RESTRICT, **options)


def _words(**lengths: int) -> list[tuple[str, Any]]:
    return [(name, fields.CharField(max_length=length)) for name, length in lengths.items()]


def _time(name: str, **more: Any) -> tuple[str, Any]:
    return name, fields.DatetimeField(**more)


def _table(name: str, table: str, *columns: tuple[str, Any]) -> Any:
    own = ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True))
    options = {"table": table, "app": "centrala", "pk_attr": "id"}
    return ops.CreateModel(name=name, fields=[own, *columns], options=options, bases=["Model"])


class Migration(migrations.Migration):
    dependencies = [("centrala", "0024_reports")]

    operations = [
        _table(
            "Incident",
            "incidents",
            ("number", fields.BigIntField()),
            *_words(title=200, state=10),
            ("cause", fields.TextField()),
            *_words(sign=120),
            _key("outage", "Outage", null=True),
            _key("opened_by", "Staff", null=True),
            _time("next_news_at", null=True),
            _time("due_at", null=True),
            ("run", fields.SmallIntField()),
            ("shown", fields.IntField()),
            ("revision", fields.SmallIntField()),
            _time("created_at"),
            _time("updated_at"),
            _time("closed_at", null=True),
        ),
        _table(
            "IncidentTicket",
            "incident_tickets",
            _key("incident", "Incident"),
            _key("ticket", "Ticket"),
            *_words(state=10),
            _time("joined_at"),
            ("by_id", fields.BigIntField(null=True)),
        ),
        _table(
            "IncidentRevision",
            "incident_revisions",
            _key("incident", "Incident"),
            ("number", fields.SmallIntField()),
            *_words(change=10, state=10),
            ("text", fields.TextField()),
            _time("next_news_at", null=True),
            _key("by", "Staff", null=True),
            ("told", fields.IntField()),
            ("left_out", fields.IntField()),
            _time("created_at"),
            _time("published_at", null=True),
        ),
        _table(
            "IncidentNotice",
            "incident_notices",
            _key("incident", "Incident"),
            ("revision", fields.SmallIntField()),
            _key("contact", "Contact"),
            _key("ticket", "Ticket"),
            *_words(channel=40, scheme=20, address=320, language=5, state=10, reason=120),
            _key("message", "Message", null=True),
            _time("created_at"),
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
