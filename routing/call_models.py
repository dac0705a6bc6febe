"""Rows of call-backs: a customer who wants to be rung, or whose call nobody took."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from kernel.models import Model


class CallState(StrEnum):
    WAITING = "waiting"  # its window has not begun
    DUE = "due"  # somebody has to ring now
    REACHED = "reached"
    GIVEN_UP = "given_up"  # after the last try


class CallBack(Model):
    """One task to ring. `due_at`: when the desk is told next; None while nothing more is to be told."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    phone = fields.CharField(max_length=40)  # "" while unknown
    state = fields.CharField(max_length=10)
    due_at = fields.DatetimeField(null=True)
    window_from = fields.DatetimeField()
    window_until = fields.DatetimeField()
    zone = fields.CharField(max_length=60)
    tries = fields.SmallIntField()
    missed = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    result = fields.TextField(null=True)

    class Meta:
        app = "centrala"
        table = "call_backs"
