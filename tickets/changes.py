"""What happened to a ticket: each act with its actor, how he was proved, and its inverse, kept beside the entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from crmcore.access import Actor
from kernel import ids, rows, sentences
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets.case_models import TicketChange

WITHIN = timedelta(minutes=15)  # an act can be taken back
SAID_LIMIT = 500
WATCHED = frozenset({"state", "own_state", "queue", "assignee_id"})  # what those who watch hear of
Inverse = Mapping[str, Any]
TIMES = frozenset({"closed_at", "answered_at", "snoozed_until"})


class Done(Struct, frozen=True):
    """An act as it is read. `said`: a line; `may_undo`: it has an inverse, its time is not over, and it stands."""

    id: int
    ticket_id: int
    other_id: int | None
    at: datetime
    verb: str
    actor_id: int
    actor: str
    proof: str
    said: str
    inverse: Inverse = field(default_factory=dict)
    undone_at: datetime | None = None

    def may_undo(self, now: datetime) -> bool:
        return bool(self.inverse) and self.undone_at is None and now - self.at <= WITHIN


def column(**changed: tuple[object, object]) -> dict[str, Any]:
    """The inverse of columns set: name → (was, is), as JSON keeps them. What did not change is left out. Pure."""
    return {"sets": {name: [_plain(was), _plain(now)] for name, (was, now) in changed.items() if was != now}}


async def note(
    work: Work,
    actor: Actor,
    ticket_id: int,
    verb: str,
    said: str,
    *,
    inverse: Inverse | None = None,
    other_id: int | None = None,
) -> int:
    """Write the act down; returns its id. `inverse` None: nothing takes it back."""
    row: Row = {
        "id": ids.new(),
        "ticket_id": ticket_id,
        "other_id": other_id,
        "at": work.now,
        "verb": verb,
        "actor_id": actor.id,
        "actor": actor.name,
        "proof": actor.proof,
        "said": said[:SAID_LIMIT],
        "words": sentences.kept(said),
        "inverse": dict(inverse) if inverse else None,
    }
    await work.insert(TicketChange, [row])
    return int(row["id"])


async def of(reader: Reader, ticket_id: int, *, limit: int = 50) -> list[Done]:
    """The newest acts on a ticket first, with those on another that touched it. The caller has seen it."""
    found = await reader.fetch(
        "SELECT * FROM ticket_changes WHERE ticket_id = ? OR other_id = ? ORDER BY id DESC LIMIT ?",
        ticket_id,
        ticket_id,
        limit,
    )
    return [_done(row) for row in found]


async def by_id(reader: Reader, change_id: int) -> Done | None:
    row = await reader.one("SELECT * FROM ticket_changes WHERE id = ?", change_id)
    return _done(row) if row else None


async def last(reader: Reader, actor_id: int, *, ticket_id: int | None = None) -> Done | None:
    """The actor's newest act that can be taken back (on that ticket)."""
    about = "" if ticket_id is None else " AND (ticket_id = ? OR other_id = ?)"
    row = await reader.one(
        "SELECT * FROM ticket_changes WHERE actor_id = ? AND undone_at IS NULL AND inverse IS NOT NULL AND at >= ?"
        f"{about} ORDER BY id DESC LIMIT 1",
        actor_id,
        reader.now - WITHIN,
        *(() if ticket_id is None else (ticket_id, ticket_id)),
    )
    return _done(row) if row else None


def typed(name: str, kept: Any) -> Any:
    """A column's value out of an inverse, as the store takes it. Pure."""
    return datetime.fromisoformat(kept) if name in TIMES and kept is not None else kept


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _done(row: Row) -> Done:
    return Done(
        id=row["id"],
        ticket_id=row["ticket_id"],
        other_id=row["other_id"],
        at=rows.instant(row["at"]),
        verb=row["verb"],
        actor_id=row["actor_id"],
        actor=row["actor"],
        proof=row["proof"],
        said=sentences.again(row["said"], rows.json(row["words"])),
        inverse=rows.json(row["inverse"]) or {},
        undone_at=rows.maybe_instant(row["undone_at"]),
    )
