"""What colleagues say away from the chats: codes and held commands, and by which channels each is told."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

PLAIN = {"staff_orders_open": "staff_orders (staff_id, expires_at) WHERE ended_at IS NULL"}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0020_clocks")]

    operations = [
        ops.CreateModel(
            name="StaffOrder",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "centrala.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("scheme", fields.CharField(max_length=20)),
                ("value", fields.CharField(max_length=320)),
                ("ticket_id", fields.BigIntField(null=True)),
                ("alert_id", fields.BigIntField(null=True)),
                ("version", fields.IntField()),
                ("commands", fields.TextField(unique=False)),
                ("digest", fields.CharField(max_length=64)),
                ("uses", fields.SmallIntField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("ended_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "staff_orders", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL(
            "ALTER TABLE staff ADD COLUMN ways VARCHAR(60) NOT NULL DEFAULT ''",
            reverse_sql="ALTER TABLE staff DROP COLUMN ways",
        ),
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
