"""Rows of staff: who works here, the addresses they are known by, and what they have been told once."""

from __future__ import annotations

from tortoise import fields

from crmcore.access import Role as Role
from kernel.models import Model


class Staff(Model):
    """A colleague. Removing one switches all his links off at once and keeps what he did."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=120)
    folded = fields.CharField(max_length=120)  # for finding by name: case and accents folded
    role = fields.CharField(max_length=10)
    active = fields.BooleanField(default=True)
    zone = fields.CharField(max_length=60)
    language = fields.CharField(max_length=5, default="")  # as he chose at a page, "" before that
    ways = fields.CharField(max_length=60, default="")  # channels by which he is told, the first first; "" as the house
    digest = fields.CharField(max_length=3, default="")  # "on" or "off" as he chose; "" as the settings have it
    quiet = fields.CharField(max_length=11, default="")  # "21:00-07:00" by his own clocks, "" for never
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "staff"


class StaffIdentity(Model):
    """An address by which a colleague is recognised."""

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)

    class Meta:
        app = "centrala"
        table = "staff_identities"


class Hint(Model):
    """Something a colleague is told the first time only."""

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    key = fields.CharField(max_length=40)

    class Meta:
        app = "centrala"
        table = "hints"


class Invitation(Model):
    """A way in for one person, who is nobody yet. Only the digest of its token is kept."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=20)  # administrator, colleague
    role = fields.CharField(max_length=10)
    name = fields.CharField(max_length=120)  # "" if he brings his own
    queues = fields.TextField()  # names as a JSON list
    digest = fields.CharField(max_length=64)
    created_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)  # without `used_by`: cancelled, or seen by others
    used_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )

    class Meta:
        app = "centrala"
        table = "invitations"


class WrongToken(Model):
    """An address that showed a token which opens nothing: counted, so that guessing ends."""

    id = fields.BigIntField(primary_key=True)
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "wrong_tokens"


class StaffCode(Model):
    """A code on its way to an address that a colleague says is his own."""

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    digest = fields.CharField(max_length=64)
    tries = fields.SmallIntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "staff_codes"


class StaffGroup(Model):
    """A group that the bot is in: what it has said there, and whether colleagues are to work in it."""

    id = fields.BigIntField(primary_key=True)
    account = fields.CharField(max_length=120)
    address = fields.CharField(max_length=320)
    offer_id = fields.BigIntField(null=True)  # the message that offers it, edited in place
    said = fields.TextField()  # what that message says now
    chosen_at = fields.DatetimeField(null=True)
    saved = fields.BooleanField(default=False)  # the settings say so too
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "staff_groups"


class StaffOrder(Model):
    """What a colleague may say, or has said, away from the chats: a code for a ticket, or commands that wait for it.

    Only the digest of a code is kept; "" where a button confirms.
    """

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    ticket_id = fields.BigIntField(null=True)
    alert_id = fields.BigIntField(null=True)
    version = fields.IntField()  # of the ticket, when the commands were said
    commands = fields.TextField()  # a JSON list, or one with versions: staff_orders; empty: the code opens the ticket
    digest = fields.CharField(max_length=64)
    uses = fields.SmallIntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "staff_orders"


class Absence(Model):
    """A colleague is away, one row each. `until`: None for as long as he has not said that he is back."""

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    deputy: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "absences"
