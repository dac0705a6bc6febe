"""Rows of tickets: the case, its entries and clocks, the counter that numbers cases on SQLite, other desks' names."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from kernel.models import Model


class State(StrEnum):
    OPEN = "open"
    WAITING = "waiting"  # for the customer
    WAITING_US = "waiting_us"  # for something on our side
    SOLVED = "solved"
    CLOSED = "closed"


class EntryKind(StrEnum):
    MESSAGE = "message"
    NOTE = "note"
    EVENT = "event"


class AuthorKind(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


class ClockKind(StrEnum):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"  # to what the customer wrote after an answer, from the first such message
    RESOLUTION = "resolution"


class Ticket(Model):
    """A matter of one contact. `version` rises with every change that a colleague could have missed."""

    id = fields.BigIntField(primary_key=True)
    number = fields.BigIntField()
    subject = fields.CharField(max_length=300)
    state = fields.CharField(max_length=12)
    kind = fields.CharField(max_length=20)
    queue = fields.CharField(max_length=60)
    priority = fields.SmallIntField()
    tags: fields.Field[object] = fields.JSONField(null=True)
    assignee: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    contact: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, on_delete=fields.RESTRICT
    )
    channel = fields.CharField(max_length=40)
    account = fields.CharField(max_length=120)
    address = fields.CharField(max_length=320)  # where the customer last wrote: the answer goes there
    scheme = fields.CharField(max_length=20)
    matter = fields.CharField(max_length=200, null=True)
    previous: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    version = fields.IntField()
    answered_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    source = fields.CharField(max_length=40, default="")  # how the customer heard of us, a word of the codebook
    snoozed_until = fields.DatetimeField(null=True)  # off the lists until then, or until the customer writes
    own_state = fields.CharField(max_length=40, null=True)  # the house's own word, of the category that `state` says
    close_reason = fields.CharField(max_length=60, null=True)  # a word of the codebook
    merged_into: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, null=True, on_delete=fields.RESTRICT
    )  # its entries stand there, and so will what comes late

    class Meta:
        app = "centrala"
        table = "tickets"


class Entry(Model):
    """One line of a ticket. A message's words stand in its Message row; a note's and an event's stand here."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    at = fields.DatetimeField()
    kind = fields.CharField(max_length=10)
    author_kind = fields.CharField(max_length=10)
    author_id = fields.BigIntField(null=True)
    author = fields.CharField(max_length=200)
    channel = fields.CharField(max_length=40, null=True)
    message: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Message", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    text = fields.TextField(null=True)
    said: fields.Field[object] = fields.JSONField(
        null=True
    )  # of an event: its text and values, for readers of other languages

    class Meta:
        app = "centrala"
        table = "entries"


class TicketClock(Model):
    """A due time. One loop fires the rows whose time has come; nothing else remembers them."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=20)
    state = fields.CharField(max_length=10)
    started_at = fields.DatetimeField()
    due_at = fields.DatetimeField()  # while it is paused: the last one, which says nothing
    ended_at = fields.DatetimeField(null=True)
    terms = fields.CharField(max_length=64, null=True)  # digest of a TermsRow; None: started before terms were kept
    warn_at = fields.DatetimeField(null=True)  # the next warning, at `warn_percent` of the target
    warn_percent = fields.SmallIntField(null=True)

    class Meta:
        app = "centrala"
        table = "clocks"


class TermsRow(Model):
    """A policy with its calendar as clocks used them (see tickets.terms). Written once, never changed."""

    digest = fields.CharField(max_length=64, primary_key=True)
    policy = fields.CharField(max_length=80)
    body = fields.TextField()  # JSON
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "terms"


class StateChange(Model):
    """From when on a ticket was in a state. A ticket begins open: that is no row."""

    id = fields.BigIntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    at = fields.DatetimeField()
    state = fields.CharField(max_length=12)

    class Meta:
        app = "centrala"
        table = "state_changes"


class Counter(Model):
    """The last number given out of a series (SQLite; PostgreSQL has a sequence)."""

    name = fields.CharField(max_length=40, primary_key=True)
    value = fields.BigIntField()

    class Meta:
        app = "centrala"
        table = "counters"


class Key(Model):
    """A secret of this installation, made by itself at the first start."""

    name = fields.CharField(max_length=40, primary_key=True)
    value = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "keys"


class ForeignRecord(Model):
    """A ticket, entry or contact of another help desk, by its name there: brought in once, whatever is imported again.

    `number`: as people there said it. `message_name`: the Message-ID of an entry that was a mail. `source`: the record
    as it came, where it is small.
    """

    id = fields.BigIntField(primary_key=True)
    system = fields.CharField(max_length=40)
    kind = fields.CharField(max_length=10)  # ticket, entry, contact
    their_key = fields.CharField(max_length=200)
    number = fields.CharField(max_length=60, null=True)
    message_name = fields.CharField(max_length=200, null=True)
    ticket: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Ticket", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    contact: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "centrala.Contact", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    digest = fields.CharField(max_length=64)
    source = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "foreign_records"


class ImportRun(Model):
    """How far the import of one file has come: `position` records of it are done."""

    id = fields.BigIntField(primary_key=True)
    system = fields.CharField(max_length=40)
    digest = fields.CharField(max_length=64)  # of the files and of how they are read
    position = fields.IntField()
    created = fields.IntField()
    updated = fields.IntField()
    unchanged = fields.IntField()
    started_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "import_runs"


class Words(fields.TextField):
    """Folded words: plain on SQLite, where FTS5 indexes them; a tsvector on PostgreSQL."""

    class _db_postgres:
        SQL_TYPE = "TSVECTOR"


class SearchRow(Model):
    """What one message, ticket, contact or company is found by. `id` is its place in time; see `tickets.search`."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=10)
    ref_id = fields.BigIntField()
    ticket_id = fields.BigIntField(null=True)  # no key: the index follows, and is right by the next second
    lane = fields.CharField(max_length=500)
    assignee_id = fields.BigIntField(null=True)
    words = Words()

    class Meta:
        app = "centrala"
        table = "search_rows"


class SearchStretch(Model):
    """Rows of a lane that follow each other, and every word that one of them has; see `tickets.search.stretches`."""

    id = fields.BigIntField(primary_key=True)
    lane = fields.CharField(max_length=500)
    since = fields.BigIntField()
    until = fields.BigIntField()
    noted = fields.BigIntField()
    is_stale = fields.BooleanField()
    words = Words()

    class Meta:
        app = "centrala"
        table = "search_stretches"


class SearchWaiting(Model):
    """A row that has changed and is to be indexed; triggers write these in the very transaction of the change."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=10)
    ref_id = fields.BigIntField()

    class Meta:
        app = "centrala"
        table = "search_waiting"
