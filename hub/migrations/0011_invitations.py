"""Invitations of colleagues, codes to their own addresses, wrong tokens counted, and groups to choose from."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "invitations_digest": "invitations (digest)",
    "staff_groups_address": "staff_groups (account, address)",
}
PLAIN = {
    "invitations_open": "invitations (expires_at) WHERE used_at IS NULL",
    "wrong_tokens_address": "wrong_tokens (scheme, value, at)",
    "staff_codes_staff": "staff_codes (staff_id) WHERE used_at IS NULL",
    "staff_codes_address": "staff_codes (scheme, value, created_at)",
}


def _id() -> Any:
    return fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


def _colleague(name: str, **more: Any) -> Any:
    return fields.ForeignKeyField(
        "centrala.Staff",
        source_field=f"{name}_id",
        **more,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _table(model: str, table: str, columns: list[tuple[str, Any]]) -> ops.CreateModel:
    return ops.CreateModel(
        name=model,
        fields=[("id", _id()), *columns],
        options={"table": table, "app": "centrala", "pk_attr": "id"},
        bases=["Model"],
    )


class Migration(migrations.Migration):
    dependencies = [("centrala", "0010_sign_in")]

    operations = [
        _table(
            "Invitation",
            "invitations",
            [
                ("kind", fields.CharField(max_length=20)),
                ("role", fields.CharField(max_length=10)),
                ("name", fields.CharField(max_length=120)),
                ("queues", fields.TextField(unique=False)),
                ("digest", fields.CharField(max_length=64)),
                ("created_by", _colleague("created_by", null=True)),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("used_at", fields.DatetimeField(null=True)),
                ("used_by", _colleague("used_by", null=True)),
            ],
        ),
        _table(
            "WrongToken",
            "wrong_tokens",
            [
                ("scheme", fields.CharField(max_length=20)),
                ("value", fields.CharField(max_length=320)),
                ("at", fields.DatetimeField()),
            ],
        ),
        _table(
            "StaffCode",
            "staff_codes",
            [
                ("staff", _colleague("staff")),
                ("scheme", fields.CharField(max_length=20)),
                ("value", fields.CharField(max_length=320)),
                ("digest", fields.CharField(max_length=64)),
                ("tries", fields.SmallIntField()),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("used_at", fields.DatetimeField(null=True)),
            ],
        ),
        _table(
            "StaffGroup",
            "staff_groups",
            [
                ("account", fields.CharField(max_length=120)),
                ("address", fields.CharField(max_length=320)),
                ("offer_id", fields.BigIntField(null=True)),
                ("said", fields.TextField(unique=False)),
                ("chosen_at", fields.DatetimeField(null=True)),
                ("saved", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField()),
            ],
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
