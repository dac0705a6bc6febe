"""Links by which customers send files, once each; and questions put to them about the fields of a ticket."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "upload_links_digest": "upload_links (digest)",
    "question_runs_address": "question_runs (account, address) WHERE state = 'running'",
    "question_runs_ticket": "question_runs (ticket_id) WHERE state = 'running'",
}
PLAIN = {
    "upload_links_ticket": "upload_links (ticket_id)",
    "question_runs_due": "question_runs (due_at) WHERE due_at IS NOT NULL",
}


def _ticket() -> tuple[str, Any]:
    return "ticket", fields.ForeignKeyField(
        "centrala.Ticket",
        source_field="ticket_id",
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
    dependencies = [("centrala", "0027_customers")]

    operations = [
        _table(
            "UploadLink",
            "upload_links",
            _ticket(),
            ("contact_id", fields.BigIntField()),
            ("digest", fields.CharField(max_length=64)),
            ("by_id", fields.BigIntField()),
            ("created_at", fields.DatetimeField()),
            ("expires_at", fields.DatetimeField()),
            ("ended_at", fields.DatetimeField(null=True)),
            ("used_at", fields.DatetimeField(null=True)),
        ),
        _table(
            "QuestionRun",
            "question_runs",
            _ticket(),
            ("account", fields.CharField(max_length=200)),
            ("address", fields.CharField(max_length=320)),
            ("state", fields.CharField(max_length=12)),
            ("field", fields.CharField(max_length=40)),
            ("question_id", fields.BigIntField()),
            ("is_second", fields.BooleanField(default=False)),
            ("skipped", fields.TextField()),
            ("done", fields.SmallIntField()),
            ("total", fields.SmallIntField()),
            ("by_id", fields.BigIntField()),
            ("created_at", fields.DatetimeField()),
            ("due_at", fields.DatetimeField(null=True)),
            ("ended_at", fields.DatetimeField(null=True)),
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
