"""Phone calls as colleagues write them down, and the history of a company that they are part of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from crmcore import audit, timeline
from crmcore.access import Actor
from crmcore.company_events import CallNoted
from crmcore.models.companies import CallNote
from kernel import errors, ids, rows
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.rows import Row
from kernel.unit import Reader, Work

TEXT_LIMIT = 20_000
LONGEST_MIN = 24 * 60


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Said(Struct, frozen=True):
    """What was said. With a company, a person, or a person at a company; `minutes` None while unknown."""

    text: str
    company_id: int | None = None
    contact_id: int | None = None
    direction: Direction = Direction.OUT
    minutes: int | None = None
    at: datetime | None = None


class Past(Struct, frozen=True):
    """A line of a company's history: a call, or a change of its fields. `who` is "" for an operator."""

    at: datetime
    kind: str
    who: str
    text: str


async def note(work: Work, actor: Actor | None, said: Said) -> int:
    """Write a call down. Raises Invalid for one without words, or with nobody."""
    text, by = said.text.strip(), actor.id if actor else None
    problems = []
    if not 0 < len(text) <= TEXT_LIMIT:
        problems.append(Problem("text", Phrase("what was said, in 1 to {limit} characters", limit=f"{TEXT_LIMIT:,}")))
    if said.company_id is None and said.contact_id is None:
        problems.append(Problem("with", "a company or a contact"))
    if said.minutes is not None and not 0 <= said.minutes <= LONGEST_MIN:
        problems.append(Problem("minutes", Phrase("0 to {most}", most=LONGEST_MIN), str(said.minutes)))
    if problems:
        raise errors.Invalid("Nothing was written.", problems=tuple(problems))
    call_id, at = ids.new(), said.at or work.now
    new = {
        "id": call_id,
        "company_id": said.company_id,
        "contact_id": said.contact_id,
        "direction": said.direction.value,
        "minutes": said.minutes,
        "text": text,
        "at": at,
        "by_id": by,
        "created_at": work.now,
    }
    await work.insert(CallNote, [new])
    if said.contact_id is not None:
        # words said about a company stay behind its wall; the person's own history only says that there was a call
        words = text if said.company_id is None else None
        line = timeline.Line(said.contact_id, "call", ref_kind="call", ref_id=call_id, text=words)
        await timeline.add(work, [line])
    work.say(CallNoted(call_id, said.company_id, said.contact_id, by))
    return call_id


class CallView(Struct, frozen=True):
    """A call as it is read. `who` wrote it down, "" for an operator; `contact` "" where it was with nobody by name."""

    at: datetime
    direction: str
    minutes: int | None
    who: str
    contact: str
    contact_id: int | None
    text: str


async def of_company(reader: Reader, company_id: int, *, limit: int = 50) -> list[CallView]:
    """The newest calls with a company. The caller has seen the company through a scope."""
    found = await reader.fetch(
        "SELECT n.*, s.name AS staff, c.name AS contact FROM call_notes AS n LEFT JOIN staff AS s ON s.id = n.by_id"
        " LEFT JOIN contacts AS c ON c.id = n.contact_id WHERE n.company_id = ? ORDER BY n.at DESC, n.id DESC LIMIT ?",
        company_id,
        limit,
    )
    return [
        CallView(
            rows.instant(row["at"]),
            row["direction"],
            row["minutes"],
            row["staff"] or "",
            row["contact"] or "",
            row["contact_id"],
            row["text"],
        )
        for row in found
    ]


async def history(reader: Reader, company_id: int, *, limit: int = 20) -> list[Past]:
    """Calls with the company and changes of it, newest first. The caller has seen the company through a scope."""
    calls = await reader.fetch(
        "SELECT n.*, s.name AS staff, c.name AS contact FROM call_notes AS n LEFT JOIN staff AS s ON s.id = n.by_id"
        " LEFT JOIN contacts AS c ON c.id = n.contact_id WHERE n.company_id = ? ORDER BY n.at DESC, n.id DESC LIMIT ?",
        company_id,
        limit,
    )
    changes = await audit.of(reader, "company", company_id, limit=limit)
    lines = [_call(row) for row in calls]
    lines += [
        Past(one.at, "change", one.by, f"{one.field}: {one.before or '–'} → {one.after or '–'}") for one in changes
    ]
    return sorted(lines, key=lambda one: one.at, reverse=True)[:limit]


def _call(row: Row) -> Past:
    way = "called us" if row["direction"] == Direction.IN else "was called"
    whom = f"{row['contact']} {way}" if row["contact"] else f"call {row['direction']}"
    minutes = f", {row['minutes']} min" if row["minutes"] is not None else ""
    return Past(rows.instant(row["at"]), "call", row["staff"] or "", f"{whom}{minutes}: {row['text']}")
