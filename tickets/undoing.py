"""One undo for every act on a ticket: its inverse is applied if nothing it touched has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmcore import access
from crmcore.access import Actor, Role
from kernel import errors, rows, sentences
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import blocking, casework, changes, clocks, entries, moving, owing, rewinding, states, values
from tickets.changes import Done
from tickets.events import Change, TicketChanged
from tickets.models import ClockKind, State, Ticket
from tickets.sla import ClockState

NOT_YOURS = "That is not yours to take back. Nothing was done."


async def undo(work: Work, actor: Actor, done: Done) -> str:
    """Take the act back; returns what it said of itself.

    Raises Forbidden for another's act (a lead may), Conflict if its time is over, it was taken back, or what it
    touched has changed since. Nothing has happened then.
    """
    if done.actor_id != actor.id and not access.ranks(actor, Role.LEAD):
        raise errors.Forbidden(NOT_YOURS)
    if not done.inverse:
        raise errors.Conflict("That cannot be taken back. Nothing was done.", code="no_inverse")
    if work.now - done.at > changes.WITHIN:
        raise errors.Conflict("Its 15 minutes are over: it stands. Nothing was done.", code="late")
    claimed = await work.change(
        "UPDATE ticket_changes SET undone_at = ? WHERE id = ? AND undone_at IS NULL", work.now, done.id
    )
    if not claimed:
        raise errors.Conflict("That was taken back already. Nothing was done.", code="undone")
    said = sentences.line("{name} took back: {what}", name=actor.name, what=done.said)
    await _apply(work, actor, done, said)
    touched = [done.ticket_id, *([done.other_id] if done.other_id else [])]
    await changes.note(work, actor, done.ticket_id, "undo", said, other_id=done.other_id)
    await entries.happened(work, touched, said, by=actor)
    return done.said


async def _apply(work: Work, actor: Actor, done: Done, said: str) -> None:
    inverse = done.inverse
    if "merged_into" in inverse:
        await _unmerge(work, actor, done)
        return
    if "split" in inverse:
        await _unsplit(work, actor, done)
        return
    row = await _locked(work, done.ticket_id)
    sets = inverse.get("sets", {})
    if "state" in sets and row["merged_into_id"] is not None:  # what is merged stays closed until it is taken out
        raise _changed("where it was merged into")
    if "snoozed_until" in sets and done.verb in ("snooze", "wake") and states.is_done(row["state"]):
        raise _changed("state")  # what is done is on no list that it could be put off
    if (_says_settled(sets) or _puts_off(sets)) and await _has_written(work, done.ticket_id, done):
        raise errors.Conflict("The customer has written since: it stays open. Nothing was done.", code="changed")
    if sets:
        await _restore(work, row, sets)
    await _put_back(work, done.ticket_id, inverse)
    change = _told(done.verb, sets)
    if change is Change.CLOSED:
        await clocks.end(work, done.ticket_id, ClockKind.FIRST_RESPONSE, ClockState.CANCELLED)
    await rewinding.put_back(work, inverse.get("clocks", ()))
    work.poke("timers")
    former = row["assignee_id"] if "assignee_id" in sets else None
    told = said if sets.keys() & changes.WATCHED else ""
    work.say(TicketChanged(done.ticket_id, change, actor.id, actor.name, former, said=told))


def _told(verb: str, sets: Mapping[str, Any]) -> Change:
    was, now = (states.is_done(state) for state in sets.get("state", ("", "")))
    if was != now:
        return Change.CLOSED if was else Change.UNANSWERED  # its clocks are put back: none starts anew
    return Change.ASSIGNED if verb in ("take", "assign") else Change.EDITED


async def _put_back(work: Work, ticket_id: int, inverse: Mapping[str, Any]) -> None:
    """What does not stand on the ticket's own row."""
    held = await values.of(work, ticket_id) if "fields" in inverse else {}
    for name, (was, now) in inverse.get("fields", {}).items():
        if held.get(name, "") != now:
            raise _changed(name)
        await values.write(work, ticket_id, name, was)
    if tie := inverse.get("tie"):
        await work.change("DELETE FROM ticket_ties WHERE ticket_id = ? AND other_id = ? AND kind = 'related'", *tie)
    if watcher := inverse.get("watcher"):
        await work.change(
            "DELETE FROM ticket_watchers WHERE ticket_id = ? AND staff_id = ? AND queue = ?",
            ticket_id,
            watcher["staff_id"],
            watcher["queue"],
        )
    if staff_id := inverse.get("watching"):
        await casework.watch_again(work, ticket_id, staff_id)
    if lifted := inverse.get("lifted"):
        await blocking.block_again(work, lifted)
    if blocked := inverse.get("blocked"):
        await work.change(
            "UPDATE blocked_addresses SET lifted_at = ? WHERE id = ? AND lifted_at IS NULL", work.now, blocked
        )


async def _unmerge(work: Work, actor: Actor, done: Done) -> None:
    """Exactly the entries that went over come back; what came since stays where it arrived."""
    inverse, target_id = done.inverse, done.inverse["merged_into"]
    source, target = await _locked_both(work, done.ticket_id, target_id)
    if source["merged_into_id"] != target_id or target["merged_into_id"] is not None:
        raise _changed("where it was merged into")
    await moving.move(work, inverse["entries"], target_id, done.ticket_id)
    sets = {**inverse["sets"], "merged_into_id": [None, target_id]}
    sets |= {"closed_at": [inverse["closed_at"], None]}
    await _restore(work, source, sets)
    await rewinding.put_back(work, inverse.get("clocks", ()))
    was, _ = inverse["sets"].get("state", (State.CLOSED, ""))
    opened = Change.EDITED if states.is_done(was) else Change.UNANSWERED
    work.say(TicketChanged(done.ticket_id, opened, actor.id, actor.name))
    work.say(TicketChanged(target_id, await _release(work, target, done), actor.id, actor.name))


async def _release(work: Work, target: Row, done: Done) -> Change:
    """The target of a merge owes again what it owed; to what the customer wrote there since, an answer all the same."""
    held, sets = done.inverse.get("other_clocks", ()), done.inverse.get("other_sets")
    if not sets:
        await rewinding.put_back(work, await rewinding.still_waiting(work, target["id"], held))
        return Change.EDITED
    if await _has_written(work, target["id"], done):
        return Change.EDITED
    await _restore(work, target, sets)
    await clocks.end(work, target["id"], ClockKind.FIRST_RESPONSE, ClockState.CANCELLED)
    await rewinding.put_back(work, held)
    return Change.CLOSED if states.is_done(sets["state"][0]) else Change.EDITED


async def _unsplit(work: Work, actor: Actor, done: Done) -> None:
    """All that stands on the ticket taken out goes back, also what came since; it is closed and leads there."""
    new_id = done.inverse["split"]
    first, second = await _locked_both(work, done.ticket_id, new_id)
    if first["merged_into_id"] is not None or second["merged_into_id"] is not None:
        raise _changed("where it was merged into")
    owed = await owing.debt(work, new_id, second["state"], second["own_state"])
    if done.inverse.get("was", State.OPEN) not in owing.OWING and not await _has_written(work, new_id, done):
        owed = None  # the customer had his answer before the split, and has said nothing since
    await moving.move(work, await moving.movable(work, new_id), new_id, done.ticket_id)
    await work.change(
        "UPDATE tickets SET state = 'closed', own_state = NULL, closed_at = ?, merged_into_id = ?,"
        " snoozed_until = NULL, version = version + 1, updated_at = ? WHERE id = ?",
        work.now,
        done.ticket_id,
        work.now,
        new_id,
    )
    await clocks.end(work, new_id, ClockKind.FIRST_RESPONSE, ClockState.CANCELLED)
    change = await owing.take_over(work, done.ticket_id, first["state"], owed) if owed else None
    work.say(TicketChanged(new_id, Change.CLOSED, actor.id, actor.name))
    work.say(TicketChanged(done.ticket_id, change or Change.EDITED, actor.id, actor.name))


async def _has_written(reader: Reader, ticket_id: int, done: Done) -> bool:
    """The customer himself has written on the ticket since the act, beside what the act has brought there."""
    found = await reader.fetch(
        "SELECT e.id FROM entries AS e JOIN messages AS m ON m.id = e.message_id WHERE e.ticket_id = ?"
        " AND (e.at > ? OR (e.at = ? AND e.id > ?)) AND m.direction = 'in' AND NOT m.automatic",
        ticket_id,
        done.at,
        done.at,
        done.id,
    )
    return not {row["id"] for row in found}.issubset(done.inverse.get("entries", ()))


def _says_settled(sets: Mapping[str, Any]) -> bool:
    """What is open would not be so any more. Pure."""
    was, now = sets.get("state", (State.OPEN, State.OPEN))
    return bool(now == State.OPEN != was)


def _puts_off(sets: Mapping[str, Any]) -> bool:
    """It would be off the lists again. Pure."""
    return sets.get("snoozed_until", (None, None))[0] is not None


async def _locked_both(work: Work, first: int, second: int) -> tuple[Row, Row]:
    """In the order of their ids, as a merge locks them: neither waits for the other."""
    found = {ticket_id: await _locked(work, ticket_id) for ticket_id in sorted((first, second))}
    return found[first], found[second]


async def _locked(work: Work, ticket_id: int) -> Row:
    row = await work.one("UPDATE tickets SET version = version + 1 WHERE id = ? RETURNING *", ticket_id)
    if row is None:
        raise errors.NotFound("That ticket is gone. Nothing was done.")
    return row


async def _restore(work: Work, row: Row, sets: Mapping[str, Any]) -> None:
    """Set columns to what they were, if they are what the act has made of them. Raises Conflict."""
    for name, (_, now) in sets.items():
        held = list(rows.json(row[name]) or []) if name == "tags" else row[name]
        if name == "snoozed_until":
            held, now = rows.maybe_instant(held), changes.typed(name, now)
        elif name in changes.TIMES:
            continue
        if held != now:
            raise _changed(name.removesuffix("_id"))
    restored = {name: changes.typed(name, was) for name, (was, _) in sets.items()}
    await work.update(Ticket, [{"id": row["id"], **restored, "updated_at": work.now}])


def _changed(what: str) -> errors.Conflict:
    return errors.Conflict("Somebody has changed it since ({what}). Nothing was done.", code="changed", what=what)
