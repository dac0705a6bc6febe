"""Codes by which a person proves that two addresses are his."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

PLAIN = {
    "link_codes_contact": "link_codes (contact_id) WHERE used_at IS NULL",
    "link_codes_address": "link_codes (scheme, value, created_at)",
}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0008_keys")]

    operations = [
        ops.CreateModel(
            name="LinkCode",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "contact",
                    fields.ForeignKeyField(
                        "centrala.Contact",
                        source_field="contact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("scheme", fields.CharField(max_length=20)),
                ("value", fields.CharField(max_length=320)),
                ("digest", fields.CharField(max_length=64)),
                ("tries", fields.SmallIntField()),
                ("ticket_id", fields.BigIntField(null=True)),
                ("created_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("used_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "link_codes", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
