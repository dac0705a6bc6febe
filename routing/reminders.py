"""Reminders and planned contacts as rows: set, told once when due, moved, done with an outcome, dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from crmcore import timeline
from crmcore.access import Actor
from kernel import errors, ids, rows, sentences, times
from kernel.phrases import Phrase
from kernel.timers import Source
from kernel.unit import Reader, Work
from routing.events import ReminderChanged, ReminderFired
from routing.models import Reminder, ReminderKind, ReminderState
from routing.visible import ReminderView
from tickets import actions, entries, numbers
from tickets.visible import TicketView

LATE_AFTER = timedelta(minutes=5)
TEXT_LIMIT = 1_000
_KINDS = {
    ReminderKind.REMINDER: "reminder",
    ReminderKind.CALL: "call",
    ReminderKind.VISIT: "visit",
    ReminderKind.MAIL: "mail",
}


class Wanted(Struct, frozen=True):
    """What is to be told, when, and what about. A contact (kind other than reminder) needs its ticket."""

    due_at: datetime
    text: str
    ticket: TicketView | None = None
    kind: ReminderKind = ReminderKind.REMINDER


async def remind(work: Work, actor: Actor, wanted: Wanted) -> int:
    """Remember it for the actor; a planned contact also stands in the ticket and the contact's history.

    Returns its number. Raises Invalid for a text that is too long, or absent where there is no ticket either.
    """
    text = _worded(wanted.text)
    if not text and wanted.ticket is None:
        raise errors.Invalid("Of what? Write it after the time: /remind tomorrow 9:00 call the bank. Nothing was done.")
    [number] = await numbers.take(work, 1, "reminders")
    row: rows.Row = {
        "id": ids.new(),
        "number": number,
        "kind": wanted.kind.value,
        "state": ReminderState.WAITING.value,
        "staff_id": actor.id,
        "ticket_id": wanted.ticket.id if wanted.ticket else None,
        "text": text,
        "due_at": wanted.due_at,
        "zone": actor.zone,
        "created_by_id": actor.id,
        "created_at": work.now,
        "late": False,
    }
    await work.insert(Reminder, [row])
    if wanted.ticket and wanted.kind is not ReminderKind.REMINDER:
        when = times.written(wanted.due_at, ZoneInfo(actor.zone))
        said = f"{wanted.kind.value} planned for {when}" + (f": {text}" if text else "")
        planned = "{reminder} {kind} planned for {when} ({name})"
        told = "{reminder} {kind} planned for {when}: {words} ({name})" if text else planned
        known = {"reminder": f"R{number}", "kind": _kind(wanted.kind), "when": when, "words": text, "name": actor.name}
        await entries.happened(work, [wanted.ticket.id], sentences.line(told, **known), by=actor)
        await timeline.add(work, [_line(wanted.ticket, "planned", f"R{number} {said}")])
    work.poke("timers")
    return number


async def fire(work: Work, reminders: Sequence[int]) -> int:
    """Tell those of `reminders` that still wait and whose time has come, the earliest first; returns how many."""
    fired = await work.fetch(
        "UPDATE reminders SET state = 'fired', fired_at = ?, late = (due_at < ?)"
        f" WHERE state = 'waiting' AND due_at <= ? AND id IN ({rows.marks(reminders)}) RETURNING id, due_at",
        work.now,
        work.now - LATE_AFTER,
        work.now,
        *reminders,
    )
    for row in sorted(fired, key=lambda row: rows.instant(row["due_at"])):
        work.say(ReminderFired(row["id"]))
    return len(fired)


async def move(work: Work, actor: Actor, reminder: ReminderView, due_at: datetime) -> None:
    """Tell it (again) at another time, said in the actor's zone. Raises Conflict if it is over."""
    await _change(
        work,
        reminder,
        "state = 'waiting', due_at = ?, zone = ?, fired_at = NULL, late = ?",
        due_at,
        actor.zone,
        False,
    )
    work.say(ReminderChanged(reminder.id, "again", actor.name))
    work.poke("timers")


async def finish(
    work: Work, actor: Actor, reminder: ReminderView, outcome: str = "", *, ticket: TicketView | None = None
) -> None:
    """It is done. What came of a contact goes into the history of the contact; of a reminder, a note on its ticket.

    An outcome may be added once to what was done without one. Raises Conflict if it is over otherwise.
    """
    outcome = _worded(outcome)
    can_add = outcome and reminder.state is ReminderState.DONE and reminder.outcome is None
    where = "state = 'done' AND outcome IS NULL" if can_add else "state IN ('waiting', 'fired')"
    await _change(
        work,
        reminder,
        "state = 'done', ended_at = ?, outcome = ?",
        work.now,
        outcome or None,
        where=where,
    )
    if ticket is not None and reminder.is_contact:
        said = outcome or "done"
        known = {"reminder": reminder.name, "kind": _kind(reminder.kind), "name": actor.name, "words": said}
        line = sentences.line("{reminder} {kind} by {name}: {words}", **known)
        await entries.happened(work, [ticket.id], line, by=actor)
        await timeline.add(work, [_line(ticket, reminder.kind.value, said)])
    elif ticket is not None and outcome:
        await actions.note(work, actor, ticket, f"{reminder.name} done: {outcome}")
    work.say(ReminderChanged(reminder.id, "done", actor.name))


async def drop(work: Work, actor: Actor, reminder: ReminderView, *, ticket: TicketView | None = None) -> None:
    """It is not needed any more. Raises Conflict if it is over."""
    await _change(work, reminder, "state = 'dropped', ended_at = ?", work.now)
    if ticket is not None and reminder.is_contact:
        said = sentences.line(
            "{reminder} {kind} dropped by {name}", reminder=reminder.name, kind=_kind(reminder.kind), name=actor.name
        )
        await entries.happened(work, [ticket.id], said, by=actor)
        await timeline.add(work, [_line(ticket, "planned", said)])
    work.say(ReminderChanged(reminder.id, "dropped", actor.name))


async def next_due(reader: Reader) -> datetime | None:
    """When the next reminder is told."""
    row = await reader.one("SELECT min(due_at) AS due_at FROM reminders WHERE state = 'waiting'")
    return rows.maybe_instant(row["due_at"]) if row else None


SOURCE = Source("reminders", "SELECT id, due_at FROM reminders WHERE state = 'waiting'", fire)


_GONE = "{reminder} is gone already. Nothing was done."
_OVER = {
    "waiting": "{reminder} is waiting already. Nothing was done.",
    "fired": "{reminder} is fired already. Nothing was done.",
    "done": "{reminder} is done already. Nothing was done.",
    "dropped": "{reminder} is dropped already. Nothing was done.",
}


async def _change(
    work: Work, reminder: ReminderView, sets: str, *values: object, where: str = "state IN ('waiting', 'fired')"
) -> None:
    """One conditional update: of two who press at once, one wins."""
    changed = await work.change(f"UPDATE reminders SET {sets} WHERE id = ? AND {where}", *values, reminder.id)
    if changed:
        return
    row = await work.one("SELECT state FROM reminders WHERE id = ?", reminder.id)
    raise errors.Conflict(_OVER.get(row["state"] if row else "", _GONE), code="over", reminder=reminder.name)


def _worded(text: str) -> str:
    text = text.strip()
    if len(text) > TEXT_LIMIT:
        raise errors.Invalid(
            "The text has {count} characters; at most {most} go. Nothing was done.",
            count=len(text),
            most=TEXT_LIMIT,
        )
    return text


def _line(ticket: TicketView, kind: str, text: str) -> timeline.Line:
    return timeline.Line(ticket.contact_id, kind, ref_kind="ticket", ref_id=ticket.id, text=text)


def _kind(kind: ReminderKind) -> Phrase:
    """What is planned, as a word of a line of history."""
    return sentences.line(_KINDS[kind])
