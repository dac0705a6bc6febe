"""Stations, their subscribers, outages with their revisions, and the ledger of who was told."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {
    "stations_code": "stations (code)",
    "subscribers_contact": "subscribers (contact_id)",
    "subscriptions_once": "subscriptions (station_id, contact_id)",
    "outages_number": "outages (number)",
    "outages_source": (
        "outages (source, source_key) WHERE source_key IS NOT NULL AND state NOT IN ('ended', 'cancelled')"
    ),
    "outage_stations_once": "outage_stations (outage_id, station_id)",
    "outage_revisions_number": "outage_revisions (outage_id, number) WHERE state <> 'dropped'",
    "notices_once": "notices (outage_id, revision, contact_id, channel)",
}
PLAIN = {
    "subscriptions_contact": "subscriptions (contact_id)",
    "outage_stations_station": "outage_stations (station_id)",
    "outage_revisions_open": "outage_revisions (id) WHERE state IN ('drafted', 'counted', 'sending')",
    "notices_message": "notices (message_id) WHERE message_id IS NOT NULL",
    "notices_contact": "notices (contact_id)",
}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0003_threads")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE identities ADD COLUMN proven VARCHAR(20)",
            reverse_sql="ALTER TABLE identities DROP COLUMN proven",
        ),
        ops.CreateModel(
            name="Outage",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("number", fields.IntField()),
                ("state", fields.CharField(max_length=10)),
                ("planned", fields.BooleanField(default=False)),
                ("for_good", fields.BooleanField(default=False)),
                ("starts_at", fields.DatetimeField()),
                ("ends_at", fields.DatetimeField(null=True)),
                ("why", fields.CharField(max_length=300)),
                ("note", fields.CharField(max_length=1000)),
                ("source", fields.CharField(max_length=60)),
                ("source_key", fields.CharField(null=True, max_length=120)),
                ("revision", fields.SmallIntField()),
                ("created_at", fields.DatetimeField()),
                ("updated_at", fields.DatetimeField()),
            ],
            options={"table": "outages", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Notice",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "outage",
                    fields.ForeignKeyField(
                        "centrala.Outage",
                        source_field="outage_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("revision", fields.SmallIntField()),
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
                ("channel", fields.CharField(max_length=40)),
                ("scheme", fields.CharField(max_length=20)),
                ("address", fields.CharField(max_length=320)),
                ("language", fields.CharField(max_length=8)),
                ("why", fields.CharField(max_length=120)),
                ("state", fields.CharField(max_length=10)),
                ("reason", fields.CharField(max_length=120)),
                (
                    "message",
                    fields.ForeignKeyField(
                        "centrala.Message",
                        source_field="message_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "notices", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutageRevision",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "outage",
                    fields.ForeignKeyField(
                        "centrala.Outage",
                        source_field="outage_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.SmallIntField()),
                ("change", fields.CharField(max_length=10)),
                ("state", fields.CharField(max_length=10)),
                ("starts_at", fields.DatetimeField()),
                ("ends_at", fields.DatetimeField(null=True)),
                ("why", fields.CharField(max_length=300)),
                (
                    "by",
                    fields.ForeignKeyField(
                        "centrala.Staff",
                        source_field="by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "asked",
                    fields.ForeignKeyField(
                        "centrala.Message",
                        source_field="asked_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("counted_at", fields.DatetimeField(null=True)),
                ("publish_due", fields.DatetimeField(null=True)),
                ("published_at", fields.DatetimeField(null=True)),
                ("cursor", fields.BigIntField()),
                ("told", fields.IntField()),
                ("left_out", fields.IntField()),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "outage_revisions", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Station",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("code", fields.CharField(max_length=20)),
                ("name", fields.CharField(max_length=120)),
                ("address", fields.CharField(max_length=200)),
                ("region", fields.CharField(max_length=60)),
                ("zone", fields.CharField(max_length=60)),
                ("services", fields.CharField(max_length=200)),
                ("nearest", fields.CharField(max_length=120)),
                ("created_at", fields.DatetimeField()),
                ("updated_at", fields.DatetimeField()),
            ],
            options={"table": "stations", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutageStation",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "outage",
                    fields.ForeignKeyField(
                        "centrala.Outage",
                        source_field="outage_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "station",
                    fields.ForeignKeyField(
                        "centrala.Station",
                        source_field="station_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={"table": "outage_stations", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Subscriber",
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
                ("company", fields.CharField(max_length=200)),
                ("zone", fields.CharField(max_length=60)),
                ("prefers", fields.CharField(max_length=60)),
                ("every_station", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "subscribers", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Subscription",
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
                (
                    "station",
                    fields.ForeignKeyField(
                        "centrala.Station",
                        source_field="station_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "subscriptions", "app": "centrala", "pk_attr": "id"},
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
