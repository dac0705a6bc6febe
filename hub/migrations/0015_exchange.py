"""Imports of companies and contacts: files, their lines, what columns mean, numbers of other systems."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "import_mappings_once": "import_mappings (kind, fingerprint)",
    "imports_number": "imports (number)",
    "imports_running": "imports (kind, digest) WHERE state = 'running'",
    "import_rows_line": "import_rows (batch_id, line)",
    "import_rows_once": "import_rows (batch_id, ref_id) WHERE ref_id IS NOT NULL",
    "external_ids_once": "external_ids (kind, owner_id, value)",
    "external_ids_of": "external_ids (kind, ref_id)",
}
PLAIN = {
    "companies_tax_number": "companies (tax_number) WHERE tax_number <> ''",
    "companies_mail": "companies (mail) WHERE mail <> ''",
    "companies_phone": "companies (phone) WHERE phone <> ''",
    "import_rows_kept": "import_rows (batch_id, undone, id)",
}


def _id() -> tuple[str, Any]:
    return "id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


def _key(to: str, name: str, **more: Any) -> tuple[str, Any]:
    return name, fields.ForeignKeyField(
        f"centrala.{to}",
        source_field=f"{name}_id",
        **more,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _words(**lengths: int) -> list[tuple[str, Any]]:
    return [(name, fields.CharField(max_length=length)) for name, length in lengths.items()]


def _counts(*names: str) -> list[tuple[str, Any]]:
    return [(name, fields.IntField()) for name in names]


def _table(name: str, table: str, *columns: tuple[str, Any]) -> Any:
    options = {"table": table, "app": "centrala", "pk_attr": "id"}
    return ops.CreateModel(name=name, fields=[_id(), *columns], options=options, bases=["Model"])


class Migration(migrations.Migration):
    dependencies = [("centrala", "0013_companies")]

    operations = [
        _table(
            "ImportMapping",
            "import_mappings",
            *_words(kind=20, fingerprint=64),
            ("columns", fields.JSONField()),
            ("changed_at", fields.DatetimeField()),
        ),
        _table(
            "Import",
            "imports",
            *_counts("number"),
            *_words(kind=20, digest=64, file=200, state=10),
            *_counts("cursor", "created", "updated", "unchanged", "conflicts", "errors"),
            _key("Staff", "by", null=True),
            ("started_at", fields.DatetimeField()),
            ("ended_at", fields.DatetimeField(null=True)),
        ),
        _table(
            "ImportRow",
            "import_rows",
            _key("Import", "batch"),
            *_counts("line"),
            *_words(key=400, action=10),
            ("ref_id", fields.BigIntField(null=True)),
            ("changes", fields.JSONField()),
            *_counts("version"),
            *_words(undone=10),
        ),
        _table(
            "ExternalId",
            "external_ids",
            *_words(kind=20),
            ("owner_id", fields.BigIntField()),
            *_words(value=120),
            ("ref_id", fields.BigIntField()),
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
