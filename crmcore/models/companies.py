"""Rows of business relations: for whom we act, who shares what, the companies, their people, calls and changes."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


def _key(to: str) -> fields.ForeignKeyRelation[Model]:
    return fields.ForeignKeyField(f"centrala.{to}", related_name=False, on_delete=fields.RESTRICT)


def _maybe(to: str) -> fields.ForeignKeyNullableRelation[Model]:
    return fields.ForeignKeyField(f"centrala.{to}", related_name=False, null=True, on_delete=fields.RESTRICT)


class Owner(Model):
    """A company on whose behalf all is done: a hard wall. The first has no name until it is given one."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=200)
    folded = fields.CharField(max_length=200)
    country = fields.CharField(max_length=2)  # ISO 3166-1 alpha-2, "" while unknown
    tax_number = fields.CharField(max_length=20)
    address = fields.CharField(max_length=300)
    phone = fields.CharField(max_length=40)
    mail = fields.CharField(max_length=320)
    web = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "owners"


class OwnerMember(Model):
    """A colleague acts for an owner."""

    id = fields.BigIntField(primary_key=True)
    owner = _key("Owner")
    staff = _key("Staff")

    class Meta:
        app = "centrala"
        table = "owner_members"


class Group(Model):
    """Colleagues of one owner who share their companies."""

    id = fields.BigIntField(primary_key=True)
    owner = _key("Owner")
    name = fields.CharField(max_length=120)
    folded = fields.CharField(max_length=120)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "groups"


class GroupMember(Model):
    """A colleague is in a group."""

    id = fields.BigIntField(primary_key=True)
    group = _key("Group")
    staff = _key("Staff")

    class Meta:
        app = "centrala"
        table = "group_members"


class Company(Model):
    """A business relation, B1, B2, …: never deleted, archived. `version` rises with every change.

    Codes (`relation`, `area`, …) are words of the codebooks, "" while unknown; so are all texts.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.IntField()
    owner = _key("Owner")
    group = _maybe("Group")
    responsible = _maybe("Staff")
    name = fields.CharField(max_length=200)
    folded = fields.CharField(max_length=200)  # for finding: without legal form, case and accents folded
    legal_form = fields.CharField(max_length=60)
    state = fields.CharField(max_length=10)
    relation = fields.CharField(max_length=40)
    area = fields.CharField(max_length=40)
    activity = fields.CharField(max_length=40)
    segment = fields.CharField(max_length=60)
    sales_channel = fields.CharField(max_length=40)
    source = fields.CharField(max_length=40)  # how the customer first heard of us
    country = fields.CharField(max_length=2)
    tax_number = fields.CharField(max_length=20)
    street = fields.CharField(max_length=200)
    city = fields.CharField(max_length=100)
    postcode = fields.CharField(max_length=20)
    phone = fields.CharField(max_length=40)
    mail = fields.CharField(max_length=320)
    web = fields.CharField(max_length=200)
    language = fields.CharField(max_length=8)
    payment_terms = fields.CharField(max_length=300)
    version = fields.IntField()
    created_by = _maybe("Staff")  # none: an operator at the command line
    created_at = fields.DatetimeField()
    changed_by = _maybe("Staff")
    changed_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "companies"


class CompanyContact(Model):
    """A person at a company. A link that has ended stays, for the history."""

    id = fields.BigIntField(primary_key=True)
    company = _key("Company")
    contact = _key("Contact")
    function = fields.CharField(max_length=120)
    phone = fields.CharField(max_length=40)
    fax = fields.CharField(max_length=40)
    mail = fields.CharField(max_length=320)
    web = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "company_contacts"


class CallNote(Model):
    """What was said in a phone call, with a company, a person, or a person at a company."""

    id = fields.BigIntField(primary_key=True)
    company = _maybe("Company")
    contact = _maybe("Contact")
    direction = fields.CharField(max_length=3)
    minutes = fields.SmallIntField(null=True)
    text = fields.TextField()
    at = fields.DatetimeField()
    by = _maybe("Staff")
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "call_notes"


class Alteration(Model):
    """One field that was changed: who, when, what stood there before and what stands there now."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=20)  # company, owner, group, code
    ref_id = fields.BigIntField()
    field = fields.CharField(max_length=40)
    before = fields.TextField()
    after = fields.TextField()
    by = _maybe("Staff")
    at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "alterations"


class Code(Model):
    """A word of a codebook as this house has it; it stands before the shipped one of the same name."""

    id = fields.BigIntField(primary_key=True)
    book = fields.CharField(max_length=20)
    code = fields.CharField(max_length=40)
    labels: fields.Field[object] = fields.JSONField()  # language → label
    place = fields.IntField()
    active = fields.BooleanField(default=True)
    valid_from = fields.CharField(max_length=10)  # ISO dates, "" for open: texts compare as the days do
    valid_to = fields.CharField(max_length=10)
    parent = fields.CharField(max_length=40)
    changed_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "codes"
