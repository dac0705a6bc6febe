"""Taking mail in through the hub's own listener, 250 after the commit, against aiosmtpd that keeps nothing."""

from __future__ import annotations

from statistics import median

from bench import letters, mailing
from bench.children import Broken, Child
from bench.figures import Figure, tell
from bench.ground import Ground, ground, server, stand
from bench.mailing import Run
from tests.support.ports import free_port

CONNECTIONS = 32
SECONDS = 1.0
ROUNDS = 5
GOAL = 0.8


def measure() -> list[Figure]:
    figures = []
    with ground() as found, server(["-m", "bench.noop"], found.folder / "noop.log") as bare:
        port = free_port()
        found.furnish(more=mailing.settings(port))
        with stand(found, "--paused") as hub:
            for a_session in (1, 20):
                _pair(found, bare, hub, port, a_session)  # warm
                figures += _figures(a_session, [_pair(found, bare, hub, port, a_session) for _ in range(ROUNDS)])
    return figures


def _pair(found: Ground, bare: Child, hub: Child, port: int, a_session: int) -> tuple[Run, Run]:
    """The hub and then the bare server under the same mails."""
    before = found.count("SELECT count(*) FROM raw_messages")
    ours = _load(hub, port, a_session)
    stored = found.count("SELECT count(*) FROM raw_messages") - before
    if stored != ours.mails:
        raise Broken(f"{ours.mails} mails got their 250 and {stored} are stored")
    theirs = _load(bare, bare.port, a_session)
    tell(f"smtp, {a_session} a session: hub {ours.rate:,.0f}/s, no-op {theirs.rate:,.0f}/s")
    return ours, theirs


def _load(child: Child, port: int, a_session: int) -> Run:
    return mailing.load(child, port, letters.plain, connections=CONNECTIONS, a_session=a_session, seconds=SECONDS)


def _figures(a_session: int, pairs: list[tuple[Run, Run]]) -> list[Figure]:
    at = f"{a_session} a session"
    ours, theirs = [one for one, _ in pairs], [one for _, one in pairs]
    note = f"hub {median(one.rate for one in ours):,.0f}/s, no-op {median(one.rate for one in theirs):,.0f}/s"
    slower = median(a.p99_ms / b.p99_ms for a, b in pairs)
    return [
        Figure("smtp", f"rate / no-op, {at}", median(a.rate / b.rate for a, b in pairs), "x", GOAL, note=note),
        Figure("smtp", f"CPU a mail, {at}", median(one.cpu_us for one in ours), "us"),
        Figure("smtp", f"CPU a mail of the no-op, {at}", median(one.cpu_us for one in theirs), "us"),
        Figure("smtp", f"p99 / p99 of no-op, {at}", slower, "x"),
    ]
