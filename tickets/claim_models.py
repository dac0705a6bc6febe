"""Rows of what customers are asked for: links by which they send files, and questions put one after the other."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


def _ticket() -> fields.ForeignKeyRelation[Model]:
    return fields.ForeignKeyField("centrala.Ticket", related_name=False, on_delete=fields.RESTRICT)


class UploadLink(Model):
    """A link that takes files once. `digest`: SHA-256 of its token, in hex: the token itself is nowhere here.

    `contact_id`: whose files these are. `ended_at`: a newer link has taken its place. `used_at`: files came by it.
    """

    id = fields.BigIntField(primary_key=True)
    ticket = _ticket()
    contact_id = fields.BigIntField()
    digest = fields.CharField(max_length=64)
    by_id = fields.BigIntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "upload_links"


class QuestionRun(Model):
    """Questions about a ticket's fields, put to one address. `field`: the one asked now, by the message `question_id`.

    `is_second`: it is asked again; `skipped`: fields that he leaves out, parted by blanks; `done` of `total` are
    through. `due_at`: until when an answer is waited for; None: it is over.
    """

    id = fields.BigIntField(primary_key=True)
    ticket = _ticket()
    account = fields.CharField(max_length=200)
    address = fields.CharField(max_length=320)
    state = fields.CharField(max_length=12)
    field = fields.CharField(max_length=40)
    question_id = fields.BigIntField()
    is_second = fields.BooleanField(default=False)
    skipped = fields.TextField()
    done = fields.SmallIntField()
    total = fields.SmallIntField()
    by_id = fields.BigIntField()
    created_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "question_runs"
