"""What a digest tells, counted for one reader as he may see it: by the same queries as the overview and the reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from crmcore import access, ledger, staff
from crmcore.access import Actor, Role, Scope
from crmcore.ledger import State
from crmcore.staff import Colleague
from kernel.unit import Reader
from routing import assign, digests, reporting
from routing.desk import Desk
from routing.digests import Coming, Facts, Kind, Load, Low, Plan, Slot, Unreached, Week
from tickets import overview, people, surveys
from tickets.overview import Slice
from tickets.reports import standing
from tickets.reports.asking import Asked, By, Report
from tickets.reports.telling import Told

PEOPLE, FEW = 12, 5  # of a list that are told
SHORT = 80  # characters of a comment
DAYS = 7


class Reading(Struct, frozen=True):
    """Whose digest: what he may see, and when it is read."""

    colleague: Colleague
    scope: Scope
    slot: Slot
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.colleague.zone)

    @property
    def leads(self) -> bool:
        return access.ranks_as(self.colleague.role, Role.LEAD)


async def read(reader: Reader, desk: Desk, plan: Plan, colleague: Colleague, slot: Slot, language: str = "en") -> Facts:
    """The facts of a digest as of now. `language`: of who reads it."""
    queues = await assign.queues_of(reader, desk, colleague.id, colleague.name)
    actor = Actor(colleague.id, colleague.name, colleague.role, colleague.zone, queues)
    one = Reading(colleague, access.scope(actor), slot, reader.now)
    since = digests.since(slot.kind, one.zone, one.now)
    counted = await overview.counted(reader, one.scope)
    loads = await _loads(reader, one, counted.people, since)
    low, lows = await surveys.low(reader, one.scope, since, limit=FEW)
    outages = await _outages(reader, one)
    unreached, lost = await people.unreached(reader, one.scope, since, limit=FEW)
    return Facts(
        slot.kind,
        one.now,
        one.zone,
        one.leads,
        ages=await _ages(reader, one, plan.zone),
        late=counted.all.get(Slice.LATE, 0),
        soon=counted.all.get(Slice.SOON, 0),
        free=counted.all.get(Slice.FREE, 0),
        people=tuple(loads[:PEOPLE]),
        low=tuple(Low(given.ticket, given.score, _short(given.comment)) for given in low),
        outages=tuple(outages[:FEW]),
        unreached=tuple(Unreached(contact_id, name) for contact_id, name in unreached),
        more={
            "people": len(loads[PEOPLE:]),
            "low": lows - len(low),
            "outages": len(outages[FEW:]),
            "unreached": lost - len(unreached),
        },
        week=await _week(reader, one, plan.zone) if slot.kind is Kind.WEEKLY else None,
        due_at=slot.at if one.now - slot.at > digests.LATE else None,
        language=language,
    )


async def _ages(reader: Reader, one: Reading, zone: ZoneInfo) -> dict[str, int]:
    today = one.now.astimezone(zone).date()
    told = await reporting.tell(reader, Asked(Report.BACKLOG, today, today, By.QUEUE), zone, one.scope)
    return {age: int(told.total.values[age] or 0) for age in standing.AGES}


async def _loads(
    reader: Reader, one: Reading, counted: Mapping[int, Mapping[Slice, int]], since: datetime
) -> list[Load]:
    """Who has the most open first; of who does not lead only his own."""
    answered = await overview.answered(reader, one.scope, since)
    everyone = await staff.listed(reader) if one.leads else [one.colleague]
    found = [
        Load(person.id, person.name, counted.get(person.id, {}).get(Slice.OPEN, 0), answered.get(person.id, 0))
        for person in everyone
    ]
    return sorted((load for load in found if load.open or load.answered), key=lambda load: (-load.open, load.name))


async def _outages(reader: Reader, one: Reading) -> list[Coming]:
    """Those that are announced, are not over and begin within two days; the first first; for those who lead."""
    if not one.leads:
        return []
    found = [
        Coming(outage.name, outage.codes, outage.starts_at, outage.ends_at)
        for outage in await ledger.listed(reader, only_open=True)
        if outage.state is State.ANNOUNCED
        and outage.starts_at <= one.now + digests.AHEAD
        and (outage.ends_at is None or outage.ends_at > one.now)
    ]
    return sorted(found, key=lambda coming: coming.starts_at)


async def _week(reader: Reader, one: Reading, zone: ZoneInfo) -> Week:
    """The seven days before this one, by the company's days; of who does not lead his own numbers, as in reports."""
    until = one.slot.day - timedelta(days=1)
    since = until - timedelta(days=DAYS - 1)
    own = None if one.leads else int(one.colleague.id)

    async def told(report: Report) -> Told:
        return await reporting.tell(reader, Asked(report, since, until, By.DAY, own), zone, one.scope)

    volumes, response, rated = await told(Report.VOLUMES), await told(Report.RESPONSE), await told(Report.RATINGS)
    return Week(
        since,
        came=_counts(volumes, "in"),
        answered=_counts(volumes, "out"),
        median_s=tuple(line.values["median_s"] for line in response.lines),
        whole_median_s=response.total.values["median_s"],
        rated=int(rated.total.values["rated"] or 0),
        mean=rated.total.values["mean"],
    )


def _counts(told: Told, column: str) -> tuple[int, ...]:
    return tuple(int(line.values[column] or 0) for line in told.lines)


def _short(comment: str) -> str:
    flat = " ".join(comment.split())
    return flat if len(flat) <= SHORT else f"{flat[: SHORT - 1].rstrip()}…"
