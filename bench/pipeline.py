"""The whole way in (parse, person, ticket, rules, clock, assignment, history) until every message is handled."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from bench import wrk
from bench.children import Broken, Child
from bench.figures import Figure, tell
from bench.ground import QUEUES, Ground, constant, ground, stand
from bench.posts import write

SECONDS = 2
ROUNDS = 5
CONNECTIONS = 32
POSTS_A_SECOND = 6_000
PEOPLE = 5_000
RATE_GOAL = 0.07
CPU_GOAL_MS = 0.45
P99_GOAL = 8
DRAIN_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class _Way:
    """One round: messages a second from the first post to the last one handled, and what they cost."""

    rate: float
    constant: float
    cpu_ms: float
    p99_ms: float
    constant_p99_ms: float


def measure() -> list[Figure]:
    with ground() as found:
        found.furnish(more=QUEUES)
        found.hire()
        with constant(found.folder) as bare, stand(found) as hub:
            _way(found, bare, hub, seconds=1)  # warm
            ways = [_way(found, bare, hub, seconds=SECONDS) for _ in range(ROUNDS)]
        tickets = found.count("SELECT count(*) FROM tickets")
    ratio = median(one.rate / one.constant for one in ways)
    slower = median(one.p99_ms for one in ways) / median(one.constant_p99_ms for one in ways)
    note = f"hub {median(one.rate for one in ways):,.0f}/s, {tickets:,} tickets; aim 0.12"
    cpu_ms = median(one.cpu_ms for one in ways)
    return [
        Figure("pipeline", "handled / constant, 32 connections", ratio, "x", RATE_GOAL, note=note),
        Figure("pipeline", "CPU a message", cpu_ms, "ms", CPU_GOAL_MS, at_most=True),
        Figure("pipeline", "p99 of accepting / p99 of constant", slower, "x", P99_GOAL, at_most=True),
    ]


def _way(found: Ground, bare: Child, hub: Child, *, seconds: int) -> _Way:
    posts = found.folder / "posts"
    write(posts, found.signer, count=POSTS_A_SECOND * seconds, people=PEOPLE)
    before, cpu_s, began_at = _stored(found), hub.cpu_s(), time.monotonic()
    ours = wrk.load(hub, posts, connections=CONNECTIONS, seconds=seconds)
    hub.wait(lambda: not _waiting(found), within_s=DRAIN_WITHIN_S, every_s=0.05)
    took_s, spent_s = time.monotonic() - began_at, hub.cpu_s() - cpu_s
    handled = _stored(found) - before
    if handled < ours.requests:
        raise Broken(f"{ours.requests} posts were acknowledged and {handled} stored: {POSTS_A_SECOND} are too few")
    theirs = wrk.load(bare, posts, connections=CONNECTIONS, seconds=seconds)
    tell(f"pipeline: {handled:,} messages in {took_s:.1f} s, constant {theirs.rate:,.0f}/s")
    return _Way(handled / took_s, theirs.rate, spent_s / handled * 1e3, ours.p99_ms, theirs.p99_ms)


def _waiting(found: Ground) -> int:
    return found.count("SELECT EXISTS (SELECT 1 FROM raw_messages WHERE state = 'waiting')")


def _stored(found: Ground) -> int:
    return found.count("SELECT count(*) FROM raw_messages")
