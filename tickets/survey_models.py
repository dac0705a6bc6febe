"""Rows of what customers are asked at the end: the one rating a ticket and every answer to it; whether it is solved."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Survey(Model):
    """What a customer was asked when his ticket was closed. `score` 1 to 5: the first answer; None until then."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    message_id = fields.BigIntField()  # the question
    account = fields.CharField(max_length=200)
    address = fields.CharField(max_length=320)
    asked_at = fields.DatetimeField()
    score = fields.SmallIntField(null=True)
    comment = fields.TextField(null=True)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "surveys"


class SurveyAnswer(Model):
    """An answer as it came; one that is late or a second one does not count. `source_id`: its message; None: a page."""

    id = fields.BigIntField(primary_key=True)
    survey: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Survey", related_name=False, on_delete=fields.RESTRICT
    )
    at = fields.DatetimeField()
    score = fields.SmallIntField()
    counted = fields.BooleanField()
    source_id = fields.BigIntField(null=True)

    class Meta:
        app = "centrala"
        table = "survey_answers"


class Acceptance(Model):
    """Whether the customer finds it solved. `answer`: yes or not_yet; None until then. `source_id`: his message."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    message_id = fields.BigIntField()  # the question
    account = fields.CharField(max_length=200)
    address = fields.CharField(max_length=320)
    asked_at = fields.DatetimeField()
    answer = fields.CharField(max_length=10, null=True)
    answered_at = fields.DatetimeField(null=True)
    source_id = fields.BigIntField(null=True)

    class Meta:
        app = "centrala"
        table = "acceptances"
