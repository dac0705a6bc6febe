"""Notices queued, a few people at a time, and sent another way when one fails.

A message and its line in the ledger are written together, with the place up to which the revision is worked off. So a
hub that dies goes on where it was, and nobody is told twice: the ledger's unique key is the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from channels import outbox
from channels.leases import TOO_LATE
from channels.lines import Line
from channels.outbox import BULK, Draft, Ref
from crmcore import audience, ledger, notice_plan, notice_texts, timeline
from crmcore.audience import Consent, Recipient, opted_out
from crmcore.ledger import Outage, Revision
from crmcore.models.stations import Notice
from crmcore.notice_plan import LeftOut, Way
from crmcore.notice_texts import Facts
from kernel import ids, rows
from kernel.unit import Work

PAGE = 260  # people read at once, for several units
BATCH = 65  # people a unit: a message, a line of the ledger and one of history each, 200 rows at most
HOLD = timedelta(seconds=5)  # a notice to many is queued whole before it begins to leave: live messages come first
STALE, SHORTEST = timedelta(hours=24), timedelta(minutes=15)


class Telling(Struct, frozen=True):
    """What telling some people writes, made before their unit begins: nobody waits for the writer meanwhile."""

    recipients: Sequence[Recipient]
    drafts: Sequence[Draft]
    lines: Sequence[rows.Row]
    history: Sequence[timeline.Line]


def prepare(
    outage: Outage,
    revision: Revision,
    recipients: Sequence[Recipient],
    lines: Sequence[Line],
    now: datetime,
    *,
    hold: timedelta = timedelta(),
) -> Telling:
    """Messages, lines of the ledger and of history for up to BATCH recipients. Pure.

    `hold`: how long the messages stay in the outbox at least.
    """
    ways = notice_plan.plan(recipients, lines, revision.change)
    return _telling(outage, revision.number, notice_texts.facts(outage, revision), ways, now, recipients, hold)


async def enqueue(
    work: Work, outage: Outage, revision: Revision, telling: Telling, lines: Sequence[Line], *, is_last: bool
) -> bool:
    """Tell the recipients of `telling`, read just before; False if another hub has done so meanwhile."""
    recipients = telling.recipients
    told, left_out = len(telling.drafts), len(telling.lines) - len(telling.drafts)
    won = await work.change(
        "UPDATE outage_revisions SET cursor = ?, state = ?, told = told + ?, left_out = left_out + ?"
        " WHERE id = ? AND state = 'sending' AND cursor = ?",
        recipients[-1].contact_id if recipients else revision.cursor,
        "sent" if is_last else "sending",
        told,
        left_out,
        revision.id,
        revision.cursor,
    )
    if not won:
        return False
    if any(one.unsent for one in recipients):
        overtaken = [await _overtake(work, one) for one in recipients]
        telling = prepare(outage, revision, overtaken, lines, work.now)
        more = len(telling.drafts) - told
        await work.change(
            "UPDATE outage_revisions SET told = told + ?, left_out = left_out - ? WHERE id = ?", more, more, revision.id
        )
    await _tell(work, telling)
    return True


async def fall_back(work: Work, message_ids: Sequence[int], lines: Sequence[Line], consent: Consent = opted_out) -> int:
    """Notices that failed for good go by the next way their people have, unless a later revision is out.

    Returns how many found one.
    """
    found = await work.fetch(
        "SELECT n.outage_id, n.revision, n.contact_id, n.why, c.name, c.language, s.company, s.zone, s.prefers"
        " FROM notices AS n JOIN contacts AS c ON c.id = n.contact_id JOIN messages AS m ON m.id = n.message_id"
        " JOIN outages AS o ON o.id = n.outage_id AND o.revision = n.revision"
        " LEFT JOIN subscribers AS s ON s.contact_id = n.contact_id"
        f" WHERE n.message_id IN ({rows.marks(message_ids)}) AND COALESCE(m.reason, '') NOT LIKE ?",
        *message_ids,
        f"{TOO_LATE}%",
    )
    addresses = await audience.of_contacts(work, [row["contact_id"] for row in found], consent=consent)
    count = 0
    for row in found:
        recipient = audience.recipient(row, addresses.get(row["contact_id"], ()), why=row["why"])
        way = notice_plan.choose(recipient, lines, tried=await _tried(work, row))
        if isinstance(way, Way):
            outage = await ledger.by_id(work, row["outage_id"])
            said = next(one for one in await ledger.revisions(work, outage.id) if one.is_out(row["revision"]))
            facts = notice_texts.facts(outage, said)
            count += await _tell(work, _telling(outage, said.number, facts, [way], work.now))
    return count


async def _overtake(work: Work, recipient: Recipient) -> Recipient:
    """What of earlier revisions has not left must not leave any more; one that is just leaving counts as told."""
    if not recipient.unsent:
        return recipient
    taken = [message_id for message_id in recipient.unsent if await outbox.cancel(work, message_id)]
    if taken:
        await work.change(f"UPDATE notices SET state = 'overtaken' WHERE message_id IN ({rows.marks(taken)})", *taken)
    return replace(recipient, was_told=recipient.was_told or len(taken) < len(recipient.unsent))


def _telling(
    outage: Outage,
    number: int,
    said: Facts,
    ways: Sequence[Way | LeftOut],
    now: datetime,
    recipients: Sequence[Recipient] = (),
    hold: timedelta = timedelta(),
) -> Telling:
    drafts, lines, history = [], [], []
    for way in ways:
        if isinstance(way, LeftOut):
            lines.append(_line(outage, number, way, None, now))
            continue
        subject, text = notice_texts.written(said, way.language, way.recipient.zone, may_stop=way.may_stop)
        draft = _draft(way, outage, subject, text, hold=hold, stale_after=_useful(said, now))
        drafts.append(draft)
        lines.append(_line(outage, number, way, draft, now))
        history.append(
            timeline.Line(way.recipient.contact_id, audience.PURPOSE, way.line.channel, draft.id, "outage", outage.id)
        )
    return Telling(recipients, drafts, lines, history)


async def _tell(work: Work, telling: Telling) -> int:
    """Write it. Returns how many are told."""
    await outbox.enqueue(work, telling.drafts)
    await work.insert(Notice, telling.lines)
    await timeline.add(work, telling.history)
    return len(telling.drafts)


def _draft(way: Way, outage: Outage, subject: str, text: str, *, hold: timedelta, stale_after: timedelta) -> Draft:
    return Draft(
        channel=way.line.channel,
        account=way.line.account,
        address=way.address,
        purpose=audience.PURPOSE,
        text=text,
        subject=subject,
        ref=Ref("outage", outage.id),
        priority=BULK,
        hold=hold,
        stale_after=stale_after,
    )


def _useful(said: Facts, now: datetime) -> timedelta:
    """How long a notice is worth sending: what begins is no news once it is over. Pure."""
    if said.ends_at is None or said.ends_at <= now:
        return STALE
    return max(SHORTEST, min(STALE, said.ends_at - now))


def _line(outage: Outage, number: int, way: Way | LeftOut, draft: Draft | None, now: datetime) -> rows.Row:
    shared = {
        "id": ids.new(),
        "outage_id": outage.id,
        "revision": number,
        "contact_id": way.recipient.contact_id,
        "why": way.recipient.why,
        "language": notice_plan.language(way.recipient),
        "message_id": draft.id if draft else None,
        "created_at": now,
    }
    if isinstance(way, LeftOut):
        return shared | {"channel": "", "scheme": "", "address": "", "state": "left_out", "reason": way.reason}
    where = {"channel": way.line.channel, "scheme": way.address.scheme, "address": way.address.value}
    return shared | where | {"state": "queued", "reason": ""}


async def _tried(work: Work, row: rows.Row) -> set[str]:
    found = await work.fetch(
        "SELECT scheme FROM notices WHERE outage_id = ? AND revision = ? AND contact_id = ?",
        row["outage_id"],
        row["revision"],
        row["contact_id"],
    )
    return {one["scheme"] for one in found}
