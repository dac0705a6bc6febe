"""What the sandbox page is told of the hub: the guide's steps, what has happened, when something is due. Read only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from console.sandbox import Happening, Ledger, LedgerLine, Step
from crmcore import ledger
from hub.demo import people as cast
from hub.demo.telegram_phones import DESK
from kernel import rows
from kernel.unit import Reader, Store
from routing import escalation, reminders
from tickets import clocks, snooze, warnings

SHOWN = 40
_FACTS = """
SELECT (SELECT count(*) FROM tickets) AS tickets,
       (SELECT count(*) FROM tickets WHERE assignee_id IS NOT NULL) AS taken,
       (SELECT count(*) FROM messages WHERE purpose = 'reply' AND state IN ('sent', 'delivered')) AS answered,
       (SELECT count(*) FROM messages WHERE purpose = 'reply' AND state IN ('queued', 'leased')) AS answering,
       (SELECT m.external_id FROM messages AS m JOIN tickets AS t ON m.ref_kind = 'ticket' AND t.id = m.ref_id
        WHERE m.purpose = 'copy' AND m.address = ? AND t.scheme = ? AND m.external_id IS NOT NULL
        ORDER BY m.id LIMIT 1) AS words,
       (SELECT count(*) FROM alerts) AS alerts,
       (SELECT count(*) FROM alerts WHERE acked_at IS NOT NULL OR state = 'resolved') AS acked,
       (SELECT count(*) FROM outage_revisions WHERE state IN ('drafted', 'counted')) AS previews,
       (SELECT count(*) FROM outages WHERE state = 'announced') AS standing,
       (SELECT count(*) FROM messages WHERE purpose = 'notice' AND state IN ('sent', 'delivered')) AS told,
       (SELECT count(*) FROM messages WHERE purpose = 'notice' AND state IN ('queued', 'leased')) AS telling
"""
_HAPPENED = """
SELECT e.id, e.at, t.number, e.kind, e.author_kind, e.author, e.text, m.state, t.queue FROM entries AS e
JOIN tickets AS t ON t.id = e.ticket_id LEFT JOIN messages AS m ON m.id = e.message_id
UNION ALL
SELECT a.id, a.created_at, t.number, 'alert', '', COALESCE(s.name, ''), NULL, a.state, t.queue FROM alerts AS a
JOIN tickets AS t ON t.id = a.ticket_id LEFT JOIN staff AS s ON s.id = a.acked_by_id
UNION ALL
SELECT r.id, r.published_at, o.number, 'outage', r.change, CAST(r.number AS TEXT), CAST(r.told AS TEXT), NULL, ''
FROM outage_revisions AS r JOIN outages AS o ON o.id = r.outage_id WHERE r.state = 'sent'
ORDER BY 1 DESC LIMIT ?
"""


class Facts(Struct, frozen=True):
    """How far the story has come."""

    tickets: int = 0
    taken: int = 0
    answered: int = 0
    answering: int = 0
    words: str | None = None  # the first customer's, as posted at the desk: the id of that message
    alerts: int = 0
    acked: int = 0
    previews: int = 0  # that wait for a confirm
    standing: int = 0  # outages
    told: int = 0
    telling: int = 0


class View(Struct, frozen=True):
    """One look at the hub."""

    facts: Facts
    happenings: tuple[Happening, ...]
    next_due: datetime | None
    ledger: Ledger | None = None


async def look(store: Store, labels: Mapping[str, str]) -> View:
    """`labels`: what people call each channel."""
    reader = store.reading()
    row = await reader.one(_FACTS, str(cast.STAFF_CHAT), cast.SCHEME)
    found = await reader.fetch(_HAPPENED, SHOWN)
    upcoming = [await one.next_due(reader) for one in (clocks, warnings, escalation, reminders, snooze)]
    due = [at for at in upcoming if at is not None]
    happened = tuple(_happening(one) for one in found)
    told = await _ledger(reader, labels)
    return View(Facts(**row) if row else Facts(), happened, min(due, default=None), told)


async def _ledger(reader: Reader, labels: Mapping[str, str]) -> Ledger | None:
    """Who was told of the newest outage: what `centrala outages show` prints."""
    outage = next((one for one in await ledger.listed(reader, limit=2) if one.revision), None)
    if outage is None:
        return None
    found, _ = await ledger.lines(reader, outage.id, limit=SHOWN)
    lines = tuple(_line(outage.name, one, labels) for one in found)
    return Ledger(outage.name, f"{outage.codes} · {outage.shown_state(reader.now)}", lines)


def steps(facts: Facts) -> tuple[Step, ...]:
    """The first minute, in six steps. Pure."""
    words = f"reply:{DESK}:{facts.words}" if facts.words and not facts.answering else None
    is_told = facts.told > 0 and not facts.telling
    return (
        Step("Anna has written, in Polish. Press Take on her card at the desk.", facts.taken > 0, "t:tk"),
        Step(
            "Answer her: press Reply under her words at the desk, type, send. It is held for 3 seconds, with Undo.",
            facts.answered > 0,
            words,
        ),
        Step(
            "Ferenc texts in Hungarian and nobody answers. Push the clock to the next due time.",
            facts.alerts > 0,
            "clock:due",
        ),
        Step(
            "Marek's phone rings. Press Ack: it stays quiet, and comes back if nobody answers.", facts.acked > 0, "t:ak"
        ),
        Step(
            "Station 0412 has no power. Press Station 0412 down on Marek's phone: first he sees whom it tells.",
            facts.previews > 0 or facts.told + facts.telling > 0,
            "offer:marek",
        ),
        Step(
            "Press Send: three people read it, on three channels, in three languages. The ledger has who and when.",
            is_told,
            None if facts.telling else "t:oc",
        ),
    )


def _happening(row: rows.Row) -> Happening:
    return Happening(str(row["id"]), rows.instant(row["at"]), _told(row))


def _line(name: str, line: ledger.Line, labels: Mapping[str, str]) -> LedgerLine:
    return LedgerLine(
        revision=f"{name}/{line.revision}",
        contact=f"{line.contact}, {line.company}" if line.company else line.contact,
        channel=labels.get(line.channel, line.channel) or "–",
        language=line.language,
        state=f"{line.state}: {line.reason}" if line.reason else line.state.replace("_", " "),
        at=line.at,
        text=line.text,
    )


def _told(row: rows.Row) -> str:
    """One line of the list. Pure."""
    ticket = f"T{row['number']}"
    if row["kind"] == "alert":
        seen = f", seen by {row['author']}" if row["author"] else ""
        return f"{ticket} is late: alert {row['state']}{seen}"
    if row["kind"] == "outage":
        return f"O-{row['number']}/{row['author']}: {row['author_kind']} → {row['text']} told"
    if row["kind"] == "event":
        return f"{ticket}: {row['text']}"
    if row["kind"] == "note":
        return f"{ticket}: {row['author']} wrote a note"
    if row["author_kind"] == "customer":
        return f"{row['author']} wrote → stored → {ticket} in {row['queue']}"
    return f"{ticket}: {row['author']} answered → {str(row['state']).replace('_', ' ')}"
