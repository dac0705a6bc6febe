"""Incidents: proposed, opened, joined, left, told and closed. A draft tells nobody; what is confirmed is worked off.

While a ticket belongs to an open incident, its own response clocks rest: the incident promises the next news instead,
and one alert comes if those are late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crmcore import numbering
from crmcore.access import Actor
from kernel import errors, ids, rows, sentences
from kernel.timers import Source
from kernel.unit import Work
from routing import escalation, incident_book
from routing.events import IncidentOverdue
from routing.incident_book import Belongs, Change, Incident, Revision, Stage, State
from routing.incident_models import Incident as IncidentRow
from routing.incident_models import IncidentRevision, IncidentTicket
from tickets import clocks, entries

LOOP = "incidents"
NEWS = timedelta(hours=1)  # the next news, where nobody has said when
HOLDS = timedelta(minutes=10)  # how long a preview can be confirmed
REPEAT, MAX_RUNS = timedelta(minutes=30), 5  # of the alert that news are late
TITLE_LIMIT, TEXT_LIMIT = 200, 1_000


async def propose(
    work: Work, title: str, tickets: Sequence[int], *, sign: str = "", why: str = "", by: Actor | None = None
) -> Incident | None:
    """A new incident that waits for a person's yes; None if one of that sign is there. Raises Invalid for its title."""
    title = " ".join(title.split())
    if not title or len(title) > TITLE_LIMIT:
        raise errors.Invalid(
            'What is it? Give it a title of 1 to {most} characters: /incident T12 "no fuel"',
            most=TITLE_LIMIT,
        )
    number, incident_id = await numbering.take(work, "incidents"), ids.new()
    row = {
        "id": incident_id,
        "number": number,
        "title": title,
        "state": State.PROPOSED.value,
        "cause": why,
        "sign": sign,
        "opened_by_id": by.id if by else None,
        "run": 0,
        "shown": len(tickets),
        "revision": 0,
        "created_at": work.now,
        "updated_at": work.now,
    }
    conflict = "ON CONFLICT (sign) WHERE sign <> '' AND state IN ('proposed', 'open') DO NOTHING"
    if not await work.insert(IncidentRow, [row], conflict=conflict, returning="id"):
        return None
    await include(work, incident_id, tickets)
    return await incident_book.by_id(work, incident_id)


async def include(work: Work, incident_id: int, tickets: Sequence[int]) -> int:
    """More tickets for one that is still proposed; returns how many were new, 0 if somebody has decided meanwhile."""
    if not await _stands(work, incident_id, State.PROPOSED):
        return 0
    return len(await _belong(work, incident_id, tickets, Belongs.PROPOSED, None))


async def begin(work: Work, actor: Actor, incident: Incident) -> int:
    """Open it: whoever was proposed joins. Returns how many. Raises Conflict if somebody has decided already."""
    changed = await work.change(
        "UPDATE incidents SET state = 'open', opened_by_id = ?, next_news_at = ?, due_at = ?, updated_at = ?"
        " WHERE id = ? AND state = 'proposed'",
        actor.id,
        work.now + NEWS,
        work.now + NEWS,
        work.now,
        incident.id,
    )
    if not changed:
        raise errors.Conflict("{incident} was decided already. Nothing was done.", code="done", incident=incident.name)
    proposed = await work.fetch(
        "SELECT ticket_id FROM incident_tickets WHERE incident_id = ? AND state = 'proposed'", incident.id
    )
    joined = await join(work, incident, [row["ticket_id"] for row in proposed], by=actor)
    await work.change(  # what another open incident has
        "UPDATE incident_tickets SET state = 'refused' WHERE incident_id = ? AND state = 'proposed'", incident.id
    )
    return len(joined)


async def dismiss(work: Work, incident: Incident) -> None:
    """Not one cause: its tickets stay as they are, and it is not proposed again. Raises Conflict."""
    changed = await work.change(
        "UPDATE incidents SET state = 'dismissed', updated_at = ? WHERE id = ? AND state = 'proposed'",
        work.now,
        incident.id,
    )
    if not changed:
        raise errors.Conflict("{incident} was decided already. Nothing was done.", code="done", incident=incident.name)
    await work.change(
        "UPDATE incident_tickets SET state = 'refused' WHERE incident_id = ? AND state = 'proposed'", incident.id
    )


async def join(
    work: Work, incident: Incident, tickets: Sequence[int], *, by: Actor | None = None, why: str = ""
) -> list[int]:
    """Tickets belong to the open incident from now on; returns those that did not, none if it is not open any more.

    `by` None: they show its sign, or `why`, how the line of the rule begins that joins them. Their clocks rest, their
    alerts are over, and their customers are told that we know.
    """
    if not await _stands(work, incident.id, State.OPEN):
        return []
    joined = await _belong(work, incident.id, tickets, Belongs.JOINED, by.id if by else None)
    if joined:
        await clocks.rest(work, joined)
        await escalation.end(work, joined, "joined", incident.name)
        text = "{why}joined {incident}" if why else "joined {incident}: {title}"
        said = sentences.line(text, why=why, incident=incident.name, title=incident.title)
        await entries.happened(work, joined, said, by=by)
        work.poke(LOOP)
    return joined


async def leave(work: Work, actor: Actor, incident: Incident, ticket_id: int) -> None:
    """The ticket has another cause. Its clocks are the caller's to start anew. Raises NotFound if it is not in it."""
    changed = await work.change(
        "UPDATE incident_tickets SET state = 'left' WHERE incident_id = ? AND ticket_id = ? AND state = 'joined'",
        incident.id,
        ticket_id,
    )
    if not changed:
        raise errors.NotFound("It does not belong to {incident}. Nothing was done.", incident=incident.name)
    await entries.happened(
        work, [ticket_id], sentences.line("taken out of {incident}", incident=incident.name), by=actor
    )


async def hand_over(work: Work, old: int, new: int) -> None:
    """What a contact was told is another's from now on, so that nobody hears it twice."""
    await work.change(
        "UPDATE incident_notices SET contact_id = ? WHERE contact_id = ? AND NOT EXISTS (SELECT 1"
        " FROM incident_notices AS own WHERE own.contact_id = ? AND own.incident_id = incident_notices.incident_id"
        " AND own.revision = incident_notices.revision)",
        new,
        old,
        new,
    )


async def explain(work: Work, incident: Incident, cause: str, *, outage_id: int | None = None) -> None:
    """What is behind it, for colleagues; and the outage that is, if one is."""
    if len(cause) > TEXT_LIMIT:
        raise errors.Invalid("The cause has more than {most} characters. Nothing was done.", most=TEXT_LIMIT)
    await work.change(
        "UPDATE incidents SET cause = ?, outage_id = COALESCE(CAST(? AS BIGINT), outage_id), updated_at = ?"
        " WHERE id = ?",
        cause or incident.cause,
        outage_id,
        work.now,
        incident.id,
    )


async def shown(work: Work, incident: Incident, count: int) -> None:
    """Its suggestion says that many tickets now."""
    await work.change("UPDATE incidents SET shown = ? WHERE id = ?", count, incident.id)


async def draft(
    work: Work, actor: Actor, incident: Incident, change: Change, text: str, next_news_at: datetime | None = None
) -> Revision:
    """The next words to all, in the place of some that still waited for their confirm. Raises Invalid, Conflict."""
    _must_be_open(incident)
    text = text.strip()
    if len(text) > TEXT_LIMIT or (change is Change.UPDATE and not text):
        raise errors.Invalid(
            "What are they told? Write it in 1 to {most} characters: /incident {incident} update"
            " the terminals are being restarted. Nothing was sent.",
            most=TEXT_LIMIT,
            incident=incident.name,
        )
    await work.change(
        "UPDATE incident_revisions SET state = 'dropped' WHERE incident_id = ? AND state = 'drafted'", incident.id
    )
    if await work.one("SELECT id FROM incident_revisions WHERE incident_id = ? AND state = 'sending'", incident.id):
        raise errors.Conflict(
            "{incident} is still telling its last news. Try again in a few seconds.", incident=incident.name
        )
    revision_id = ids.new()
    row = {
        "id": revision_id,
        "incident_id": incident.id,
        "number": incident.revision + 1,
        "change": change.value,
        "state": Stage.DRAFTED.value,
        "text": text,
        "next_news_at": (next_news_at or work.now + NEWS) if change is Change.UPDATE else None,
        "by_id": actor.id,
        "told": 0,
        "left_out": 0,
        "created_at": work.now,
    }
    await work.insert(IncidentRevision, [row])
    found = await incident_book.one_revision(work, revision_id)
    if found is None:
        raise errors.NotFound("There is no such news any more.")
    return found


async def publish(work: Work, actor: Actor, incident: Incident, revision: Revision) -> None:
    """Let it go: from here all are told, and a closing one closes the tickets. Raises Forbidden, Conflict."""
    if revision.by_id != actor.id:
        raise errors.Forbidden("News are confirmed by whoever asked for them. Ask for them yourself. Nothing was sent.")
    if work.now - revision.created_at > HOLDS:
        raise errors.Conflict("This preview is older than ten minutes. Ask for it again. Nothing was sent.", code="old")
    moved = await work.change(
        "UPDATE incident_revisions SET state = 'sending', published_at = ? WHERE id = ? AND state = 'drafted'",
        work.now,
        revision.id,
    )
    closes = revision.change is Change.CLOSE
    changed = moved and await work.change(
        "UPDATE incidents SET state = ?, revision = ?, next_news_at = ?, due_at = ?, run = 0, updated_at = ?"
        " WHERE id = ? AND state = 'open' AND revision < ?",
        (State.CLOSING if closes else State.OPEN).value,
        revision.number,
        revision.next_news_at,
        revision.next_news_at,
        work.now,
        incident.id,
        revision.number,
    )
    if not changed:
        raise errors.Conflict(
            "{incident}/{number} was confirmed or dropped already.",
            code="done",
            incident=incident.name,
            number=revision.number,
        )
    work.poke(LOOP)
    work.poke("timers")


async def drop(work: Work, revision: Revision) -> None:
    """Forget words that wait for a confirm. Raises Conflict if they do not any more."""
    dropped = await work.change(
        "UPDATE incident_revisions SET state = 'dropped' WHERE id = ? AND state = 'drafted'", revision.id
    )
    if not dropped:
        raise errors.Conflict("These news were confirmed or dropped already. Nothing was done.", code="done")


async def over(work: Work, incident: Incident, tickets: Sequence[int]) -> list[int]:
    """These tickets are done with the incident; returns those that nobody has taken out meanwhile."""
    found = await work.fetch(
        f"UPDATE incident_tickets SET state = 'over' WHERE incident_id = ? AND ticket_id IN ({rows.marks(tickets)})"
        " AND state = 'joined' RETURNING ticket_id",
        incident.id,
        *tickets,
    )
    return [row["ticket_id"] for row in found]


async def finish(work: Work, revision: Revision) -> bool:
    """All of the revision is told; False if another hub has said so. A closing one ends the incident."""
    moved = await work.change(
        "UPDATE incident_revisions SET state = 'sent' WHERE id = ? AND state = 'sending'", revision.id
    )
    if moved and revision.change is Change.CLOSE:
        await work.change(
            "UPDATE incidents SET state = 'closed', closed_at = ?, updated_at = ? WHERE id = ?",
            work.now,
            work.now,
            revision.incident_id,
        )
    return moved == 1


async def fire(work: Work, incidents: Sequence[int]) -> int:
    """Those of `incidents` whose promised news are late: their leads are told, once each time. Returns how many."""
    if not incidents:
        return 0
    fired = await work.fetch(
        "UPDATE incidents SET run = run + 1, due_at = ?"
        f" WHERE state = 'open' AND due_at <= ? AND id IN ({rows.marks(incidents)}) RETURNING id, run",
        work.now + REPEAT,
        work.now,
        *incidents,
    )
    for row in fired:
        if row["run"] >= MAX_RUNS:
            await work.change("UPDATE incidents SET due_at = NULL WHERE id = ?", row["id"])
        work.say(IncidentOverdue(row["id"], row["run"]))
    return len(fired)


SOURCE = Source(LOOP, "SELECT id, due_at FROM incidents WHERE state = 'open'", fire)


async def _belong(work: Work, incident_id: int, tickets: Sequence[int], how: Belongs, by_id: int | None) -> list[int]:
    """New rows, and old ones that were proposed or taken out; a ticket of another open incident stays there."""
    taken = await incident_book.held(work, tickets) if how is Belongs.JOINED else set()
    new = [
        {
            "id": ids.new(),
            "incident_id": incident_id,
            "ticket_id": ticket_id,
            "state": how.value,
            "joined_at": work.now,
            "by_id": by_id,
        }
        for ticket_id in dict.fromkeys(tickets)
        if ticket_id not in taken
    ]
    again = "" if how is Belongs.PROPOSED else " WHERE incident_tickets.state <> 'joined'"
    what = f"UPDATE SET state = excluded.state, joined_at = excluded.joined_at, by_id = excluded.by_id{again}"
    conflict = f"ON CONFLICT (incident_id, ticket_id) DO {'NOTHING' if how is Belongs.PROPOSED else what}"
    made = await work.insert(IncidentTicket, new, conflict=conflict, returning="ticket_id")
    return [row["ticket_id"] for row in made]


async def _stands(work: Work, incident_id: int, state: State) -> bool:
    """Whether it is still so; and nobody closes or opens it before this unit is committed."""
    touched = await work.change(
        "UPDATE incidents SET updated_at = ? WHERE id = ? AND state = ?", work.now, incident_id, state.value
    )
    return touched == 1


def _must_be_open(incident: Incident) -> None:
    if incident.state is State.PROPOSED:
        raise errors.Conflict(
            "{incident} is not open yet: /incident {incident} join. Nothing was done.", incident=incident.name
        )
    if incident.state is not State.OPEN:
        raise errors.Conflict(
            "{incident} is {state} already. Nothing was done.",
            code="over",
            incident=incident.name,
            state=incident.state.value,
        )
