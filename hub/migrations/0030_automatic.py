"""The index by which the automatic texts that an account has sent within the hour are counted."""

from tortoise import migrations
from tortoise.migrations import operations as ops

PLAIN = {"messages_automatic": "messages (account, created_at) WHERE purpose = 'acknowledgement'"}


class Migration(migrations.Migration):
    dependencies = [("centrala", "0029_digests")]

    operations = [
        ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}") for name, what in PLAIN.items()
    ]
