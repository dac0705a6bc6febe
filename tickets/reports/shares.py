"""What a ticket counts for, from its rows as they are now: the one definition of every number that is kept. Pure.

A merged ticket counts only for the messages that still stand on it, and for its rating. A ticket opened again counts by
its last end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from tickets.models import ClockKind
from tickets.reports import buckets

DayOf = Callable[[datetime], int]
CLOCKS = tuple(ClockKind)  # a promise's bucket is its clock's place


class Measure(StrEnum):
    """What is counted. The day, and the person, are those named here; queue and channel the ticket's as they are."""

    OPENED = "opened"  # tickets, by the day they began, under who has them
    IN = "in"  # customers' messages, by their day, under who has the ticket
    OUT = "out"  # messages to customers that were not kept back, by their day and author
    CLOSED = "closed"  # tickets solved or closed, by the day, under who has them
    RESPONSE = "response"  # from the beginning to the first message out, by its day and author: a length of time
    RESOLUTION = "resolution"  # from the beginning to the end, by the end's day, under who has it: a length of time
    MET = "met"  # promises kept, by the day that ended the clock, under who has it
    MISSED = "missed"  # promises broken, by the day they were due, under who has it
    COMPLAINTS = "complaints"  # tickets that are complaints, by the day they began, under who has them, by their cause
    ACCEPTED = "accepted"  # those of them whose result the customer accepts
    REFUSED = "refused"  # those of them whose result the customer does not accept
    RATED = "rated"  # ratings that count, by the day they came, under who has the ticket; the bucket is the score
    LOW = "low"  # those of them that are LOWEST or less, alike


_RESULTS = {"yes": Measure.ACCEPTED, "no": Measure.REFUSED}
LOWEST = 2  # of five: whoever gives no more is not content
WORD = 80  # characters of a word that are kept
WORDED = (Measure.MET, Measure.MISSED, Measure.COMPLAINTS, Measure.ACCEPTED, Measure.REFUSED)


class Cell(NamedTuple):
    """Where a count stands. `day`: a date's ordinal in the company's zone; `staff_id` 0: nobody; `word`: see `of`."""

    measure: str
    day: int
    queue: str
    channel: str
    staff_id: int
    bucket: int = 0
    word: str = ""


class Said(Struct, frozen=True):
    """A message of a ticket. `author_id` None: the customer's; one that never left is not among them."""

    at: datetime
    author_id: int | None
    by_customer: bool


class Promise(Struct, frozen=True):
    """A clock that was met or breached, at the moment that counts: when it ended, or when it was due.

    `policy` "": it began before policies were kept.
    """

    kind: ClockKind
    kept: bool
    at: datetime
    policy: str = ""


class Complaint(Struct, frozen=True):
    """What a complaint says of itself; "" is what it does not say. `accepted`: yes or no."""

    cause: str
    accepted: str


class Rating(Struct, frozen=True):
    """What the customer gave when the ticket was closed: 1 to 5."""

    at: datetime
    score: int


class Case(Struct, frozen=True):
    """A ticket with what it counts by. `said`: oldest first. `ended_at`, `complaint`, `rating` None: there is none."""

    queue: str
    channel: str
    staff_id: int
    created_at: datetime
    ended_at: datetime | None
    is_merged: bool
    said: Sequence[Said]
    promises: Sequence[Promise]
    complaint: Complaint | None = None
    rating: Rating | None = None


def of(case: Case, day_of: DayOf) -> Counter[Cell]:
    """The cells that the ticket adds to, with how much."""
    found: Counter[Cell] = Counter()

    def add(measure: Measure, at: datetime, staff_id: int = case.staff_id, bucket: int = 0, word: str = "") -> None:
        found[Cell(measure.value, day_of(at), case.queue, case.channel, staff_id, bucket, word)] += 1

    for one in case.said:
        if one.by_customer:
            add(Measure.IN, one.at)
        else:
            add(Measure.OUT, one.at, one.author_id or 0)
    if case.rating is not None:
        add(Measure.RATED, case.rating.at, bucket=case.rating.score)
        if case.rating.score <= LOWEST:
            add(Measure.LOW, case.rating.at, bucket=case.rating.score)
    if case.is_merged:
        return found
    add(Measure.OPENED, case.created_at)
    answer = next((one for one in case.said if not one.by_customer), None)
    if answer is not None:
        took = buckets.of((answer.at - case.created_at).total_seconds())
        add(Measure.RESPONSE, answer.at, answer.author_id or 0, took)
    if case.ended_at is not None:
        add(Measure.CLOSED, case.ended_at)
        took = buckets.of((case.ended_at - case.created_at).total_seconds())
        add(Measure.RESOLUTION, case.ended_at, bucket=took)
    for promise in case.promises:
        measure = Measure.MET if promise.kept else Measure.MISSED
        add(measure, promise.at, bucket=CLOCKS.index(promise.kind), word=promise.policy)
    if case.complaint is not None:
        cause = case.complaint.cause[:WORD]
        add(Measure.COMPLAINTS, case.created_at, word=cause)
        if case.complaint.accepted in _RESULTS:
            add(_RESULTS[case.complaint.accepted], case.created_at, word=cause)
    return found
