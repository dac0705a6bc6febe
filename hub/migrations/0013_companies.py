"""Owners and groups, companies with their people, calls and changes; codebooks; how a customer heard of us."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "owners_name": "owners (folded)",
    "owner_members_once": "owner_members (owner_id, staff_id)",
    "groups_name": "groups (owner_id, folded)",
    "group_members_once": "group_members (group_id, staff_id)",
    "companies_number": "companies (number)",
    "companies_tax": "companies (owner_id, country, tax_number) WHERE tax_number <> '' AND archived_at IS NULL",
    "company_contacts_once": "company_contacts (company_id, contact_id) WHERE ended_at IS NULL",
    "codes_once": "codes (book, code)",
}
PLAIN = {
    "owner_members_staff": "owner_members (staff_id)",
    "group_members_staff": "group_members (staff_id)",
    "companies_name": "companies (owner_id, folded)",
    "companies_group": "companies (group_id) WHERE group_id IS NOT NULL",
    "company_contacts_contact": "company_contacts (contact_id)",
    "call_notes_company": "call_notes (company_id, at) WHERE company_id IS NOT NULL",
    "call_notes_contact": "call_notes (contact_id, at) WHERE contact_id IS NOT NULL",
    "alterations_of": "alterations (kind, ref_id, id)",
}
COLUMNS = (
    ("contacts", "function", "VARCHAR(120)"),
    ("contacts", "source", "VARCHAR(40)"),
    ("tickets", "source", "VARCHAR(40)"),
)


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


def _at(*names: str, **more: Any) -> list[tuple[str, Any]]:
    return [(name, fields.DatetimeField(**more)) for name in names]


def _table(name: str, table: str, *columns: tuple[str, Any]) -> Any:
    options = {"table": table, "app": "centrala", "pk_attr": "id"}
    return ops.CreateModel(name=name, fields=[_id(), *columns], options=options, bases=["Model"])


class Migration(migrations.Migration):
    dependencies = [("centrala", "0012_history")]

    operations = [
        *[
            ops.RunSQL(
                f"ALTER TABLE {table} ADD COLUMN {name} {kind} NOT NULL DEFAULT ''",
                reverse_sql=f"ALTER TABLE {table} DROP COLUMN {name}",
            )
            for table, name, kind in COLUMNS
        ],
        _table(
            "Owner",
            "owners",
            *_words(name=200, folded=200, country=2, tax_number=20, address=300, phone=40, mail=320, web=200),
            *_at("created_at"),
        ),
        _table("OwnerMember", "owner_members", _key("Owner", "owner"), _key("Staff", "staff")),
        _table("Group", "groups", _key("Owner", "owner"), *_words(name=120, folded=120), *_at("created_at")),
        _table("GroupMember", "group_members", _key("Group", "group"), _key("Staff", "staff")),
        _table(
            "Company",
            "companies",
            ("number", fields.IntField()),
            _key("Owner", "owner"),
            _key("Group", "group", null=True),
            _key("Staff", "responsible", null=True),
            *_words(name=200, folded=200, legal_form=60, state=10, relation=40, area=40, activity=40, segment=60),
            *_words(sales_channel=40, source=40, country=2, tax_number=20, street=200, city=100, postcode=20),
            *_words(phone=40, mail=320, web=200, language=8, payment_terms=300),
            ("version", fields.IntField()),
            _key("Staff", "created_by", null=True),
            *_at("created_at"),
            _key("Staff", "changed_by", null=True),
            *_at("changed_at"),
            *_at("archived_at", null=True),
        ),
        _table(
            "CompanyContact",
            "company_contacts",
            _key("Company", "company"),
            _key("Contact", "contact"),
            *_words(function=120, phone=40, fax=40, mail=320, web=200),
            *_at("created_at"),
            *_at("ended_at", null=True),
        ),
        _table(
            "CallNote",
            "call_notes",
            _key("Company", "company", null=True),
            _key("Contact", "contact", null=True),
            *_words(direction=3),
            ("minutes", fields.SmallIntField(null=True)),
            ("text", fields.TextField(unique=False)),
            *_at("at"),
            _key("Staff", "by", null=True),
            *_at("created_at"),
        ),
        _table(
            "Alteration",
            "alterations",
            *_words(kind=20),
            ("ref_id", fields.BigIntField()),
            *_words(field=40),
            ("before", fields.TextField(unique=False)),
            ("after", fields.TextField(unique=False)),
            _key("Staff", "by", null=True),
            *_at("at"),
        ),
        _table(
            "Code",
            "codes",
            *_words(book=20, code=40),
            ("labels", fields.JSONField()),
            ("place", fields.IntField()),
            ("active", fields.BooleanField(default=True)),
            *_words(valid_from=10, valid_to=10, parent=40),
            *_at("changed_at"),
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
