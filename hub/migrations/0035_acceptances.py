"""Whether a customer finds his case solved: asked once a ticket, and what he said."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {"acceptances_ticket": "acceptances (ticket_id)"}
PLAIN = {
    "acceptances_message": "acceptances (message_id)",
    "acceptances_address": "acceptances (account, address, asked_at)",
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


class Migration(migrations.Migration):
    dependencies = [("centrala", "0034_acts")]

    operations = [
        ops.CreateModel(
            name="Acceptance",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _ticket(),
                ("message_id", fields.BigIntField()),
                ("account", fields.CharField(max_length=200)),
                ("address", fields.CharField(max_length=320)),
                ("asked_at", fields.DatetimeField()),
                ("answer", fields.CharField(max_length=10, null=True)),
                ("answered_at", fields.DatetimeField(null=True)),
                ("source_id", fields.BigIntField(null=True)),
            ],
            options={"table": "acceptances", "app": "centrala", "pk_attr": "id"},
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
