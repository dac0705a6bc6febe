"""Tickets of another help desk: by which names it knew them, how far an import has come; and what was withheld."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "foreign_records_key": "foreign_records (system, kind, their_key)",
    "foreign_records_ticket": "foreign_records (ticket_id) WHERE kind = 'ticket'",
    "import_runs_source": "import_runs (system, digest)",
}
PLAIN = {
    "foreign_records_number": "foreign_records (number) WHERE kind = 'ticket' AND number IS NOT NULL",
    "foreign_records_message": "foreign_records (message_name) WHERE message_name IS NOT NULL",
    "foreign_records_entries": "foreign_records (ticket_id)",
    "foreign_records_contact": "foreign_records (contact_id)",
    "messages_withheld": "messages (id) WHERE state = 'withheld'",
}


def _key(to: str, name: str) -> Any:
    return fields.ForeignKeyField(
        f"centrala.{to}",
        source_field=f"{name}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("centrala", "0011_invitations")]

    operations = [
        ops.CreateModel(
            name="ForeignRecord",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("system", fields.CharField(max_length=40)),
                ("kind", fields.CharField(max_length=10)),
                ("their_key", fields.CharField(max_length=200)),
                ("number", fields.CharField(max_length=60, null=True)),
                ("message_name", fields.CharField(max_length=200, null=True)),
                ("ticket", _key("Ticket", "ticket")),
                ("contact", _key("Contact", "contact")),
                ("digest", fields.CharField(max_length=64)),
                ("source", fields.BinaryField(null=True)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "foreign_records", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ImportRun",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("system", fields.CharField(max_length=40)),
                ("digest", fields.CharField(max_length=64)),
                ("position", fields.IntField()),
                ("created", fields.IntField()),
                ("updated", fields.IntField()),
                ("unchanged", fields.IntField()),
                ("started_at", fields.DatetimeField()),
                ("ended_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "import_runs", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
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
