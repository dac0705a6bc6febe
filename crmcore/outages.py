"""Outages: declared, moved, ended, cancelled. Each is a revision that is drafted, shown, confirmed, and then sent.

Nothing here sends: a confirmed revision is worked off by `crmcore.notices`, a few people at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from crmcore import ledger, numbering
from crmcore.ledger import Change, Outage, Revision, Stage, State
from crmcore.models.stations import Outage as OutageRow
from crmcore.models.stations import OutageRevision, OutageStation
from crmcore.stations import Station
from kernel import errors, ids, rows
from kernel.unit import Reader, Work

STAFF = "staff"
HOLDS = timedelta(minutes=10)  # how long a preview can be confirmed
SOON = timedelta(minutes=15)  # what starts later than that was planned
WHY_LIMIT, NOTE_LIMIT = 300, 1000
_AFTER = {
    Change.ANNOUNCE: State.ANNOUNCED,
    Change.MOVE: State.ANNOUNCED,
    Change.END: State.ENDED,
    Change.CANCEL: State.CANCELLED,
}


class Window(Struct, frozen=True):
    """From when to when; `ends_at` None: until further notice. `for_good`: it will not come back."""

    starts_at: datetime
    ends_at: datetime | None = None
    for_good: bool = False


class Asked(Struct, frozen=True):
    """Who wants it: a colleague by a message of his, or a system. `publish_due`: it goes out then without a person."""

    staff_id: int | None = None
    message_id: int | None = None
    source: str = STAFF
    source_key: str | None = None
    publish_due: datetime | None = None


async def declare(
    work: Work, stations: Sequence[Station], window: Window, asked: Asked, *, why: str = "", note: str = ""
) -> Outage:
    """Draft a new outage. Raises Conflict if one of the stations is out at that time already, Invalid for its times."""
    _check(window, work.now)
    await work.change("UPDATE outages SET number = number WHERE id = 0")  # the unit begins with a write
    await _no_other(work, [station.id for station in stations], window)
    outage_id = ids.new()
    row = {
        "id": outage_id,
        "number": await numbering.take(work, "outages"),
        "state": State.DRAFT.value,
        "planned": window.starts_at > work.now + SOON,
        "for_good": window.for_good,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "why": why[:WHY_LIMIT],
        "note": note[:NOTE_LIMIT],
        "source": asked.source,
        "source_key": asked.source_key,
        "revision": 0,
        "created_at": work.now,
        "updated_at": work.now,
    }
    await work.insert(OutageRow, [row])
    await work.insert(
        OutageStation, [{"id": ids.new(), "outage_id": outage_id, "station_id": station.id} for station in stations]
    )
    outage = await ledger.by_id(work, outage_id)
    await _draft(work, outage, Change.ANNOUNCE, window, why, asked)
    return outage


async def move(work: Work, outage: Outage, window: Window, asked: Asked, *, why: str = "") -> None:
    """Draft other times for an announced outage. Raises Conflict if it is over or was never announced."""
    _must_stand(outage)
    _check(window, work.now)
    if (window.starts_at, window.ends_at) == (outage.starts_at, outage.ends_at):
        raise errors.Conflict("{outage} has these times already. Nothing was done.", code="same", outage=outage.name)
    await _draft(work, outage, Change.MOVE, window, why or outage.why, asked)


async def end(work: Work, outage: Outage, at: datetime, asked: Asked) -> None:
    """Draft the end: the stations work again since `at`."""
    _must_stand(outage)
    if outage.starts_at > work.now:
        raise errors.Conflict(
            "{outage} has not begun yet; cancel it: /station {outage} cancel. Nothing was done.", outage=outage.name
        )
    if not outage.starts_at <= at <= work.now + SOON:
        raise errors.Invalid("The end has to lie between the outage's start and now. Nothing was done.")
    await _draft(work, outage, Change.END, Window(outage.starts_at, at, outage.for_good), outage.why, asked)


async def cancel(work: Work, outage: Outage, asked: Asked, *, why: str = "") -> bool:
    """Draft the cancelling of what was announced. A mere draft is gone at once, as nobody was told: then False."""
    if outage.state is State.DRAFT:
        await drop(work, outage)
        return False
    _must_stand(outage)
    window = Window(outage.starts_at, outage.ends_at, outage.for_good)
    await _draft(work, outage, Change.CANCEL, window, why, asked)
    return True


async def publish(work: Work, outage: Outage, revision: Revision) -> None:
    """Let a counted revision go: from here its recipients are worked off.

    Raises Conflict if it was confirmed, dropped or overtaken meanwhile, or if its preview is too old.
    """
    if revision.counted_at is None or work.now - revision.counted_at > HOLDS:
        raise errors.Conflict("This preview is older than ten minutes. Ask for it again. Nothing was sent.", code="old")
    moved = await work.change(
        "UPDATE outage_revisions SET state = 'sending', published_at = ? WHERE id = ? AND state = 'counted'",
        work.now,
        revision.id,
    )
    if not moved:
        raise errors.Conflict(
            "{revision} was confirmed or dropped already.", code="done", revision=f"{outage.name}/{revision.number}"
        )
    window = Window(revision.starts_at, revision.ends_at, outage.for_good)
    if revision.change is Change.ANNOUNCE:
        await _no_other(work, [station.id for station in outage.stations], window)
    await work.change(
        "UPDATE outages SET state = ?, starts_at = ?, ends_at = ?, why = ?, revision = ?, updated_at = ? WHERE id = ?",
        _AFTER[revision.change].value,
        revision.starts_at,
        revision.ends_at,
        revision.why or outage.why,
        revision.number,
        work.now,
        outage.id,
    )
    work.poke("notices")


async def drop(work: Work, outage: Outage) -> bool:
    """Forget what waits for a confirm; False if nothing does. An outage that nobody was told of goes with it."""
    dropped = await work.change(
        "UPDATE outage_revisions SET state = 'dropped' WHERE outage_id = ? AND state IN ('drafted', 'counted')",
        outage.id,
    )
    await work.change(
        "UPDATE outages SET state = 'cancelled', updated_at = ? WHERE id = ? AND state = 'draft'", work.now, outage.id
    )
    return dropped > 0


async def counted(work: Work, revision: Revision, at: datetime) -> bool:
    """Its preview is shown, counted as of `at`; False if it was dropped meanwhile."""
    changed = await work.change(
        "UPDATE outage_revisions SET state = 'counted', counted_at = ? WHERE id = ? AND state = 'drafted'",
        at,
        revision.id,
    )
    return changed == 1


async def ripe(work: Work, revision: Revision) -> bool:
    """A revision that goes out by itself is counted as of now; False if a person was quicker."""
    changed = await work.change(
        "UPDATE outage_revisions SET counted_at = ?, publish_due = NULL WHERE id = ? AND state = 'counted'"
        " AND publish_due <= ?",
        work.now,
        revision.id,
        work.now,
    )
    return changed == 1


async def under_way(reader: Reader) -> Revision | None:
    """The next revision with something to be done: one due to go by itself, else to be counted, else to be queued."""
    row = await reader.one(  # in the order of their states' names: counted, drafted, sending
        "SELECT * FROM outage_revisions WHERE state IN ('drafted', 'counted', 'sending')"
        " AND (state <> 'counted' OR publish_due <= ?) ORDER BY state, id LIMIT 1",
        reader.now,
    )
    return ledger.revision(row) if row else None


async def _draft(work: Work, outage: Outage, change: Change, window: Window, why: str, asked: Asked) -> None:
    """The next revision, in the place of one that still waited for its confirm."""
    under_way = await work.one(
        "SELECT number FROM outage_revisions WHERE outage_id = ? AND state = 'sending'", outage.id
    )
    if under_way:
        name = f"{outage.name}/{under_way['number']}"
        raise errors.Conflict(
            "{outage} is still being queued. Try again in a few seconds. Nothing was done.", outage=name
        )
    await work.change(
        "UPDATE outage_revisions SET state = 'dropped' WHERE outage_id = ? AND state IN ('drafted', 'counted')",
        outage.id,
    )
    row = {
        "id": ids.new(),
        "outage_id": outage.id,
        "number": outage.revision + 1,
        "change": change.value,
        "state": Stage.DRAFTED.value,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "why": why[:WHY_LIMIT],
        "by_id": asked.staff_id,
        "asked_id": asked.message_id,
        "publish_due": asked.publish_due,
        "cursor": 0,
        "told": 0,
        "left_out": 0,
        "created_at": work.now,
    }
    await work.insert(OutageRevision, [row])
    work.poke("notices")


async def _no_other(work: Work, station_ids: Sequence[int], window: Window) -> None:
    """A station is out once at a time."""
    found = await work.fetch(
        "SELECT o.number, s.code FROM outages AS o JOIN outage_stations AS t ON t.outage_id = o.id"
        f" JOIN stations AS s ON s.id = t.station_id WHERE o.state = 'announced'"
        f" AND t.station_id IN ({rows.marks(station_ids)}) AND (o.ends_at IS NULL OR o.ends_at > ?)"
        " AND (CAST(? AS VARCHAR) = '' OR o.starts_at < ?) ORDER BY o.number LIMIT 1",
        *station_ids,
        window.starts_at,
        "until" if window.ends_at else "",
        window.ends_at or window.starts_at,
    )
    if found:
        raise errors.Conflict(
            "{station} is already out under {outage}. Change that one: /station {outage} move, up or cancel."
            " Nothing was done.",
            code="overlap",
            station=found[0]["code"],
            outage=f"O-{found[0]['number']}",
        )


def _must_stand(outage: Outage) -> None:
    if outage.state is State.DRAFT:
        raise errors.Conflict(
            "{outage} was never announced; confirm or discard it first. Nothing was done.", outage=outage.name
        )
    if outage.state is not State.ANNOUNCED:
        ended = "{outage} is ended already. Nothing was done."
        text = "{outage} is cancelled already. Nothing was done." if outage.state is State.CANCELLED else ended
        raise errors.Conflict(text, code="over", outage=outage.name)


def _check(window: Window, now: datetime) -> None:
    if window.ends_at is not None and window.ends_at <= window.starts_at:
        raise errors.Invalid("It ends before it starts. Write from and until: 14:30 18:00. Nothing was done.")
    if window.ends_at is not None and window.ends_at <= now:
        raise errors.Invalid("It would be over already. Write when it ends: until 18:00. Nothing was done.")
