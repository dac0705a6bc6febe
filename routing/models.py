"""Rows of routing: who works which queue, the alerts that are out, and what colleagues want to be reminded of."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from kernel.models import Model


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
    chain = fields.TextField(null=True)  # as it was when the alert began; None: the queue's managers, every half hour
    reason = fields.TextField(default="")  # why a colleague has called for help, and who
    loud_at = fields.DatetimeField(null=True)  # since when it is known that nobody sees to it

    class Meta:
        app = "centrala"
        table = "alerts"


class AlertStep(Model):
    """One telling of an alert that follows a chain. `run`: which coming; `lap`, `place`: where in the chain.

    `told`: whom, or why nobody.
    """

    id = fields.BigIntField(primary_key=True)
    alert: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Alert", related_name=False, on_delete=fields.RESTRICT
    )
    run = fields.SmallIntField()
    lap = fields.SmallIntField()
    place = fields.SmallIntField()
    state = fields.CharField(max_length=10)
    due_at = fields.DatetimeField()
    ran_at = fields.DatetimeField(null=True)
    told = fields.TextField()

    class Meta:
        app = "centrala"
        table = "alert_steps"


class BundledAlert(Model):
    """An alert that a message tells together with others. `message_id`: of the outbox, which lets go in time."""

    id = fields.BigIntField(primary_key=True)
    message_id = fields.BigIntField()
    alert: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Alert", related_name=False, on_delete=fields.RESTRICT
    )

    class Meta:
        app = "centrala"
        table = "bundled_alerts"


class ReminderKind(StrEnum):
    REMINDER = "reminder"
    CALL = "call"  # the others are planned contacts with a customer
    VISIT = "visit"
    MAIL = "mail"


class ReminderState(StrEnum):
    WAITING = "waiting"
    FIRED = "fired"  # told, not yet done
    DONE = "done"
    DROPPED = "dropped"


class Reminder(Model):
    """What a colleague is told at `due_at`, once. `zone`: the one its time was said in; `late`: told well after it."""

    id = fields.BigIntField(primary_key=True)
    number = fields.BigIntField()
    kind = fields.CharField(max_length=10)
    state = fields.CharField(max_length=10)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    ticket: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    text = fields.TextField()
    due_at = fields.DatetimeField()
    zone = fields.CharField(max_length=60)
    created_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()
    fired_at = fields.DatetimeField(null=True)
    late = fields.BooleanField(default=False)
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.TextField(null=True)

    class Meta:
        app = "centrala"
        table = "reminders"
