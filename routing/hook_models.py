"""Rows of posts to other systems: what a step of an escalation chain, or a rule, tells a webhook."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class HookPost(Model):
    """A post that waits, or what became of it. Its id is the key by which the far side knows a repeat.

    `step` None: a rule wanted it, by the name of `rule`. `hook`: the name under `[hooks.out]`; `due_at`: the next try,
    or when the one under way is given up; None: settled.
    `reason`: why it failed, never the address.
    """

    id = fields.BigIntField(primary_key=True)
    step: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.AlertStep", related_name=False, on_delete=fields.RESTRICT, null=True
    )
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    rule = fields.CharField(max_length=200)
    hook = fields.CharField(max_length=60)
    body = fields.TextField()
    state = fields.CharField(max_length=10)
    tries = fields.SmallIntField()
    due_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    reason = fields.TextField()

    class Meta:
        app = "centrala"
        table = "hook_posts"
