"""The files of messages: where each stands, and how many a message has."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

UNIQUE = {"attachments_once": "attachments (message_id, position)"}
PLAIN = {
    "attachments_due": "attachments (due_at) WHERE state = 'fetching'",
    "attachments_unseen": "attachments (id) WHERE state = 'held' AND width IS NULL",
}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0015_exchange")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE messages ADD COLUMN enclosed SMALLINT NOT NULL DEFAULT 0",
            reverse_sql="ALTER TABLE messages DROP COLUMN enclosed",
        ),
        ops.CreateModel(
            name="Attachment",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "message",
                    fields.ForeignKeyField(
                        "centrala.Message",
                        source_field="message_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.SmallIntField()),
                ("account", fields.CharField(max_length=120)),
                ("name", fields.CharField(max_length=200)),
                ("content_type", fields.CharField(max_length=120)),
                ("size", fields.BigIntField(null=True)),
                ("state", fields.CharField(max_length=12)),
                ("file", fields.CharField(max_length=80, null=True)),
                ("thumb_file", fields.CharField(max_length=80, null=True)),
                ("width", fields.IntField(null=True)),
                ("height", fields.IntField(null=True)),
                ("reference", fields.TextField()),
                ("tries", fields.SmallIntField()),
                ("due_at", fields.DatetimeField(null=True)),
                ("reason", fields.CharField(max_length=300, null=True)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "attachments", "app": "centrala", "pk_attr": "id"},
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
