"""What understanding a mail costs, and what a mail of 5 MB costs the loop from the listener to its ticket."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime
from statistics import median

from bench import letters, mailing
from bench.children import Child
from bench.figures import Figure, tell
from bench.ground import Ground, ground, stand
from bench.letters import Letter
from channels.contract import Raw
from channels.email import origin, parse
from channels.email.worker import Worker
from tests.support.ports import free_port

ROUNDS = 5
LARGE = 5  # mails of 5 MB, one after another
FLOOD = 100
HANDLED_WITHIN_S = 30.0
SMALL_GOAL_MS, LOOP_GOAL_MS, GAP_GOAL_MS = 0.6, 40, 30


def measure() -> list[Figure]:
    worker = Worker()
    try:
        worker.warm()
        small, middle = (_parsing_ms(letter, worker) for letter in (letters.plain, letters.both))
        aside = median(_understanding_ms(worker) for _ in range(ROUNDS))
    finally:
        worker.stop()
    with ground() as found:
        port = free_port()
        found.furnish(more=mailing.settings(port))
        with stand(found) as hub:
            loop_ms = median(_loop_ms(found, hub, port) for _ in range(LARGE + 1))  # the first also starts the worker
        with stand(found, "--beating") as hub:
            idle_ms = _idle_gap_ms(hub)
            gap_ms = median([_gap_ms(found, hub, port, letters.attached, 1) for _ in range(LARGE + 1)][1:])
            flood_ms = median([_gap_ms(found, hub, port, letters.both, FLOOD) for _ in range(3)])
    idle = f"{idle_ms:.1f} ms with nothing to do"
    return [
        Figure("mail", "CPU of understanding 2 KB", small, "ms", SMALL_GOAL_MS, at_most=True),
        Figure("mail", "CPU of understanding 22 KB, text and HTML", middle, "ms"),
        Figure("mail", "time of understanding 5 MB in the worker", aside, "ms"),
        Figure("mail", "CPU of the loop for 5 MB", loop_ms, "ms", LOOP_GOAL_MS, at_most=True),
        Figure("mail", "largest loop gap with 5 MB", gap_ms, "ms", GAP_GOAL_MS, at_most=True, note=idle),
        Figure("mail", f"largest loop gap with {FLOOD} of 22 KB", flood_ms, "ms", GAP_GOAL_MS, at_most=True, note=idle),
    ]


def _parsing_ms(letter: Letter, worker: Worker) -> float:
    """CPU a mail, the best of some rounds."""
    house, raws = parse.House(frozenset({letters.ADDRESS})), [_raw(letter()) for _ in range(50)]
    best_s = float("inf")
    for _ in range(ROUNDS + 1):
        began_s = time.thread_time()
        for raw in raws:
            parse.parse(raw, house, worker.understand)
        best_s = min(best_s, time.thread_time() - began_s)
    return best_s / len(raws) * 1e3


def _understanding_ms(worker: Worker) -> float:
    raw, began_at = _raw(letters.attached()), time.perf_counter()
    parse.parse(raw, parse.House(), worker.understand)
    return (time.perf_counter() - began_at) * 1e3


def _raw(mime: bytes) -> Raw:
    body = origin.sealed(mime, to=[letters.ADDRESS], via="smtp", history=False)
    return Raw("email", f"email:{letters.ADDRESS}", "1", "eszter@customers.example", body, datetime.now(UTC))


def _loop_ms(found: Ground, hub: Child, port: int) -> float:
    before_s = hub.loop_cpu_s()
    _handle(found, hub, port, letters.attached, 1)
    spent_ms = (hub.loop_cpu_s() - before_s) * 1e3
    tell(f"mail, 5 MB: {spent_ms:.1f} ms of the loop")
    return spent_ms


def _idle_gap_ms(hub: Child) -> float:
    """What the machine alone does to the loop: other processes take their turns too."""
    hub.tell(signal.SIGUSR1, "gap")
    time.sleep(1.0)
    return float(hub.tell(signal.SIGUSR1, "gap")) * 1e3


def _gap_ms(found: Ground, hub: Child, port: int, letter: Letter, count: int) -> float:
    hub.tell(signal.SIGUSR1, "gap")
    _handle(found, hub, port, letter, count)
    gap_ms = float(hub.tell(signal.SIGUSR1, "gap")) * 1e3
    tell(f"mail, {count} of {len(letter()) / 1000:,.0f} KB: largest gap {gap_ms:.1f} ms")
    return gap_ms


def _handle(found: Ground, hub: Child, port: int, letter: Letter, count: int) -> None:
    """Mails at once, until all have their place in a ticket."""
    wanted = found.count("SELECT count(*) FROM entries") + count
    mailing.send(hub, port, letter, count=count)
    hub.wait(lambda: found.count("SELECT count(*) FROM entries") >= wanted, within_s=HANDLED_WITHIN_S)
