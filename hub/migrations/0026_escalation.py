"""Chains that alerts follow, a row a step; alerts told together; and colleagues who are away, with their deputies."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "alert_steps_waiting": "alert_steps (alert_id) WHERE state = 'waiting'",
    "bundled_alerts_once": "bundled_alerts (message_id, alert_id)",
    "absences_staff": "absences (staff_id)",
}
PLAIN = {
    "alert_steps_due": "alert_steps (due_at) WHERE state = 'waiting'",
    "alert_steps_alert": "alert_steps (alert_id, run)",
    "bundled_alerts_alert": "bundled_alerts (alert_id)",
}
COLUMNS = (
    ("alerts", "chain", "TEXT"),
    ("alerts", "reason", "TEXT NOT NULL DEFAULT ''"),
    ("alerts", "loud_at", "TIMESTAMPTZ"),
    ("staff", "quiet", "VARCHAR(11) NOT NULL DEFAULT ''"),
)


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


def _id() -> Any:
    return fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


class Migration(migrations.Migration):
    dependencies = [("centrala", "0025_incidents")]

    operations = [
        *[
            ops.RunSQL(
                f"ALTER TABLE {table} ADD COLUMN {name} {kind}", reverse_sql=f"ALTER TABLE {table} DROP COLUMN {name}"
            )
            for table, name, kind in COLUMNS
        ],
        ops.CreateModel(
            name="AlertStep",
            fields=[
                ("id", _id()),
                ("alert", _key("Alert", "alert")),
                ("run", fields.SmallIntField()),
                ("lap", fields.SmallIntField()),
                ("place", fields.SmallIntField()),
                ("state", fields.CharField(max_length=10)),
                ("due_at", fields.DatetimeField()),
                ("ran_at", fields.DatetimeField(null=True)),
                ("told", fields.TextField(unique=False)),
            ],
            options={"table": "alert_steps", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BundledAlert",
            fields=[
                ("id", _id()),
                ("message_id", fields.BigIntField()),
                ("alert", _key("Alert", "alert")),
            ],
            options={"table": "bundled_alerts", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Absence",
            fields=[
                ("id", _id()),
                ("staff", _key("Staff", "staff")),
                ("deputy", _key("Staff", "deputy", null=True)),
                ("since", fields.DatetimeField()),
                ("until", fields.DatetimeField(null=True)),
            ],
            options={"table": "absences", "app": "centrala", "pk_attr": "id"},
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
