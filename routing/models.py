"""Rows of routing: who works which queue, and the alerts that are out."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model


class AlertState(StrEnum):
    OPEN = "open"
    ACKED = "acked"
    RESOLVED = "resolved"


class QueueMember(Model):
    """A colleague who works a queue."""

    id = fields.BigIntField(primary_key=True)
    queue = fields.CharField(max_length=60)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )

    class Meta:
        app = "centrala"
        table = "queue_members"


class Alert(Model):
    """A breach that somebody has to see. `due_at`: when it comes (back); `run`: which coming it is."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=20)
    state = fields.CharField(max_length=10)
    run = fields.SmallIntField()
    due_at = fields.DatetimeField(null=True)
    acked_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    acked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    resolved_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "alerts"
