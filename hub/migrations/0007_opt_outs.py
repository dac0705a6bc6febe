"""Opt-outs by address and purpose."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

UNIQUE = {"opt_outs_standing": "opt_outs (scheme, value, purpose) WHERE until IS NULL"}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0005_stations")]

    operations = [
        ops.CreateModel(
            name="OptOut",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("scheme", fields.CharField(max_length=20)),
                ("value", fields.CharField(max_length=320)),
                ("purpose", fields.CharField(max_length=20)),
                ("since", fields.DatetimeField()),
                ("until", fields.DatetimeField(null=True)),
                ("source_id", fields.BigIntField(null=True)),
            ],
            options={"table": "opt_outs", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        *[
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE.items()
        ],
    ]
