"""Rows of the message store: what came in raw, what was said in both directions, and each try to send."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from kernel.models import Model


class RawState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class MessageState(StrEnum):
    RECEIVED = "received"  # inbound
    QUEUED = "queued"
    LEASED = "leased"  # a dispatcher has it
    SENT = "sent"
    DELIVERED = "delivered"
    MAYBE = "maybe_sent"  # the answer was lost; never repeated by itself
    FAILED = "failed"
    CANCELLED = "cancelled"  # taken back before it left
    WITHHELD = "withheld"  # would have left, were it not for quiet mode; never sent later by itself


UNSETTLED = (MessageState.QUEUED, MessageState.LEASED)


class RawMessage(Model):
    """Stored before the sender gets his answer; never changed but for its state."""

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(max_length=40)
    account = fields.CharField(max_length=120)
    external_key = fields.CharField(max_length=64)  # channels/keys.py
    address = fields.CharField(max_length=320)
    body = fields.BinaryField(null=True)  # up to 64 KB; larger ones are a file
    file = fields.CharField(max_length=80, null=True)
    received_at = fields.DatetimeField()
    state = fields.CharField(max_length=12)
    tries = fields.SmallIntField()
    due_at = fields.DatetimeField()
    reason = fields.CharField(max_length=300, null=True)

    class Meta:
        app = "centrala"
        table = "raw_messages"


class Message(Model):
    """One message that went, or is to go, over a channel. `ref_*` says what it is about (a ticket, an alert)."""

    id = fields.BigIntField(primary_key=True)
    direction = fields.CharField(max_length=3)
    channel = fields.CharField(max_length=40)
    account = fields.CharField(max_length=120)
    address = fields.CharField(max_length=320)
    operation = fields.CharField(max_length=16)
    purpose = fields.CharField(max_length=20)
    ref_kind = fields.CharField(max_length=20, null=True)
    ref_id = fields.BigIntField(null=True)
    target: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )  # the message edited or answered
    within: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )  # the topic it stands in
    external_id = fields.CharField(max_length=200, null=True)
    subject = fields.CharField(max_length=500)
    text = fields.TextField()
    buttons: fields.Field[object] = fields.JSONField(null=True)
    token = fields.CharField(max_length=64, null=True)  # brings an answer back to what it is about
    refers_to = fields.TextField(null=True)  # external ids of what it answers, parted by spaces
    sent_to = fields.TextField(null=True)  # addresses that an inbound message was sent to, parted by spaces
    automatic = fields.BooleanField(default=False)  # no person wrote it
    dmarc = fields.CharField(max_length=8, null=True)  # what our mail server found of a mail's sender: contract.Dmarc
    state = fields.CharField(max_length=12)
    priority = fields.SmallIntField()
    tries = fields.SmallIntField()
    due_at = fields.DatetimeField(null=True)
    stale_at = fields.DatetimeField(null=True)
    lease_until = fields.DatetimeField(null=True)
    overdue_at = fields.DatetimeField(null=True)  # when those above are told that it has not left
    reason = fields.CharField(max_length=300, null=True)
    created_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    enclosed = fields.SmallIntField(default=0)  # how many rows of attachments it has

    class Meta:
        app = "centrala"
        table = "messages"


class Attempt(Model):
    """One try to send a message, and how it ended."""

    id = fields.BigIntField(primary_key=True)
    message: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, on_delete=fields.RESTRICT
    )
    number = fields.SmallIntField()
    at = fields.DatetimeField()
    outcome = fields.CharField(max_length=16)
    detail = fields.CharField(max_length=300, null=True)

    class Meta:
        app = "centrala"
        table = "attempts"


class FileState(StrEnum):
    HELD = "held"  # in the file store
    FETCHING = "fetching"  # at the far side still
    TOO_BIG = "too_big"
    FAILED = "failed"
    REMOVED = "removed"  # kept for its time


class Attachment(Model):
    """A file of a message, in either direction. `width` is null until a picture was looked at, 0 if none can be made.

    `reference`: by what the adapter of `account` finds the bytes that are not here yet.
    """

    id = fields.BigIntField(primary_key=True)
    message: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, on_delete=fields.RESTRICT
    )
    position = fields.SmallIntField()
    account = fields.CharField(max_length=120)
    name = fields.CharField(max_length=200)
    content_type = fields.CharField(max_length=120)
    size = fields.BigIntField(null=True)
    state = fields.CharField(max_length=12)
    file = fields.CharField(max_length=80, null=True)
    thumb_file = fields.CharField(max_length=80, null=True)
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    reference = fields.TextField()
    tries = fields.SmallIntField()
    due_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=300, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "attachments"


class OptOut(Model):
    """An address that wants no messages of a purpose; `until` is set once its person wants them again."""

    id = fields.BigIntField(primary_key=True)
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    purpose = fields.CharField(max_length=20)
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)
    source_id = fields.BigIntField(null=True)  # the message that asked for it
    ended_by_id = fields.BigIntField(null=True)  # the message that wanted them again

    class Meta:
        app = "centrala"
        table = "opt_outs"


class HubRun(Model):
    """One run of the hub; a run without `stopped_at` ended uncleanly, and the next one starts carefully."""

    id = fields.BigIntField(primary_key=True)
    started_at = fields.DatetimeField()
    stopped_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "hub_runs"


class Mark(Model):
    """How far a channel has read, in its own words."""

    key = fields.CharField(max_length=200, primary_key=True)
    value = fields.TextField()

    class Meta:
        app = "centrala"
        table = "marks"
