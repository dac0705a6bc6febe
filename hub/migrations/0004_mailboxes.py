"""How far each channel has read its mailboxes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("centrala", "0003_threads")]

    operations = [
        ops.CreateModel(
            name="Mark",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=200)),
                ("value", fields.TextField(unique=False)),
            ],
            options={"table": "marks", "app": "centrala", "pk_attr": "key"},
            bases=["Model"],
        )
    ]
