"""Keys of the installation, and the index by which a reference of a mail finds what it continues."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

PLAIN = {"messages_named": "messages (account, external_id) WHERE external_id IS NOT NULL"}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0007_opt_outs")]

    operations = [
        ops.CreateModel(
            name="Key",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("value", fields.CharField(max_length=200)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "keys", "app": "centrala", "pk_attr": "name"},
            bases=["Model"],
        ),
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
    ]
