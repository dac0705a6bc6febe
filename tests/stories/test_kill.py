"""SIGKILL at random moments under load: what was acknowledged is there once, in its place and in its order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from channels.keys import external_key
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support.load import ACCOUNT, PATIENCE_S, Crowd, Post, hub_process, until

ROUNDS = 20
TORTURE_ROUNDS = 300
ACKNOWLEDGED_A_ROUND = 150  # at most, before the next kill

EVERYTHING = """
SELECT r.id, r.external_key, r.state, m.text, t.matter, c.name,
    (SELECT count(*) FROM entries AS e WHERE e.message_id = r.id) AS entries,
    (SELECT count(*) FROM timeline AS l WHERE l.message_id = r.id AND l.contact_id = t.contact_id) AS lines,
    (SELECT min(e.id) FROM entries AS e WHERE e.message_id = r.id) AS entry_id,
    (SELECT min(l.id) FROM timeline AS l WHERE l.message_id = r.id) AS line_id
FROM raw_messages AS r LEFT JOIN messages AS m ON m.id = r.id LEFT JOIN tickets AS t ON t.id = m.ref_id
    LEFT JOIN contacts AS c ON c.id = t.contact_id ORDER BY r.id
"""


@pytest.mark.kill
@pytest.mark.timeout(240)
async def test_killed_twenty_times_under_load_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, database_url: str
) -> None:
    await _torment(tmp_path, database_url, rounds=ROUNDS)


@pytest.mark.torture
@pytest.mark.kill
@pytest.mark.timeout(3000)
async def test_killed_hundreds_of_times_under_load_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, database_url: str
) -> None:
    crowd = await _torment(tmp_path, database_url, rounds=TORTURE_ROUNDS)
    assert len(crowd.acknowledged) >= 10_000


async def _torment(folder: Path, url: str, *, rounds: int) -> Crowd:
    """1. Load. 2. Kill at a random moment and start again, many times. 3. Let it finish. 4. Count everything."""
    seed = int(os.environ.get("CENTRALA_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"repeat with CENTRALA_TEST_SEED={seed}")
    chance = random.Random(seed)
    with hub_process(folder, url, is_bare=rounds > ROUNDS) as hub:  # in the torture
        crowd = Crowd(hub, seed)
        await hub.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.write())
            for _ in range(rounds):
                await _some(crowd, chance)
                assert await hub.end(signal.SIGKILL) == -signal.SIGKILL
                await hub.start()
            crowd.is_over = True
        print(f"{len(crowd.acknowledged)} acknowledged, {crowd.repeats} repeated on purpose, {hub.starts} starts")
        await database.connect(url)
        try:
            await _check(Store(Clock()), crowd)
            assert await hub.end(signal.SIGTERM) == 0
        finally:
            await database.close()
    return crowd


async def _some(crowd: Crowd, chance: random.Random) -> None:
    """A random number of acknowledgements (sometimes none: it dies while it starts) and a moment more."""
    wanted = len(crowd.acknowledged) + chance.choice((0, chance.randrange(ACKNOWLEDGED_A_ROUND)))
    await until(lambda: len(crowd.acknowledged) >= wanted, f"{wanted} acknowledged", within_s=PATIENCE_S)
    await asyncio.sleep(chance.uniform(0, 0.1))


async def _check(store: Store, crowd: Crowd) -> None:
    await _drained(store)
    found = await store.reading().fetch(EVERYTHING)
    by_key = {row["external_key"]: row for row in found}
    assert set(crowd.acknowledged) == set(crowd.posts)
    assert len(found) == len(by_key) == len(crowd.posts)
    wrong = [post.id for post in crowd.posts.values() if not _is_right(by_key[external_key(post.id)], post, crowd)]
    assert wrong == []
    assert {row["state"] for row in found} == {"done"}
    await _check_totals(store, crowd)
    assert _disorder(crowd, "sender", lambda post: by_key[external_key(post.id)]["id"]) == []
    assert _disorder(crowd, "sender", lambda post: by_key[external_key(post.id)]["line_id"]) == []
    assert _disorder(crowd, "thread", lambda post: by_key[external_key(post.id)]["entry_id"]) == []
    if not store.reading().is_postgres:
        assert await store.reading().fetch("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert await store.reading().fetch("PRAGMA foreign_key_check") == []


def _is_right(row: dict[str, Any], post: Post, crowd: Crowd) -> bool:
    """Kept under the id it was acknowledged with, its own words, one entry, one line, its sender's ticket."""
    return (
        str(row["id"]) == crowd.acknowledged[post.id]
        and row["text"] == post.text
        and row["matter"] == f"{ACCOUNT}/{post.thread}"
        and row["name"] == post.sender
        and row["entries"] == row["lines"] == 1
    )


async def _check_totals(store: Store, crowd: Crowd) -> None:
    """No ticket, contact, entry, line, clock or number beyond those that the posts explain."""
    threads, senders = ({getattr(post, key) for post in crowd.posts.values()} for key in ("thread", "sender"))
    reader = store.reading()
    counted = {
        table: (await reader.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"]
        for table in ("tickets", "clocks", "contacts", "identities", "messages", "timeline")
    }
    posts = len(crowd.posts)
    assert counted == {
        "tickets": len(threads),
        "clocks": len(threads),
        "contacts": len(senders),
        "identities": len(senders),
        "messages": posts,
        "timeline": posts,
    }
    entries = await reader.fetch("SELECT message_id FROM entries WHERE kind = 'message'")
    assert Counter(row["message_id"] for row in entries).most_common(1)[0][1] == 1
    assert len(entries) == posts


def _disorder(crowd: Crowd, within: str, place: Callable[[Post], int]) -> list[str]:
    """The customers (or their tickets) whose messages do not stand in the order in which they were written."""
    places: dict[str, list[int]] = {}
    for post in crowd.posts.values():  # a customer's posts stand here in the order he wrote them
        places.setdefault(getattr(post, within), []).append(place(post))
    return [name for name, found in places.items() if found != sorted(found)]


async def _drained(store: Store) -> None:
    left, deadline = -1, 0.0
    while True:
        row = await store.reading().one("SELECT count(*) AS n FROM raw_messages WHERE state = 'waiting'")
        if row is None or row["n"] == 0:
            return
        if row["n"] != left:  # it goes on, however slow the machine
            left, deadline = row["n"], time.monotonic() + PATIENCE_S
        assert time.monotonic() < deadline, f"{row['n']} messages still wait"
        await asyncio.sleep(0.1)
