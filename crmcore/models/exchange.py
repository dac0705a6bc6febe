"""Rows of imports: what was said of columns, each file brought in, what it did line by line, and others' numbers."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


class ImportMapping(Model):
    """Which field each column is in files with these headings."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=20)  # companies, contacts
    fingerprint = fields.CharField(max_length=64)
    columns: fields.Field[object] = fields.JSONField()  # a field a column, "" for one that is not used
    changed_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "import_mappings"


class Import(Model):
    """A file that is or was brought in, I1, I2, …; `cursor`: how many of its lines are done."""

    id = fields.BigIntField(primary_key=True)
    number = fields.IntField()
    kind = fields.CharField(max_length=20)
    digest = fields.CharField(max_length=64)
    file = fields.CharField(max_length=200)
    state = fields.CharField(max_length=10)  # running, done, undone
    cursor = fields.IntField()
    created = fields.IntField()
    updated = fields.IntField()
    unchanged = fields.IntField()
    conflicts = fields.IntField()
    errors = fields.IntField()
    by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    started_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "imports"


class ImportRow(Model):
    """What one line did: nothing is kept of lines that changed nothing."""

    id = fields.BigIntField(primary_key=True)
    batch: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Import", related_name=False, on_delete=fields.RESTRICT
    )
    line = fields.IntField()
    key = fields.CharField(max_length=400)
    action = fields.CharField(max_length=10)  # create, update, conflict, error
    ref_id = fields.BigIntField(null=True)
    changes: fields.Field[object] = fields.JSONField()  # field → [before, after]; of a fault: its words
    version = fields.IntField()  # of the company, as the line left it
    undone = fields.CharField(max_length=10)  # "", restored, kept

    class Meta:
        app = "centrala"
        table = "import_rows"


class ExternalId(Model):
    """The number that another system has for a company or a contact. `owner_id`: 0 for contacts, who have none."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=20)
    owner_id = fields.BigIntField()
    value = fields.CharField(max_length=120)
    ref_id = fields.BigIntField()
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "external_ids"
