"""Reminders and planned contacts, numbered R1, R2, …; and until when a ticket sleeps."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {"reminders_number": "reminders (number)"}
PLAIN = {
    "reminders_due": "reminders (due_at) WHERE state = 'waiting'",
    "reminders_staff": "reminders (staff_id, due_at) WHERE state IN ('waiting', 'fired')",
    "tickets_asleep": "tickets (snoozed_until) WHERE snoozed_until IS NOT NULL",
}


async def number_reminders(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    if client.capabilities.dialect == "postgres":
        await client.execute_script("CREATE SEQUENCE reminder_numbers")
    else:
        await client.execute_script("INSERT INTO counters (name, value) VALUES ('reminders', 0)")


async def unnumber_reminders(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    if client.capabilities.dialect == "postgres":
        await client.execute_script("DROP SEQUENCE reminder_numbers")
    else:
        await client.execute_script("DELETE FROM counters WHERE name = 'reminders'")


def _key(to: str, name: str, **more: Any) -> Any:
    return fields.ForeignKeyField(
        f"centrala.{to}",
        source_field=f"{name}_id",
        **more,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("centrala", "0005_stations")]

    operations = [
        ops.CreateModel(
            name="Reminder",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("number", fields.BigIntField()),
                ("kind", fields.CharField(max_length=10)),
                ("state", fields.CharField(max_length=10)),
                ("staff", _key("Staff", "staff")),
                ("ticket", _key("Ticket", "ticket", null=True)),
                ("text", fields.TextField(unique=False)),
                ("due_at", fields.DatetimeField()),
                ("zone", fields.CharField(max_length=60)),
                ("created_by", _key("Staff", "created_by")),
                ("created_at", fields.DatetimeField()),
                ("fired_at", fields.DatetimeField(null=True)),
                ("late", fields.BooleanField(default=False)),
                ("ended_at", fields.DatetimeField(null=True)),
                ("outcome", fields.TextField(null=True, unique=False)),
            ],
            options={"table": "reminders", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL(
            "ALTER TABLE tickets ADD COLUMN snoozed_until TIMESTAMPTZ",
            reverse_sql="ALTER TABLE tickets DROP COLUMN snoozed_until",
        ),
        *[
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE.items()
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
        ops.RunPython(number_reminders, reverse_code=unnumber_reminders),
    ]
