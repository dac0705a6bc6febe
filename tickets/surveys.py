"""Ratings of closed tickets: asked once a ticket, answered once; every further answer is kept and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from channels import outbox
from crmcore.access import Scope
from kernel import ids, rows, sentences
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import happenings, numbers
from tickets.askable import ANSWERED, IDLE, WAITS
from tickets.reports.shares import LOWEST
from tickets.survey_models import Survey, SurveyAnswer
from tickets.visible import seen_by

SCORES = (1, 2, 3, 4, 5)
OPEN_FOR = timedelta(days=7)  # after the question; what comes later is kept and does not count
APART = timedelta(hours=24)  # between two questions to one person
KEPT = 20  # answers to one question that are kept: a button can be pressed for ever
COMMENT_LIMIT = 2000
RECENT = timedelta(days=30)


class Asked(Struct, frozen=True):
    """A question that was put. `is_closed`: its ticket is, still or again."""

    id: int
    ticket_id: int
    number: int
    language: str
    message_id: int
    account: str
    address: str
    asked_at: datetime
    score: int | None
    is_closed: bool


class Rated(Struct, frozen=True):
    """A rating as colleagues read it."""

    ticket: str
    subject: str
    score: int
    comment: str
    at: datetime


class Ratings(Struct, frozen=True):
    """Those of the last 30 days: how many, their mean, and the newest of them."""

    count: int
    mean: float
    newest: Sequence[Rated]


_ASKABLE = (
    f" AND {ANSWERED} AND NOT EXISTS (SELECT 1 FROM surveys AS s WHERE s.ticket_id = t.id)"
    " AND NOT EXISTS (SELECT 1 FROM surveys AS s JOIN tickets AS o ON o.id = s.ticket_id"
    " WHERE o.contact_id = t.contact_id AND s.asked_at > ?)"
)


async def foreseen(reader: Reader, ticket_ids: Sequence[int]) -> int:
    """How many customers might be asked if these tickets were closed now."""
    row = await reader.one(
        "SELECT count(DISTINCT t.contact_id) AS n FROM tickets AS t"
        f" WHERE t.id IN ({rows.marks(ticket_ids)}){_ASKABLE}",
        *ticket_ids,
        reader.now - APART,
    )
    return int(row["n"]) if row else 0


async def due(work: Work, ticket_ids: Sequence[int]) -> set[int]:
    """Of tickets that were just closed those whose customer may be asked.

    A person has answered him, nobody has asked him about this ticket, nor about any within a day, and nothing else
    that we have asked him waits.
    """
    if not ticket_ids:
        return set()
    found = await work.fetch(
        "SELECT t.id FROM tickets AS t WHERE t.state IN ('closed', 'solved')"
        f" AND t.id IN ({rows.marks(ticket_ids)}){_ASKABLE} AND {IDLE}",
        *ticket_ids,
        work.now - APART,
        work.now - WAITS,
        work.now - WAITS,
    )
    return {row["id"] for row in found}


async def asked(work: Work, ticket_id: int, message_id: int, account: str, address: str) -> bool:
    """Note the question; False if somebody else has asked it meanwhile."""
    new = {
        "id": ids.new(),
        "ticket_id": ticket_id,
        "message_id": message_id,
        "account": account,
        "address": address,
        "asked_at": work.now,
    }
    return bool(await work.insert(Survey, [new], conflict="ON CONFLICT (ticket_id) DO NOTHING", returning="id"))


async def withdraw(work: Work, ticket_ids: Sequence[int]) -> None:
    """These tickets are open again: a question that has not left was never asked."""
    if not ticket_ids:
        return
    found = await work.fetch(
        "SELECT s.id, s.message_id FROM surveys AS s JOIN messages AS m ON m.id = s.message_id"
        f" WHERE m.state = 'queued' AND s.score IS NULL AND s.ticket_id IN ({rows.marks(ticket_ids)})",
        *ticket_ids,
    )
    for row in found:
        if await outbox.cancel(work, row["message_id"]):
            await work.change("DELETE FROM survey_answers WHERE survey_id = ?", row["id"])
            await work.change("DELETE FROM surveys WHERE id = ?", row["id"])


async def by_message(reader: Reader, message_id: int) -> Asked | None:
    """The question that this message of ours put."""
    return await _one(reader, "s.message_id = ?", message_id)


async def by_number(reader: Reader, number: int) -> Asked | None:
    """The question about that ticket."""
    return await _one(reader, "t.number = ?", number)


async def waiting(reader: Reader, account: str, address: str) -> Asked | None:
    """The question that a bare digit from there answers: the newest, while nothing of his is open there."""
    return await _one(
        reader,
        "s.account = ? AND s.address = ? AND s.asked_at > ? AND NOT EXISTS (SELECT 1 FROM tickets AS o"
        " WHERE o.contact_id = t.contact_id AND o.state NOT IN ('closed', 'solved'))",
        account,
        address,
        reader.now - OPEN_FOR,
    )


async def answer(work: Work, one: Asked, score: int, *, source_id: int | None = None, comment: str = "") -> bool:
    """Take an answer; True if it counts: the first, in time. The ticket tells of it."""
    changed = 0
    if work.now - one.asked_at <= OPEN_FOR:
        changed = await work.change(
            "UPDATE surveys SET score = ?, comment = ?, answered_at = ? WHERE id = ? AND score IS NULL",
            score,
            comment.strip()[:COMMENT_LIMIT] or None,
            work.now,
            one.id,
        )
    row = await work.one("SELECT count(*) AS n FROM survey_answers WHERE survey_id = ?", one.id)
    if row is None or row["n"] < KEPT:
        kept = {
            "id": ids.new(),
            "survey_id": one.id,
            "at": work.now,
            "score": score,
            "counted": changed == 1,
            "source_id": source_id,
        }
        await work.insert(SurveyAnswer, [kept])
    if changed:
        words = comment.strip()[:COMMENT_LIMIT]
        text = "rated {score} of {most}: {words}" if words else "rated {score} of {most}"
        said = sentences.line(text, score=score, most=SCORES[-1], words=words)
        await happenings.told(work, one.ticket_id, said)
    return changed == 1


async def of_contact(reader: Reader, contact_id: int, scope: Scope, *, limit: int = 5) -> list[Rated]:
    """A customer's newest ratings, as far as the scope goes."""
    where, values = seen_by(scope)
    return await _rated(reader, f"t.contact_id = ? AND {where}", (contact_id, *values), limit)


async def lately(reader: Reader, scope: Scope, *, limit: int = 10) -> Ratings:
    """What the last 30 days brought, as far as the scope goes."""
    where, values = seen_by(scope)
    since = reader.now - RECENT
    row = await reader.one(
        "SELECT count(*) AS n, coalesce(sum(s.score), 0) AS total FROM surveys AS s JOIN tickets AS t"
        f" ON t.id = s.ticket_id WHERE s.answered_at > ? AND {where}",
        since,
        *values,
    )
    count, total = (int(row["n"]), int(row["total"])) if row else (0, 0)
    newest = await _rated(reader, f"s.answered_at > ? AND {where}", (since, *values), limit)
    return Ratings(count, total / count if count else 0.0, newest)


async def low(reader: Reader, scope: Scope, since: datetime, *, limit: int) -> tuple[list[Rated], int]:
    """Ratings of 1 and 2 that came after `since`, the newest first, and how many; as far as the scope goes."""
    where, values = seen_by(scope)
    given = (since, LOWEST, *values)
    row = await reader.one(
        "SELECT count(*) AS n FROM surveys AS s JOIN tickets AS t ON t.id = s.ticket_id"
        f" WHERE s.score IS NOT NULL AND s.answered_at > ? AND s.score <= ? AND {where}",
        *given,
    )
    found = await _rated(reader, f"s.answered_at > ? AND s.score <= ? AND {where}", given, limit)
    return found, int(row["n"]) if row else 0


async def _rated(reader: Reader, where: str, values: Collection[object], limit: int) -> list[Rated]:
    found = await reader.fetch(
        "SELECT t.number, t.subject, s.score, s.comment, s.answered_at FROM surveys AS s JOIN tickets AS t"
        f" ON t.id = s.ticket_id WHERE s.score IS NOT NULL AND {where} ORDER BY s.answered_at DESC, s.id DESC LIMIT ?",
        *values,
        limit,
    )
    return [
        Rated(
            numbers.written(row["number"]),
            row["subject"],
            int(row["score"]),
            row["comment"] or "",
            rows.instant(row["answered_at"]),
        )
        for row in found
    ]


async def _one(reader: Reader, where: str, *values: object) -> Asked | None:
    row = await reader.one(
        "SELECT s.*, t.number, t.state, c.language FROM surveys AS s JOIN tickets AS t ON t.id = s.ticket_id"
        f" JOIN contacts AS c ON c.id = t.contact_id WHERE {where} ORDER BY s.id DESC LIMIT 1",
        *values,
    )
    return _asked(row) if row else None


def _asked(row: Row) -> Asked:
    return Asked(
        row["id"],
        row["ticket_id"],
        row["number"],
        row["language"],
        row["message_id"],
        row["account"],
        row["address"],
        rows.instant(row["asked_at"]),
        row["score"],
        row["state"] in ("closed", "solved"),
    )
