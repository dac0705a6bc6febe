"""What a ticket's clocks tell of themselves, in the reader's words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from babel.dates import format_date
from msgspec import Struct

from console.conversation import Reader
from console.timeleft import span
from kernel import texts
from tickets import calendar, policies
from tickets.calendar import Calendar, Span
from tickets.calendar_facts import Holiday
from tickets.explaining import Basis, Story
from tickets.models import ClockKind
from tickets.policies import Policy
from tickets.sla import ClockState

_KINDS = {
    ClockKind.FIRST_RESPONSE: "First answer",
    ClockKind.NEXT_RESPONSE: "Next answer",
    ClockKind.RESOLUTION: "Resolution",
}
_STATES = {
    ClockState.RUNNING: "running",
    ClockState.PAUSED: "stands still",
    ClockState.MET: "in time",
    ClockState.BREACHED: "late",
    ClockState.CANCELLED: "ended",
}
_KEYS = {
    "contract": "contract",
    "company": "company",
    "segment": "segment",
    "sales_channel": "sales channel",
    "channel": "channel",
    "queue": "queue",
    "kind": "kind",
    "priority": "priority",
}


_CATEGORIES = {
    "open": "open",
    "waiting_customer": "waiting for the customer",
    "waiting_us": "waiting for us",
    "solved": "solved",
    "closed": "closed",
}


class Clock(Struct, frozen=True):
    """A clock as its panel shows it: a headline, facts as label and value, and stretches of time by what they are."""

    title: str
    state: str
    is_late: bool
    facts: Sequence[tuple[str, str]]
    counted: Sequence[str]
    paused: Sequence[str]
    holidays: Sequence[str]


def clocks(stories: Sequence[Story], reader: Reader) -> list[Clock]:
    """All clocks of a ticket, those that run first."""
    return [_clock(one, reader) for one in stories]


def _clock(one: Story, reader: Reader) -> Clock:
    language, basis = reader.language, one.basis
    times = [
        (texts.say(language, "Since"), one.started_at),
        (texts.say(language, "Due"), one.due_at),
        (texts.say(language, "Ended"), one.ended_at),
    ]
    facts = [(label, texts.moment(language, at, reader.zone, now=reader.now)) for label, at in times if at]
    unknown = [(texts.say(language, "Policy"), texts.say(language, "not kept at that time"))]
    return Clock(
        title=texts.say(language, _KINDS[one.kind]),
        state=texts.say(language, _STATES[one.state]),
        is_late=one.state is ClockState.BREACHED,
        facts=[*facts, *(_promised(basis, reader) if basis else unknown)],
        counted=[_stretch(part, reader) for part in basis.counted] if basis else (),
        paused=[_stretch(part, reader) for part in basis.paused] if basis else (),
        holidays=[_day(day, reader) for day in basis.holidays] if basis else (),
    )


def _promised(basis: Basis, reader: Reader) -> list[tuple[str, str]]:
    language, terms = reader.language, basis.terms
    return [
        (texts.say(language, "Target"), span(language, basis.target)),
        (texts.say(language, "Policy"), _called(terms.policy, language)),
        (texts.say(language, "It is for"), whom(terms.policy, language, openly=True)),
        (texts.say(language, "Calendar"), _hours(terms.calendar, language)),
        (texts.say(language, "Version"), terms.version),
    ]


def whom(policy: Policy, language: str, *, openly: bool) -> str:
    """For what the policy is; `openly`: without the values that name a company."""
    asked = policies.asked_openly(policy) if openly else policies.asked(policy)
    parts = [f"{texts.say(language, _KEYS[key])} {', '.join(values)}".strip() for key, values in asked]
    return " · ".join(parts) or texts.say(language, "every ticket")


def targets(policy: Policy, language: str) -> list[tuple[str, str]]:
    """What it promises, clock by clock."""
    return [
        (texts.say(language, _KINDS[kind]), span(language, policy.targets[kind]))
        for kind in _KINDS
        if kind in policy.targets
    ]


def held(policy: Policy, language: str) -> str:
    """In which states its resolution clock stands still."""
    return ", ".join(texts.say(language, _CATEGORIES[one]) for one in _CATEGORIES if one in policy.holds)


def day(one: date, language: str) -> str:
    return format_date(one, "full", locale=texts.locale(language))


def _called(policy: Policy, language: str) -> str:
    """A policy by the name that the house gave it; a queue's own target has none but ours."""
    own = policy.when.get("queue", ())
    return f"{texts.say(language, 'queue')} {own[0]}" if own and policy.name == f"queue {own[0]}" else policy.name


def _hours(one: Calendar, language: str) -> str:
    return texts.say(language, "always open") if one == calendar.always() else f"{one.name}, {one.zone}"


def _stretch(one: Span, reader: Reader) -> str:
    """Both ends as the reader's clocks show them, and how long it is."""
    opens, closes = (at.astimezone(reader.zone) for at in one)
    locale = texts.locale(reader.language)
    day = format_date(opens.date(), "medium", locale=locale)
    last = "" if opens.date() == closes.date() else f"{format_date(closes.date(), 'medium', locale=locale)} "
    return f"{day} {opens:%H:%M} – {last}{closes:%H:%M} ({span(reader.language, one[1] - one[0])})"


def _day(one: Holiday, reader: Reader) -> str:
    return f"{format_date(one.day, 'medium', locale=texts.locale(reader.language))} {one.name}".rstrip()
