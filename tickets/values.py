"""What the fields of a ticket's kind hold: read, set and looked up."""

from __future__ import annotations

from collections.abc import Sequence

from crmcore import codes
from crmcore.access import Actor
from kernel import errors, ids, rows, sentences
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.unit import Reader, Work
from tickets import changes, entries, kinds
from tickets.case_models import TicketField
from tickets.events import Change, TicketChanged
from tickets.kinds import Field, Kind, Type
from tickets.models import AuthorKind
from tickets.visible import TicketView


async def of(reader: Reader, ticket_id: int) -> dict[str, str]:
    """field → what it holds; those of a former kind too."""
    found = await reader.fetch("SELECT name, value FROM ticket_fields WHERE ticket_id = ?", ticket_id)
    return {row["name"]: row["value"] for row in found}


async def of_tickets(reader: Reader, ticket_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The same of several tickets; those without any are left out."""
    if not ticket_ids:
        return {}
    found = await reader.fetch(
        f"SELECT ticket_id, name, value FROM ticket_fields WHERE ticket_id IN ({rows.marks(ticket_ids)}) ORDER BY name",
        *ticket_ids,
    )
    held: dict[int, dict[str, str]] = {}
    for row in found:
        held.setdefault(row["ticket_id"], {})[row["name"]] = row["value"]
    return held


async def put(
    work: Work,
    actor: Actor,
    ticket: TicketView,
    kind: Kind,
    given: dict[str, str],
    *,
    author: AuthorKind = AuthorKind.STAFF,
) -> list[str]:
    """Set fields (name → as written; "" empties one); returns the names of those that changed.

    `author` says what the actor is: a customer can answer for himself.

    Raises Invalid with a problem for every field that is wrong; nothing is set then.
    """
    await work.change("UPDATE tickets SET version = version WHERE id = ?", ticket.id)
    before = await of(work, ticket.id)
    wanted: dict[str, str] = {}
    wrong: list[Problem] = []
    for name, written in given.items():
        try:
            wanted[name] = await _known(work, kind.field(name), written)
        except errors.Invalid as error:
            wrong += error.problems
    if wrong:
        raise errors.Invalid("Nothing was done", problems=tuple(wrong))
    changed = {name: value for name, value in wanted.items() if value != before.get(name, "")}
    if not changed:
        return []
    for name, value in changed.items():
        await write(work, ticket.id, name, value)
    await work.change("UPDATE tickets SET version = version + 1, updated_at = ? WHERE id = ?", work.now, ticket.id)
    told = ", ".join(f"{name}: {value or '–'}" for name, value in changed.items())
    said = sentences.line("{name} set {fields}", name=actor.name, fields=told)
    inverse = {"fields": {name: [before.get(name, ""), value] for name, value in changed.items()}}
    await changes.note(work, actor, ticket.id, "set", said, inverse=inverse)
    await entries.happened(work, [ticket.id], said, by=actor, author=author)
    work.say(TicketChanged(ticket.id, Change.EDITED, actor.id or None, actor.name))
    return list(changed)


async def write(work: Work, ticket_id: int, name: str, value: str) -> None:
    """One field as it is kept; "" empties it."""
    if not value:
        await work.change("DELETE FROM ticket_fields WHERE ticket_id = ? AND name = ?", ticket_id, name)
        return
    row = {"id": ids.new(), "ticket_id": ticket_id, "name": name, "value": value, "changed_at": work.now}
    await work.insert(
        TicketField,
        [row],
        conflict="ON CONFLICT (ticket_id, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
    )


async def _known(reader: Reader, one: Field, written: str) -> str:
    """As it is kept: words of codebooks and stations looked up. Raises Invalid."""
    value = kinds.read(one, written)
    if not value:
        return ""
    if one.type is Type.CODEBOOK:
        return await codes.needed(reader, one.book, value, on=reader.now.date(), what=one.name)
    if one.type is Type.STATION:
        row = await reader.one("SELECT code FROM stations WHERE code = ?", value)
        if row is None:
            expected = Phrase("the code of a station; {command} lists all", command="`centrala stations list`")
            raise errors.Invalid("Nothing was done", problems=(Problem(one.name, expected, value[:40]),))
    return value
