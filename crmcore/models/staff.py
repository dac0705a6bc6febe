"""Rows of staff: who works here, the addresses they are known by, and what they have been told once."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crmcore.access import Role as Role


class Staff(Model):
    """A colleague. Removing one switches all his links off at once and keeps what he did."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=120)
    folded = fields.CharField(max_length=120)  # for finding by name: case and accents folded
    role = fields.CharField(max_length=10)
    active = fields.BooleanField(default=True)
    zone = fields.CharField(max_length=60)
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
