"""Rows of the reports: what each ticket counts for, its sums by day, and the tickets that are to be counted anew."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


class _Cell(Model):
    """What is counted apart, and how much it is. No keys point out: the counts outlive what they count.

    `day`: the proleptic ordinal of a day in the company's zone (`date.toordinal`). `staff_id` 0: nobody. `bucket`: of a
    measure that is a length of time, see `tickets.reports.buckets`; of promises, which clock; else 0. `word`:
    of promises the policy, of complaints the cause; else "".
    """

    id = fields.BigIntField(primary_key=True)
    measure = fields.CharField(max_length=20)
    day = fields.IntField()
    queue = fields.CharField(max_length=60)
    channel = fields.CharField(max_length=40)
    staff_id = fields.BigIntField()
    bucket = fields.IntField()
    word = fields.CharField(max_length=80)
    n = fields.IntField()

    class Meta:
        abstract = True


class ReportShare(_Cell):
    """What one ticket adds to one cell."""

    ticket_id = fields.BigIntField()

    class Meta:
        app = "centrala"
        table = "report_shares"


class ReportDay(_Cell):
    """The sum of all shares of one cell; never 0."""

    class Meta:
        app = "centrala"
        table = "report_days"


class ReportSum(Model):
    """Days added up, so that a long time is few rows; what each `axis` adds up says `tickets.reports.sums`. Never 0."""

    id = fields.BigIntField(primary_key=True)
    axis = fields.CharField(max_length=10)
    measure = fields.CharField(max_length=20)
    day = fields.IntField()
    label = fields.CharField(max_length=80)
    bucket = fields.IntField()
    n = fields.IntField()

    class Meta:
        app = "centrala"
        table = "report_sums"


class ReportWaiting(Model):
    """A ticket that has changed and is to be counted anew; triggers write these in the transaction of the change."""

    id = fields.BigIntField(primary_key=True)
    ticket_id = fields.BigIntField()

    class Meta:
        app = "centrala"
        table = "report_waiting"
