"""The message by which a customer wanted again what he had stopped; ratings and answers to them; call-backs."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "surveys_ticket": "surveys (ticket_id)",
    "call_backs_standing": "call_backs (ticket_id) WHERE state IN ('waiting', 'due')",
}
PLAIN = {
    "surveys_message": "surveys (message_id)",
    "surveys_address": "surveys (account, address, asked_at)",
    "surveys_answered": "surveys (answered_at) WHERE score IS NOT NULL",
    "call_backs_due": "call_backs (due_at) WHERE due_at IS NOT NULL",
    "call_backs_phone": "call_backs (phone, created_at)",
    "survey_answers_of": "survey_answers (survey_id)",
}


def _key(to: str, name: str) -> tuple[str, Any]:
    return name, fields.ForeignKeyField(
        f"centrala.{to}",
        source_field=f"{name}_id",
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _table(name: str, table: str, *columns: tuple[str, Any]) -> Any:
    own = ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True))
    options = {"table": table, "app": "centrala", "pk_attr": "id"}
    return ops.CreateModel(name=name, fields=[own, *columns], options=options, bases=["Model"])


class Migration(migrations.Migration):
    dependencies = [("centrala", "0026_escalation")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE opt_outs ADD COLUMN ended_by_id BIGINT",
            reverse_sql="ALTER TABLE opt_outs DROP COLUMN ended_by_id",
        ),
        _table(
            "Survey",
            "surveys",
            _key("Ticket", "ticket"),
            ("message_id", fields.BigIntField()),
            ("account", fields.CharField(max_length=200)),
            ("address", fields.CharField(max_length=320)),
            ("asked_at", fields.DatetimeField()),
            ("score", fields.SmallIntField(null=True)),
            ("comment", fields.TextField(null=True)),
            ("answered_at", fields.DatetimeField(null=True)),
        ),
        _table(
            "SurveyAnswer",
            "survey_answers",
            _key("Survey", "survey"),
            ("at", fields.DatetimeField()),
            ("score", fields.SmallIntField()),
            ("counted", fields.BooleanField()),
            ("source_id", fields.BigIntField(null=True)),
        ),
        _table(
            "CallBack",
            "call_backs",
            _key("Ticket", "ticket"),
            ("phone", fields.CharField(max_length=40)),
            ("state", fields.CharField(max_length=10)),
            ("due_at", fields.DatetimeField(null=True)),
            ("window_from", fields.DatetimeField()),
            ("window_until", fields.DatetimeField()),
            ("zone", fields.CharField(max_length=60)),
            ("tries", fields.SmallIntField()),
            ("missed", fields.BooleanField(default=False)),
            ("created_at", fields.DatetimeField()),
            ("ended_at", fields.DatetimeField(null=True)),
            ("result", fields.TextField(null=True)),
        ),
        *[
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE.items()
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
