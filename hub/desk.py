"""The sections of the settings that a desk is made of: its queues, the kinds of its tickets, and its own states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator
from pydantic import Field as Key

from crmcore.access import INBOX
from hub import policies, queue_capacity
from kernel.errors import Problem
from kernel.phrases import Phrase, one_of
from kernel.settings import Duration, Section
from routing.chains import Chain
from routing.choosing import Giving, Strategy
from routing.desk import Queue
from tickets import calendar
from tickets import kinds as kinding
from tickets import states as stating
from tickets.calendar import Calendar
from tickets.kinds import Field, Kind, Kinds, Type
from tickets.states import Category, States, Word

QUEUE_NAME_LIMIT = 60  # what the store keeps
LABEL_LIMIT = 60
Language = Literal["en", "pl", "sk", "hu", "ru"]
_QUEUE_NAME = Phrase("a name of at most {limit} characters", limit=QUEUE_NAME_LIMIT)
_CALLED = re.compile(r"\s*\+?[0-9][0-9 ()/-]{1,38}")  # as it is rung: a short number of one's own, too
QUESTION_LIMIT = 300  # characters; a text message takes two of 160


def _called(written: str) -> str:
    if written and not _CALLED.fullmatch(written):
        raise ValueError(Phrase("a phone number, for example +48 601 234 567"))
    return written.strip()


class QueueSettings(Section):
    manager: str = ""
    calendar: str = ""
    members: tuple[str, ...] = ()
    first_response: Duration | None = None
    assign: Literal["least-loaded", "round-robin", "sticky", "skills", "none"] = "least-loaded"
    capacity: Any = None  # a number or a table: hub/queue_capacity says what is wrong with it
    reopen_days: int = Key(default=14, ge=0, le=3650)
    close_reason: bool = False
    chain: str = ""
    away: Literal["keep", "deputy", "free"] = "deputy"
    emergency: Annotated[str, AfterValidator(_called)] = ""


class FieldSettings(Section):
    name: str
    type: Literal["text", "number", "date", "choice", "codebook", "station", "yes/no"] = "text"
    required: bool = False
    options: tuple[str, ...] = ()
    book: str = ""
    label: str = Key(default="", max_length=LABEL_LIMIT)
    ask: bool = True
    after: str = ""
    question: dict[Language, Annotated[str, Key(min_length=1, max_length=QUESTION_LIMIT)]] = Key(default_factory=dict)


class KindSettings(Section):
    label: str = Key(default="", max_length=LABEL_LIMIT)
    fields: tuple[FieldSettings, ...] | None = None
    close_reason: bool = False


class StateSettings(Section):
    name: str
    category: Literal["open", "waiting_customer", "waiting_us", "solved"]
    label: str = Key(min_length=1, max_length=LABEL_LIMIT)


def queues(
    given: Mapping[str, QueueSettings],
    calendars: Mapping[str, Calendar],
    written: Iterable[str],
    chains: Mapping[str, Chain],
    found: list[Problem],
) -> dict[str, Queue]:
    """All queues, the inbox among them. `written`: calendars of the file, those that are wrong too.

    What is wrong is noted in `found`, and whatever is right is built.
    """
    told = {".".join(problem.field.split(".")[:2]) for problem in found}
    built = {INBOX: Queue(INBOX, calendar.always())}
    for name, settings in given.items():
        if len(name) > QUEUE_NAME_LIMIT:
            found.append(Problem(f"queues.{name}", _QUEUE_NAME, name))
        if settings.calendar and settings.calendar not in calendars and f"calendars.{settings.calendar}" not in told:
            known = one_of(written, policies.NO_CALENDAR)
            found.append(Problem(f"queues.{name}.calendar", known, settings.calendar))
        if settings.chain and settings.chain not in chains:
            known = one_of(chains, Phrase("none is set; add {example}", example="[[chains]]"))
            found.append(Problem(f"queues.{name}.chain", known, settings.chain))
        built[name] = Queue(
            name,
            calendars.get(settings.calendar) or calendar.always(),
            settings.first_response,
            settings.manager,
            settings.members,
            settings.assign != "none",
            timedelta(days=settings.reopen_days),
            settings.close_reason,
            chains.get(settings.chain),
            settings.away,
            _giving(name, settings, found),
            settings.emergency,
        )
        found += policies.unreachable(f"queues.{name}.first_response", settings.first_response, [built[name].calendar])
    return built


def _giving(name: str, settings: QueueSettings, found: list[Problem]) -> Giving:
    strategy = Strategy.LEAST_LOADED if settings.assign == "none" else Strategy(settings.assign)
    return Giving(strategy, queue_capacity.read(f"queues.{name}.capacity", settings.capacity, found))


def kinds(given: Mapping[str, KindSettings], found: list[Problem]) -> Kinds:
    """The house's own kinds, and what it has changed of those that ship: without `fields` they keep theirs."""
    own = {}
    for name, settings in given.items():
        if not kinding.NAME.fullmatch(name):
            found.append(Problem(f"kinds.{name}", "a name of small letters, at most 20, for example complaint", name))
        shipped = kinding.SHIPPED.get(name)
        fields = shipped.fields if shipped and settings.fields is None else ()
        if settings.fields is not None:
            fields = tuple(
                _field(one, f"kinds.{name}.fields.{place}", found) for place, one in enumerate(settings.fields)
            )
            twice = {one.name for one in fields if [other.name for other in fields].count(one.name) > 1}
            found += [Problem(f"kinds.{name}.fields", "each name once", field) for field in sorted(twice)]
            names = {one.name for one in fields}
            found += [
                Problem(
                    f"kinds.{name}.fields.{place}.after",
                    Phrase("another of: {names}", names=", ".join(sorted(names))),
                    one.after,
                )
                for place, one in enumerate(fields)
                if one.after and (one.after not in names or one.after == one.name)
            ]
        own[name] = Kind(name, fields, settings.close_reason, settings.label)
    return Kinds(own)


def states(given: tuple[StateSettings, ...], found: list[Problem]) -> States:
    own: dict[str, Word] = {}
    for place, settings in enumerate(given):
        key = f"states.{place}.name"
        if not stating.NAME.fullmatch(settings.name):
            found.append(
                Problem(key, "a name of small letters and _, for example waiting_supplier", settings.name[:40])
            )
        if settings.name in stating.SHIPPED or settings.name in own:
            expected = Phrase("a name besides {names}", names=", ".join((*stating.SHIPPED, *own)))
            found.append(Problem(key, expected, settings.name))
        own[settings.name] = Word(settings.name, Category(settings.category), settings.label)
    return States(own)


def _field(settings: FieldSettings, key: str, found: list[Problem]) -> Field:
    if not kinding.FIELD_NAME.fullmatch(settings.name):
        found.append(Problem(f"{key}.name", "a name of small letters and _, for example cause", settings.name[:40]))
    if (settings.type == "choice") != bool(settings.options):
        expected = Phrase('with type = "choice", and only there: options = ["red", "blue"]')
        found.append(Problem(f"{key}.options", expected, ", ".join(settings.options)))
    if (settings.type == "codebook") != bool(settings.book):
        found.append(Problem(f"{key}.book", 'with type = "codebook", and only there: book = "cause"', settings.book))
    kind = Type(settings.type)
    return Field(
        settings.name,
        kind,
        settings.required,
        settings.options,
        settings.book,
        settings.label,
        settings.ask,
        settings.after,
        {str(language): text for language, text in settings.question.items()},
    )
