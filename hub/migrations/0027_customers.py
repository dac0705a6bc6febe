"""The message by which a customer wanted again what he had stopped."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("centrala", "0022_staff_language")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE opt_outs ADD COLUMN ended_by_id BIGINT",
            reverse_sql="ALTER TABLE opt_outs DROP COLUMN ended_by_id",
        ),
    ]
