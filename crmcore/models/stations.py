"""Rows of stations and their outages: who wants to be told, what was announced, and who was told what, and when."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


class Station(Model):
    """A station, kept up by the station database: a file or a webhook. `code` is its own word for it ("0412")."""

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(max_length=20)
    name = fields.CharField(max_length=120)
    address = fields.CharField(max_length=200)
    region = fields.CharField(max_length=60)
    zone = fields.CharField(max_length=60)
    services = fields.CharField(max_length=200)
    nearest = fields.CharField(max_length=120)  # codes of the stations that serve instead, parted by spaces
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "stations"


class Subscriber(Model):
    """How a contact wants to hear of outages. `prefers`: schemes in his order, parted by spaces; "" for ours."""

    id = fields.BigIntField(primary_key=True)
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    company = fields.CharField(max_length=200)
    zone = fields.CharField(max_length=60)  # "" while unknown: then the station's
    prefers = fields.CharField(max_length=60)
    every_station = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "subscribers"


class Subscription(Model):
    """One station that a contact wants to hear of."""

    id = fields.BigIntField(primary_key=True)
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    station: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Station", related_name=False, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "subscriptions"


class Outage(Model):
    """O-1: one or more stations out of service. Its times are those of the last published revision.

    `why` is what customers read, `note` what only colleagues do. `source` and `source_key` name the system that said
    it and what it calls it. `ends_at` is empty while nobody knows; `for_good`: the station takes no cards any more.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.IntField()
    state = fields.CharField(max_length=10)
    planned = fields.BooleanField(default=False)
    for_good = fields.BooleanField(default=False)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    why = fields.CharField(max_length=300)
    note = fields.CharField(max_length=1000)
    source = fields.CharField(max_length=60)
    source_key = fields.CharField(max_length=120, null=True)
    revision = fields.SmallIntField()  # the last published one; 0 before the first
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "outages"


class OutageStation(Model):
    """A station that an outage is about."""

    id = fields.BigIntField(primary_key=True)
    outage: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Outage", related_name=False, on_delete=fields.RESTRICT
    )
    station: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Station", related_name=False, on_delete=fields.RESTRICT
    )

    class Meta:
        app = "centrala"
        table = "outage_stations"


class OutageRevision(Model):
    """O-1/2: one version of what is announced: drafted, shown with counts, confirmed, sent. Or dropped.

    `asked`: the message of the colleague who asked for it, where the preview is shown. `counted_at`: when the preview
    was counted; who subscribes later is not in it. `publish_due`: when it goes out without a person. `cursor`: the
    contact up to whom it is queued; `told` and `left_out`: how many that made.
    """

    id = fields.BigIntField(primary_key=True)
    outage: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Outage", related_name=False, on_delete=fields.RESTRICT
    )
    number = fields.SmallIntField()
    change = fields.CharField(max_length=10)
    state = fields.CharField(max_length=10)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    why = fields.CharField(max_length=300)
    by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    asked: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    counted_at = fields.DatetimeField(null=True)
    publish_due = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    cursor = fields.BigIntField()
    told = fields.IntField()
    left_out = fields.IntField()
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "outage_revisions"


class Notice(Model):
    """The ledger: one contact, one revision, one channel; written with the message, in the same transaction.

    `channel` is "" for somebody who was left out, and `reason` says why. `why`: why he is among the recipients. How
    the delivery went stands on the message itself.
    """

    id = fields.BigIntField(primary_key=True)
    outage: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Outage", related_name=False, on_delete=fields.RESTRICT
    )
    revision = fields.SmallIntField()
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    channel = fields.CharField(max_length=40)
    scheme = fields.CharField(max_length=20)
    address = fields.CharField(max_length=320)
    language = fields.CharField(max_length=8)
    why = fields.CharField(max_length=120)
    state = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=120)
    message: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "notices"
