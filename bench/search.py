"""The first page of the search over a million messages, on both engines: common words, rare ones, none, and walls."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, tell
from crmcore.access import Scope, StaffId
from crmcore.models.people import Contact
from hub import database
from kernel import ids
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import databases
from tickets.models import Entry, Ticket
from tickets.search import index, query, rebuild, stretches, views

MESSAGES = int(os.environ.get("CENTRALA_BENCH_MESSAGES", "1000000"))
A_TICKET = 10  # messages
WORDS, VOCABULARY = 24, 60_000
UNIT = 5_000
QUERIES = 500
P50_GOAL_MS, P99_GOAL_MS = 2.0, 20.0
QUEUES = ("inbox", "cards", "sales", "north", "tiny")
_LETTERS = "abcdefghijklmnoprstuwyz"
LEAD = Scope(True, frozenset(), StaffId(1))
AGENT = Scope(False, frozenset({"inbox", "cards"}), StaffId(2))
NARROW = Scope(False, frozenset({"tiny"}), StaffId(3))


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    text: str
    scope: Scope


def measure() -> list[Figure]:
    found: list[Figure] = []
    for engine in ("sqlite", "postgres"):
        with place(engine) as url:
            found += asyncio.run(_measured(engine, url))
    return found


@contextmanager
def place(engine: str) -> Iterator[str]:
    with TemporaryDirectory(prefix="centrala-bench-") as folder:
        if engine == "sqlite":
            yield f"sqlite://{folder}/centrala.db"
            return
        Path(folder).chmod(0o755)
        with databases.server(Path(folder) / "pg", "bench") as running:
            yield running.new("search")


async def _measured(engine: str, url: str) -> list[Figure]:
    await database.migrate(url)
    await database.connect(url)
    try:
        store = Store(Clock())
        began = time.monotonic()
        await _fill(store)
        tell(f"search, {engine}: {MESSAGES:,} messages written in {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        rows = await _index(store)
        took_s = time.monotonic() - began
        tell(f"search, {engine}: {rows:,} rows indexed in {took_s:.0f} s, {took_s / rows * 1e6:.0f} us a row")
        if engine == "postgres":
            await store.direct().execute_script("VACUUM ANALYZE search_rows")
        return await _asked(engine, store, rows / took_s)
    finally:
        await database.close()


async def _fill(store: Store) -> None:
    """Straight into the tables, the triggers' notes thrown away: the index is built by the rebuild."""
    chance, words = random.Random(1), _words()
    contact_id, now = ids.new(), store.clock.now() - timedelta(days=400)
    async with store.unit() as work:
        await work.insert(Contact, [{"id": contact_id, "name": "Q", "language": "", "created_at": now}])
    for start in range(0, MESSAGES, UNIT):
        async with store.unit() as work:
            numbers = range(start // A_TICKET, (start + UNIT) // A_TICKET)
            tickets = [_ticket(number, contact_id, chance, now + timedelta(seconds=number * 300)) for number in numbers]
            await work.insert(Ticket, tickets)
            entries = [_entry(ticket, step, chance, words) for ticket in tickets for step in range(A_TICKET)]
            await work.insert(Entry, entries)
            await work.change("DELETE FROM search_waiting")


def _words() -> list[str]:
    """By rank: the first stand everywhere, the last hardly anywhere."""
    chance = random.Random(2)
    return ["".join(chance.choices(_LETTERS, k=3 + rank % 7)) for rank in range(VOCABULARY)]


def _ticket(number: int, contact_id: int, chance: random.Random, at: object) -> dict[str, object]:
    queue = "tiny" if number % 10_000 == 7 else QUEUES[min(3, int(chance.random() ** 2 * 4))]
    return {
        "id": ids.new(), "number": number + 1, "subject": f"Subject {number}", "state": "open", "kind": "question",
        "queue": queue, "priority": 3, "contact_id": contact_id, "channel": "chat", "account": "chat:1",
        "address": "1", "scheme": "chat", "version": 1, "created_at": at, "updated_at": at,
    }  # fmt: skip


def _entry(ticket: dict[str, object], step: int, chance: random.Random, words: list[str]) -> dict[str, object]:
    said = [words[int(VOCABULARY ** chance.random()) - 1] for _ in range(WORDS)]
    said.append("everywhere")
    # only in one queue, only of old: what makes a search walk far
    said.append({"inbox": "inboxed", "sales": "soldout"}.get(str(ticket["queue"]), "other"))
    if int(str(ticket["number"])) < MESSAGES // A_TICKET // 3:
        said.append("bygone")
    created = ticket["created_at"]
    assert hasattr(created, "timestamp")
    return {
        "id": ids.new(), "ticket_id": ticket["id"], "at": created + timedelta(seconds=step * 20), "kind": "note",
        "author_kind": "staff", "author": "Anna", "text": " ".join(said),
    }  # fmt: skip


async def _index(store: Store) -> int:
    while True:
        async with store.unit() as work:
            now = await rebuild.step(work)
        if now.is_over:
            break
    while True:
        async with store.unit() as work:
            if not await index.catch_up(work):
                break
    while await stretches.step(store):
        pass
    return now.done


def _bag() -> list[_Asked]:
    """A mixed bag of questions, the worst among them."""
    chance, words = random.Random(3), _words()
    bag: list[_Asked] = []
    for number in range(QUERIES // 10):
        scope = (LEAD, AGENT, NARROW)[number % 3]
        common, middling, rare = (words[int(chance.random() * most)] for most in (20, 2_000, VOCABULARY))
        bag += [
            _Asked("common word", common, scope),
            _Asked("middling word", f'"{middling}"', scope),
            _Asked("rare word", rare, scope),
            _Asked("two words", f"{common} {middling}", scope),
            _Asked("beginning of two letters", chance.choice(_LETTERS) + chance.choice(_LETTERS), scope),
            _Asked("beginning of a word", middling[:4], scope),
            _Asked("a word nobody has", f"zzz{number}qqq", scope),
            _Asked("everywhere, 10 tickets to see", "everywhere", NARROW),
            _Asked("in another queue only", "soldout" if number % 2 else "soldout -other", AGENT),
            _Asked("of old only", "bygone", scope),
        ]
    chance.shuffle(bag)
    return bag


async def _asked(engine: str, store: Store, rate: float) -> list[Figure]:
    for asked in _bag()[:20]:  # warm
        await views.page(store.reading(), query.read(asked.text), asked.scope)
    took: dict[str, list[float]] = {}
    for asked in _bag():
        began = time.perf_counter()
        await views.page(store.reading(), query.read(asked.text), asked.scope)
        took.setdefault(asked.kind, []).append((time.perf_counter() - began) * 1e3)
    for kind, some in sorted(took.items()):
        tell(f"search, {engine}, {kind}: p50 {_share(some, 0.5):.1f} ms, p99 {_share(some, 0.99):.1f} ms")
    every = [one for some in took.values() for one in some]
    note = f"{MESSAGES:,} messages, {rate:,.0f} rows/s indexed"
    return [
        Figure("search", f"first page, {engine}, p50", _share(every, 0.5), "ms", P50_GOAL_MS, at_most=True, note=note),
        Figure("search", f"first page, {engine}, p99", _share(every, 0.99), "ms", P99_GOAL_MS, at_most=True),
    ]


def _share(some: list[float], part: float) -> float:
    return sorted(some)[min(len(some) - 1, int(len(some) * part))]
