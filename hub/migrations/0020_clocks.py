"""What clocks were promised by (terms, never changed), the history of tickets' states, and when clocks warn."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

PLAIN = {
    "state_changes_ticket": "state_changes (ticket_id, id)",
    "clocks_warn": "clocks (warn_at) WHERE warn_at IS NOT NULL",
    "clocks_open": "clocks (ticket_id, due_at, id) WHERE ended_at IS NULL",
}
COLUMNS = (
    ("terms", "VARCHAR(64) REFERENCES terms (digest) ON DELETE RESTRICT"),
    ("warn_at", "TIMESTAMPTZ"),
    ("warn_percent", "SMALLINT"),
)
# A ticket begins open: only what stands still now has to be known.
STANDING = (
    "INSERT INTO state_changes (id, ticket_id, at, state) SELECT id, id, updated_at, state FROM tickets"
    " WHERE state NOT IN ('open', 'closed')"
)


class Migration(migrations.Migration):
    dependencies = [("centrala", "0019_cases")]

    operations = [
        ops.CreateModel(
            name="TermsRow",
            fields=[
                ("digest", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("policy", fields.CharField(max_length=80)),
                ("body", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField()),
            ],
            options={"table": "terms", "app": "centrala", "pk_attr": "digest"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StateChange",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "centrala.Ticket",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("at", fields.DatetimeField()),
                ("state", fields.CharField(max_length=12)),
            ],
            options={"table": "state_changes", "app": "centrala", "pk_attr": "id"},
            bases=["Model"],
        ),
        *[
            ops.RunSQL(
                f"ALTER TABLE clocks ADD COLUMN {name} {kind}", reverse_sql=f"ALTER TABLE clocks DROP COLUMN {name}"
            )
            for name, kind in COLUMNS
        ],
        *[
            ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in PLAIN.items()
        ],
        ops.RunSQL(STANDING, reverse_sql="DELETE FROM state_changes"),
    ]
