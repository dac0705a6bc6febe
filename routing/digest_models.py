"""Rows of digests: that one was told, once a person, kind and day."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Digest(Model):
    """The digest of a colleague's day. `day`: an ordinal by his own clocks.

    `message_id` None: nothing was told, because there was nothing to say, he was away or nothing reaches him.
    """

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=10)
    day = fields.IntField()
    at = fields.DatetimeField()
    message_id = fields.BigIntField(null=True)

    class Meta:
        app = "centrala"
        table = "digests"
