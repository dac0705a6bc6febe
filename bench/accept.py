"""Accepting a webhook (signature, check, one commit) against the bare server, intake paused."""

from __future__ import annotations

from statistics import median

from bench import wrk
from bench.children import Child
from bench.figures import Figure, tell
from bench.ground import Ground, constant, ground, stand
from bench.posts import write
from bench.wrk import Run

SECONDS = 2
ROUNDS = 5
POSTS_A_SECOND = 14_000  # more than one core accepts, so that no id comes twice
PEOPLE = 2_000
CPU_GOAL_US = 140
GOALS = {32: 0.30, 128: 0.45}


def measure() -> list[Figure]:
    figures = []
    with ground() as found:
        found.furnish()
        with constant(found.folder) as bare, stand(found, "--paused") as hub:
            _pair(found, bare, hub, connections=32, seconds=1)  # warm
            for connections, goal in GOALS.items():
                pairs = [_pair(found, bare, hub, connections=connections, seconds=SECONDS) for _ in range(ROUNDS)]
                figures += _figures(connections, goal, pairs)
    return figures


def _pair(found: Ground, bare: Child, hub: Child, *, connections: int, seconds: int) -> tuple[Run, Run]:
    """The hub and then the bare server under the same posts."""
    posts = found.folder / "posts"
    write(posts, found.signer, count=POSTS_A_SECOND * seconds, people=PEOPLE)
    ours = wrk.load(hub, posts, connections=connections, seconds=seconds)
    theirs = wrk.load(bare, posts, connections=connections, seconds=seconds)
    tell(f"accept, {connections} connections: hub {ours.rate:,.0f}/s, constant {theirs.rate:,.0f}/s")
    return ours, theirs


def _figures(connections: int, goal: float, pairs: list[tuple[Run, Run]]) -> list[Figure]:
    at = f"{connections} connections"
    ours, theirs = [one for one, _ in pairs], [one for _, one in pairs]
    note = f"hub {median(one.rate for one in ours):,.0f}/s, constant {median(one.rate for one in theirs):,.0f}/s"
    slower = median(one.p99_ms for one in ours) / median(one.p99_ms for one in theirs)
    return [
        Figure("accept", f"rate / constant, {at}", median(a.rate / b.rate for a, b in pairs), "x", goal, note=note),
        Figure("accept", f"CPU a post, {at}", median(one.cpu_us for one in ours), "us", CPU_GOAL_US, at_most=True),
        Figure("accept", f"CPU a post of the constant, {at}", median(one.cpu_us for one in theirs), "us"),
        Figure("accept", f"p99 / p99 of constant, {at}", slower, "x"),
    ]
