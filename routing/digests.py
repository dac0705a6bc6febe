"""Digests: when one is due by a colleague's own clocks, and how what was counted for it reads. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from crmcore.access import Role, ranks_as
from kernel import times
from kernel.durations import format_duration
from routing.rotas import Handover
from tickets.calendar import WEEKDAYS

LATE = timedelta(minutes=15)  # what comes later than that says so
AHEAD = timedelta(hours=48)  # how far outages are looked for
LEADS, EVERYONE, NOBODY = "leads", "everyone", "nobody"
_AGES = {
    "day": "up to a day",
    "three_days": "up to 3 days",
    "week": "up to 7 days",
    "month": "up to 30 days",
    "older": "older",
}


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

    Of lists only the first few are here; `more`: list → how many are not.
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

    @property
    def open(self) -> int:
        return sum(self.ages.values())


class Line(Struct, frozen=True):
    """One thing told, and where more of it is: a link, or a command."""

    text: str
    link: str


def is_wanted(plan: Plan, role: Role, wish: str) -> bool:
    """His own word ("on", "off") counts before the settings."""
    if wish:
        return wish == "on"
    return plan.to == EVERYONE or (plan.to == LEADS and ranks_as(role, Role.LEAD))


def when(plan: Plan) -> str:
    """at 08:00, at 16:00 and mon at 08:00"""
    found = [f"at {one:%H:%M}" for one in (plan.morning, plan.evening) if one is not None]
    if plan.weekly is not None:
        day = "every day" if plan.weekly.weekday is None else WEEKDAYS[plan.weekly.weekday]
        found.append(f"{day} at {plan.weekly.at:%H:%M}")
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found) or "at no time"


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


def lines(facts: Facts, address: str) -> list[Line]:
    """What there is to say; nothing of what there is none of."""
    found = [*_week(facts, address)] if facts.week is not None else [*_standing(facts, address)]
    found += [*_people(facts, address), *_low(facts, address)]
    if facts.week is None:
        found += [*_outages(facts), *_unreached(facts, address)]
    return found


def text(facts: Facts, address: str) -> str:
    """The digest as it is read; "" where there is nothing to say."""
    told = lines(facts, address)
    if not told:
        return ""
    head = subject(facts)
    if facts.due_at is not None:
        head += f"\n(late: it was due at {facts.due_at.astimezone(facts.zone):%H:%M})"
    return "\n".join([head, *(f"• {one.text}\n  {one.link}" for one in told)])


def subject(facts: Facts) -> str:
    """Morning digest, Mon 16 Mar 2026"""
    local = facts.now.astimezone(facts.zone)
    return f"{facts.kind.value.capitalize()} digest, {local:%a} {local.day} {local:%b %Y}"


def nothing(facts: Facts) -> str:
    """What is answered to who asks for a digest that is empty."""
    return f"{subject(facts)}: nothing is open, nothing is late, and nothing has happened that you should know of."


# -- lines --------------------------------------------------------------------------------------------------------


def _standing(facts: Facts, address: str) -> list[Line]:
    lists = f"{address}/manager/tickets" if facts.leads else ""
    queues = f"{address}/queues"
    found = []
    if facts.open:
        ages = ", ".join(f"{facts.ages[age]} {said}" for age, said in _AGES.items() if facts.ages.get(age))
        found.append(Line(f"{facts.open} open: {ages}", f"{address}/reports?report=backlog" if lists else queues))
    for count, said, slice_ in (
        (facts.late, "late", "late"),
        (facts.soon, "due within the hour", "soon"),
        (facts.free, "nobody has", "free"),
    ):
        if count:
            found.append(Line(f"{count} {said}", f"{lists}/{slice_}" if lists else queues))
    return found


def _week(facts: Facts, address: str) -> list[Line]:
    week = facts.week
    if week is None or not (sum(week.came) or sum(week.answered) or week.rated):
        return []
    until = week.since + timedelta(days=len(week.came) - 1)
    days = f"from={week.since}&to={until}"
    found = [
        Line(
            f"{week.since:%d %b} to {until:%d %b}: {sum(week.came)} messages in, {sum(week.answered)} out",
            f"{address}/reports?report=volumes&{days}",
        )
    ]
    if week.whole_median_s is not None:
        half = format_duration(timedelta(minutes=max(1, round(week.whole_median_s / 60))))
        found.append(Line(f"Half of the first answers within {half}", f"{address}/reports?report=response&{days}"))
    if week.rated and week.mean is not None:
        said = "rating" if week.rated == 1 else "ratings"
        found.append(Line(f"{week.rated} {said}, {week.mean} on average", f"{address}/reports?report=ratings&{days}"))
    return found


def _people(facts: Facts, address: str) -> list[Line]:
    lists = f"{address}/manager" if facts.leads else f"{address}/my"
    found = [
        Line(
            f"{one.name}: {one.open} open, {one.answered} answered",
            f"{lists}/tickets/open?who={one.id}" if facts.leads else lists,
        )
        for one in facts.people
    ]
    return [*found, *_more(facts, "people", lists)]


def _low(facts: Facts, address: str) -> list[Line]:
    found = []
    for one in facts.low:
        said = f": “{one.comment}”" if one.comment else ""
        found.append(Line(f"{one.ticket} was rated {one.score} of 5{said}", f"{address}/tickets/{one.ticket}"))
    return [*found, *_more(facts, "low", f"{address}/reports?report=ratings")]


def _outages(facts: Facts) -> list[Line]:
    found = []
    for one in facts.outages:
        begins = times.written(one.starts_at, facts.zone)
        until = f" to {times.written(one.ends_at, facts.zone)}" if one.ends_at else " until further notice"
        found.append(Line(f"{one.name}: {one.stations}, {begins}{until}", f"/outage {one.name}"))
    return [*found, *_more(facts, "outages", "/station list")]


def _unreached(facts: Facts, address: str) -> list[Line]:
    found = [Line(f"{one.name} cannot be reached any more", f"{address}/contacts/{one.id}") for one in facts.unreached]
    return [*found, *_more(facts, "unreached", f"{address}/contacts")]


def _more(facts: Facts, name: str, link: str) -> list[Line]:
    rest = facts.more.get(name, 0)
    return [Line(f"… and {rest} more", link)] if rest else []


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks show it; after the gap where they leave it out."""
    return times.instants(datetime.combine(day, at), zone)[0].at


def untold(slots: Sequence[Slot], told: Collection[tuple[str, int]]) -> list[Slot]:
    """Those of which no row says that they were told. `told`: kind and ordinal of the day."""
    return [one for one in slots if (one.kind.value, one.day.toordinal()) not in told]
