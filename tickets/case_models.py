"""Rows of casework: what happened to a ticket and its inverse, its fields, ties and watchers, and blocked senders."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


def _ticket() -> fields.ForeignKeyRelation[Model]:
    return fields.ForeignKeyField("centrala.Ticket", related_name=False, on_delete=fields.RESTRICT)


class TicketChange(Model):
    """One act on a ticket. `proof`: how we knew who it was; `inverse`: what takes it back, None where nothing can.

    `actor_id` 0: the operator at the command line, or the house itself.
    """

    id = fields.BigIntField(primary_key=True)
    ticket = _ticket()
    other_id = fields.BigIntField(null=True)  # of a merge, split or tie: the other ticket
    at = fields.DatetimeField()
    verb = fields.CharField(max_length=20)
    actor_id = fields.BigIntField()
    actor = fields.CharField(max_length=200)
    proof = fields.CharField(max_length=40)
    said = fields.CharField(max_length=500)
    words: fields.Field[object] = fields.JSONField(
        null=True
    )  # what it said, with its text and values: kernel/sentences.py
    inverse: fields.Field[object] = fields.JSONField(null=True)
    undone_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "ticket_changes"


class TicketField(Model):
    """What a field of the ticket's kind holds, as text: a number with a point, a date as ISO, a code, yes or no."""

    id = fields.BigIntField(primary_key=True)
    ticket = _ticket()
    name = fields.CharField(max_length=40)
    value = fields.TextField()
    changed_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "ticket_fields"


class TicketTie(Model):
    """Two tickets that have to do with each other. `kind`: related, or split (the other was taken out of this one)."""

    id = fields.BigIntField(primary_key=True)
    ticket = _ticket()
    other: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=10)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "ticket_ties"


class TicketWatcher(Model):
    """Who sees a ticket beyond those who work its queue: a colleague ("" queue), or all of a queue (staff_id 0)."""

    id = fields.BigIntField(primary_key=True)
    ticket = _ticket()
    staff_id = fields.BigIntField()
    queue = fields.CharField(max_length=60)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "ticket_watchers"


class BlockedAddress(Model):
    """A sender whose messages are kept and call nobody. `until_at` None: until somebody lets him in again."""

    id = fields.BigIntField(primary_key=True)
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    until_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=300)
    by_id = fields.BigIntField()
    created_at = fields.DatetimeField()
    lifted_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "blocked_addresses"
