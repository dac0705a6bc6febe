"""Rows of people: contacts, the addresses they write from, and the history of what passed between us."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


class Contact(Model):
    """A person outside, under one name over all channels."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=200)
    language = fields.CharField(max_length=8)  # "" while unknown
    function = fields.CharField(max_length=120, default="")
    source = fields.CharField(max_length=40, default="")  # how he first heard of us, a word of the codebook
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "contacts"


class Identity(Model):
    """An address that belongs to a contact. One address belongs to one contact; it is never taken over silently."""

    id = fields.BigIntField(primary_key=True)
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    verified = fields.BooleanField(default=False)
    proven = fields.CharField(max_length=20, null=True)  # how we know it is his: "imported" from a list of ours
    unreachable_since = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    last_in_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "identities"


class TimelineLine(Model):
    """One line of a contact's history, whatever channel it came by. `ref_*` names what it belongs to (a ticket)."""

    id = fields.BigIntField(primary_key=True)
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    at = fields.DatetimeField()
    kind = fields.CharField(max_length=20)
    channel = fields.CharField(max_length=40, null=True)
    message: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    ref_kind = fields.CharField(max_length=20, null=True)
    ref_id = fields.BigIntField(null=True)
    text = fields.TextField(null=True)

    class Meta:
        app = "centrala"
        table = "timeline"


class LinkCode(Model):
    """A code on its way to an address; typed back by the contact, it proves that both are one person's."""

    id = fields.BigIntField(primary_key=True)
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    scheme = fields.CharField(max_length=20)
    value = fields.CharField(max_length=320)
    digest = fields.CharField(max_length=64)
    tries = fields.SmallIntField()
    ticket_id = fields.BigIntField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "link_codes"
