"""Signing in to the console: sessions, links, passwords, tries; and what its forms were answered."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "sessions_digest": "sessions (digest)",
    "sign_in_links_digest": "sign_in_links (digest)",
    "credentials_staff": "credentials (staff_id)",
    "form_answers_once": "form_answers (staff_id, key)",
}
PLAIN = {
    "sessions_staff": "sessions (staff_id)",
    "sign_in_links_staff": "sign_in_links (staff_id)",
    "sign_in_tries_key": "sign_in_tries (key, at)",
}


def table(name: str, table: str, *own: tuple[str, Any]) -> ops.CreateModel:
    """A table with an id and a colleague's."""
    return ops.CreateModel(
        name=name,
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            *own,
        ],
        options={"table": table, "app": "centrala", "pk_attr": "id"},
        bases=["Model"],
    )


def staff() -> tuple[str, Any]:
    key: Any = fields.ForeignKeyField(
        "centrala.Staff",
        source_field="staff_id",
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )
    return ("staff", key)


class Migration(migrations.Migration):
    dependencies = [("centrala", "0009_links")]

    operations = [
        table(
            "Session",
            "sessions",
            ("digest", fields.CharField(max_length=64)),
            staff(),
            ("csrf", fields.CharField(max_length=64)),
            ("agent", fields.CharField(max_length=200)),
            ("pending", fields.CharField(max_length=64, null=True)),
            ("created_at", fields.DatetimeField()),
            ("seen_at", fields.DatetimeField()),
            ("expires_at", fields.DatetimeField()),
        ),
        table(
            "SignInLink",
            "sign_in_links",
            ("digest", fields.CharField(max_length=64)),
            staff(),
            ("created_at", fields.DatetimeField()),
            ("expires_at", fields.DatetimeField()),
            ("used_at", fields.DatetimeField(null=True)),
        ),
        table(
            "Credential",
            "credentials",
            staff(),
            ("password", fields.CharField(max_length=200)),
            ("totp", fields.CharField(max_length=64)),
            ("spent", fields.BigIntField()),
            ("created_at", fields.DatetimeField()),
        ),
        table(
            "SignInTry",
            "sign_in_tries",
            ("key", fields.CharField(max_length=64)),
            ("at", fields.DatetimeField()),
        ),
        table(
            "FormAnswer",
            "form_answers",
            staff(),
            ("key", fields.CharField(max_length=64)),
            ("answer", fields.TextField(null=True)),
            ("created_at", fields.DatetimeField()),
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
