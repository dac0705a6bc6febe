"""Rows of incidents: one cause of many tickets, who belongs to it, what was told of it, and to whom."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


def _incident() -> fields.ForeignKeyRelation[Model]:
    return fields.ForeignKeyField("centrala.Incident", related_name=False, on_delete=fields.RESTRICT)


def _ticket() -> fields.ForeignKeyRelation[Model]:
    return fields.ForeignKeyField("centrala.Ticket", related_name=False, on_delete=fields.RESTRICT)


def _staff() -> fields.ForeignKeyNullableRelation[Model]:
    return fields.ForeignKeyField("centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT)


class Incident(Model):
    """I-1. `sign`: what later tickets have to show to belong to it, "" if only people join them (see `bursts`).

    `due_at`: when leads are told that the promised news are late; `run`: how often they were. `shown`: how many
    tickets its suggestion said there were.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.BigIntField()
    title = fields.CharField(max_length=200)
    state = fields.CharField(max_length=10)
    cause = fields.TextField()
    sign = fields.CharField(max_length=120)
    outage: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Outage", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    opened_by = _staff()
    next_news_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    run = fields.SmallIntField()
    shown = fields.IntField()
    revision = fields.SmallIntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "incidents"


class IncidentTicket(Model):
    """A ticket of an incident: proposed, joined, left, refused, or over with it."""

    id = fields.BigIntField(primary_key=True)
    incident = _incident()
    ticket = _ticket()
    state = fields.CharField(max_length=10)
    joined_at = fields.DatetimeField()
    by_id = fields.BigIntField(null=True)

    class Meta:
        app = "centrala"
        table = "incident_tickets"


class IncidentRevision(Model):
    """I-1/2: what all are told once: drafted and shown, confirmed, sent. Or dropped. Its first words are no row."""

    id = fields.BigIntField(primary_key=True)
    incident = _incident()
    number = fields.SmallIntField()
    change = fields.CharField(max_length=10)
    state = fields.CharField(max_length=10)
    text = fields.TextField()
    next_news_at = fields.DatetimeField(null=True)
    by = _staff()
    told = fields.IntField()
    left_out = fields.IntField()
    created_at = fields.DatetimeField()
    published_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "incident_revisions"


class IncidentNotice(Model):
    """Who was told what of an incident: a line a contact and revision (0: that we know), written with its message."""

    id = fields.BigIntField(primary_key=True)
    incident = _incident()
    revision = fields.SmallIntField()
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    ticket = _ticket()
    channel = fields.CharField(max_length=40)
    scheme = fields.CharField(max_length=20)
    address = fields.CharField(max_length=320)
    language = fields.CharField(max_length=5)
    state = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=120)
    message: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "incident_notices"
