"""Digests: when one is due by a colleague's own clocks, and what is counted for it; `digest_lines` words it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from crmcore.access import Role, ranks_as
from kernel import times
from routing.rotas import Handover

LATE = timedelta(minutes=15)  # what comes later than that says so
AHEAD = timedelta(hours=48)  # how far outages are looked for
LEADS, EVERYONE, NOBODY = "leads", "everyone", "nobody"


class Kind(StrEnum):
    MORNING = "morning"  # of the last 24 hours
    EVENING = "evening"  # of the day
    WEEKLY = "weekly"  # of the seven days before


class Plan(Struct, frozen=True):
    """When which digest comes (None: never), and to whom that has not chosen himself: LEADS, EVERYONE or NOBODY.

    `address`: how links to the console begin; `zone`: the company's, whose days the reports have.
    """

    morning: time | None = time(8)
    evening: time | None = time(16)
    weekly: Handover | None = field(default_factory=lambda: Handover(time(8), 0))
    to: str = LEADS
    address: str = ""
    zone: ZoneInfo = ZoneInfo("UTC")


class Slot(Struct, frozen=True):
    """A digest of a colleague's day that is due since `at`. `passed`: a later one of the day says it all again."""

    kind: Kind
    day: date
    at: datetime
    passed: bool = False


class Load(Struct, frozen=True):
    """What a colleague has open now, and to how many tickets he has answered."""

    id: int
    name: str
    open: int
    answered: int


class Low(Struct, frozen=True):
    """A rating that tells of trouble. `ticket`: its name."""

    ticket: str
    score: int
    comment: str


class Unreached(Struct, frozen=True):
    """A contact to whom one of our messages could not go lately."""

    id: int
    name: str


class Coming(Struct, frozen=True):
    """An outage that begins or goes on within AHEAD; `ends_at` None: until further notice."""

    name: str
    stations: str
    starts_at: datetime
    ends_at: datetime | None


class Week(Struct, frozen=True):
    """Day by day in their order: the first is `since`. `median_s`: of first answers, None on a day without any."""

    since: date
    came: tuple[int, ...]
    answered: tuple[int, ...]
    median_s: tuple[float | None, ...]
    whole_median_s: float | None
    rated: int
    mean: float | None


class Facts(Struct, frozen=True):
    """What was counted for one reader at `now`. `leads`: he may open the overview; `ages`: column → open tickets.

    Of lists only the first few are here; `more`: list → how many are not. `language`: the reader's.
    """

    kind: Kind
    now: datetime
    zone: ZoneInfo
    leads: bool
    ages: Mapping[str, int]
    late: int = 0
    soon: int = 0
    free: int = 0
    people: tuple[Load, ...] = ()
    low: tuple[Low, ...] = ()
    outages: tuple[Coming, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    week: Week | None = None
    due_at: datetime | None = None  # set where it comes late
    language: str = "en"

    @property
    def open(self) -> int:
        return sum(self.ages.values())


def is_wanted(plan: Plan, role: Role, wish: str) -> bool:
    """His own word ("on", "off") counts before the settings."""
    if wish:
        return wish == "on"
    return plan.to == EVERYONE or (plan.to == LEADS and ranks_as(role, Role.LEAD))


def due(plan: Plan, zone: ZoneInfo, now: datetime) -> list[Slot]:
    """The digests of today, by the clocks of `zone`, whose time has come; what is not told on its day never is."""
    today = now.astimezone(zone).date()
    daily = ((Kind.MORNING, plan.morning), (Kind.EVENING, plan.evening))
    found = [Slot(kind, today, _at(today, at, zone)) for kind, at in daily if at is not None]
    if plan.weekly is not None and plan.weekly.weekday in (None, today.weekday()):
        found.append(Slot(Kind.WEEKLY, today, _at(today, plan.weekly.at, zone)))
    ripe = [one for one in found if one.at <= now]
    newest = max((one.at for one in ripe if one.kind is not Kind.WEEKLY), default=None)
    return [Slot(one.kind, one.day, one.at, passed=one.kind is not Kind.WEEKLY and one.at != newest) for one in ripe]


def since(kind: Kind, zone: ZoneInfo, now: datetime) -> datetime:
    """From when on answers and ratings count."""
    local = now.astimezone(zone)
    midnight = datetime.combine(local.date(), time(), zone)
    if kind is Kind.EVENING:
        return midnight.astimezone(UTC)
    return now - timedelta(days=1) if kind is Kind.MORNING else (midnight - timedelta(days=7)).astimezone(UTC)


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks show it; after the gap where they leave it out."""
    return times.instants(datetime.combine(day, at), zone)[0].at


def untold(slots: Sequence[Slot], told: Collection[tuple[str, int]]) -> list[Slot]:
    """Those of which no row says that they were told. `told`: kind and ordinal of the day."""
    return [one for one in slots if (one.kind.value, one.day.toordinal()) not in told]
