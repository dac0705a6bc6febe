"""Posts to other systems as rows: written with the step that wants them, leased, tried again, settled once.

A post leaves at least once: what was under way when a hub was killed is sent again, under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from kernel import ids, log, rows, sentences
from kernel.unit import Reader, Work
from routing import steps
from routing.hook_models import HookPost
from routing.steps import StepState
from tickets import entries, numbers
from tickets.models import EntryKind

_log = log.get(__name__)
LOOP = "hooks"
LEASE = timedelta(seconds=60)  # longer than a try may take
PAUSES = tuple(timedelta(seconds=one) for one in (5, 25, 120))  # before the tries after the first
AT_ONCE = 20
_CLAIM = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM hook_posts WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ? {lock})
UPDATE hook_posts SET tries = tries + 1, due_at = ? WHERE id IN (SELECT id FROM chosen)
RETURNING id
"""
_ABOUT = """
SELECT p.id, p.step_id, p.rule, p.hook, p.body, p.tries, p.ticket_id, t.number, COALESCE(a.state, 'open') AS alert
FROM hook_posts AS p JOIN tickets AS t ON t.id = p.ticket_id
LEFT JOIN alert_steps AS s ON s.id = p.step_id LEFT JOIN alerts AS a ON a.id = s.alert_id
WHERE p.id IN ({them}) ORDER BY p.id
"""


class PostState(StrEnum):
    WAITING = "waiting"  # for its first try or another, or one is under way
    SENT = "sent"  # the far side has taken it
    FAILED = "failed"  # it has not, and will not be asked again
    VOID = "void"  # the alert was seen to before it left


class Post(Struct, frozen=True):
    """One that is leased. `step_id` None: a `rule` wanted it. `is_wanted`: its alert still is."""

    id: int
    step_id: int | None
    rule: str
    hook: str
    body: str
    tries: int
    is_wanted: bool
    ticket_id: int
    number: int


class Outcome(Struct, frozen=True):
    """How a try went. `reason`: "" if it was taken, else a phrase, no address. `again`: another try may do better."""

    reason: str = ""
    again: bool = False


def row(
    ticket_id: int, hook: str, body: str, now: datetime, *, step_id: int | None = None, rule: str = ""
) -> dict[str, Any]:
    """A post about a ticket that leaves when its unit has been committed: wanted by a step, or by a rule."""
    return {
        "id": ids.new(),
        "step_id": step_id,
        "ticket_id": ticket_id,
        "rule": rule,
        "hook": hook,
        "body": body,
        "state": PostState.WAITING.value,
        "tries": 0,
        "due_at": now,
        "created_at": now,
        "reason": "",
    }


async def add(work: Work, new: Sequence[dict[str, Any]]) -> None:
    if new:
        await work.insert(HookPost, new)
        work.poke(LOOP)


async def next_due(reader: Reader) -> datetime | None:
    """When the next try is due; None if nothing waits."""
    found = await reader.one("SELECT min(due_at) AS at FROM hook_posts WHERE due_at IS NOT NULL")
    return rows.maybe_instant(found["at"]) if found else None


async def claim(work: Work) -> list[Post]:
    """Lease those that are due; the first of its unit."""
    lock = "FOR UPDATE SKIP LOCKED" if work.is_postgres else ""
    claimed = await work.fetch(_CLAIM.format(lock=lock), work.now, AT_ONCE, work.now + LEASE)
    if not claimed:
        return []
    leased = [one["id"] for one in claimed]
    return [
        Post(
            one["id"],
            one["step_id"],
            one["rule"],
            one["hook"],
            one["body"],
            one["tries"],
            one["alert"] == "open",
            one["ticket_id"],
            one["number"],
        )
        for one in await work.fetch(_ABOUT.format(them=rows.marks(leased)), *leased)
    ]


async def settle(work: Work, tried: Sequence[tuple[Post, Outcome]]) -> None:
    """Write what became of each; where one has failed for good the chain's next step comes at once."""
    for post, outcome in tried:
        if not post.is_wanted:
            await _end(work, post, PostState.VOID, StepState.VOID, "seen to before it left")
        elif not outcome.reason:
            await _end(work, post, PostState.SENT, StepState.SENT, f"webhook {post.hook}")
            _log.info("hook.sent", hook=post.hook, post=post.id, ticket=post.number, tries=post.tries)
        elif outcome.again and post.tries <= len(PAUSES):
            await _again(work, post, outcome)
        else:
            await _give_up(work, post, outcome)


async def _again(work: Work, post: Post, outcome: Outcome) -> None:
    await work.change(
        "UPDATE hook_posts SET due_at = ?, reason = ? WHERE id = ? AND state = 'waiting' AND tries = ?",
        work.now + PAUSES[post.tries - 1],
        str(outcome.reason),
        post.id,
        post.tries,
    )


async def _give_up(work: Work, post: Post, outcome: Outcome) -> None:
    if not await _ended(work, post, PostState.FAILED, str(outcome.reason)):
        return
    if post.step_id is None:
        unsaid = "rule {rule}: webhook {hook} was not told: {why}"
        said = sentences.line(unsaid, rule=post.rule, hook=post.hook, why=outcome.reason)
    else:
        await steps.missed(work, post.step_id, f"webhook {post.hook}: {outcome.reason}")
        text = "escalation told nobody by webhook {hook} ({ticket}): {why}"
        said = sentences.line(text, hook=post.hook, ticket=numbers.written(post.number), why=outcome.reason)
    await entries.noted(work, [(post.ticket_id, EntryKind.EVENT, said)])
    _log.warning("hook.failed", hook=post.hook, post=post.id, ticket=post.number, reason=str(outcome.reason))


async def _end(work: Work, post: Post, state: PostState, step: StepState, told: str) -> None:
    if await _ended(work, post, state, "") and post.step_id is not None:
        await work.change(
            "UPDATE alert_steps SET state = ?, told = ? WHERE id = ? AND state = 'posting'",
            step.value,
            told,
            post.step_id,
        )


async def _ended(work: Work, post: Post, state: PostState, reason: str) -> bool:
    """False if another hub has settled it meanwhile."""
    changed = await work.change(
        "UPDATE hook_posts SET state = ?, reason = ?, settled_at = ?, due_at = NULL WHERE id = ? AND state = 'waiting'",
        state.value,
        reason,
        work.now,
        post.id,
    )
    return changed == 1
