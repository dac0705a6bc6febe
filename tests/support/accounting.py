"""What became of traffic: counted against what its people have written and what they have got."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from kernel.unit import Store
from tests.support import traffic as flows
from tests.support.load import LOOK_EVERY_S
from tests.support.traffic import Traffic

PATIENCE_S = 90.0
HEARD = """
SELECT m.text, r.state, t.id AS ticket,
    (SELECT count(*) FROM entries AS e WHERE e.message_id = m.id) AS entries,
    (SELECT count(*) FROM timeline AS l WHERE l.message_id = m.id) AS lines,
    (SELECT min(e.id) FROM entries AS e WHERE e.message_id = m.id) AS entry_id
FROM messages AS m JOIN raw_messages AS r ON r.id = m.id LEFT JOIN tickets AS t ON t.id = m.ref_id
WHERE m.direction = 'in' ORDER BY m.id
"""
OPEN = """
SELECT (SELECT count(*) FROM raw_messages WHERE state = 'waiting')
    + (SELECT count(*) FROM messages WHERE state IN ('queued', 'leased')) AS n
"""


async def drained(store: Store) -> None:
    """Until nothing waits to be handled or to go out."""
    left, deadline = -1, 0.0
    while True:
        [row] = await store.reading().fetch(OPEN)
        if row["n"] == 0:
            return
        if row["n"] != left:  # it goes on, however slow the machine
            left, deadline = row["n"], time.monotonic() + PATIENCE_S
        assert time.monotonic() < deadline, f"{row['n']} messages are not done"
        await asyncio.sleep(LOOK_EVERY_S)


async def check_in(traffic: Traffic) -> None:
    """Every conversation stands in the store word for word, each message once, in the order it was written."""
    found = await traffic.store.reading().fetch(HEARD)
    told = {channel: sum(len(said) for name, said in traffic.written.items() if name.startswith(channel))
            for channel in ("tg", "sms", "mail", "c")}  # fmt: skip
    print(f"written {told}, repeated {traffic.repeats + traffic.crowd.repeats}, starts {traffic.hub.starts}")
    assert min(told.values()) > 0, "every channel was at it"
    assert _conversations([row["text"] for row in found]) == dict(traffic.written)
    for ticket in {row["ticket"] for row in found}:
        entries = [row["entry_id"] for row in found if row["ticket"] == ticket]
        assert entries == sorted(entries), "its entries stand in the order of its messages"
    assert {(row["state"], row["entries"], row["lines"]) for row in found} == {("done", 1, 1)}
    assert all(row["ticket"] for row in found)


async def check_out(traffic: Traffic, *, kills: int) -> None:
    """What is said to be sent has arrived once; what arrived not at all says "maybe"; nothing overtakes."""
    found = await traffic.store.reading().fetch(
        "SELECT address, account, text, state, purpose, reason FROM messages WHERE direction = 'out' ORDER BY id"
    )
    states = Counter((row["account"].partition(":")[0], row["state"]) for row in found)
    arrived = {name: line.inbox() for name, line in traffic.lines.items()}
    print(f"out {dict(states)}, arrived {sum(map(len, arrived.values()))}")
    assert {row["state"] for row in found} <= {"sent", "delivered", "maybe_sent"}
    assert ("email", "maybe_sent") not in states, "a mail may go again under its id"
    for name, line in traffic.lines.items():
        queued = [row for row in found if (row["account"], row["address"]) == (line.account, line.address.value)]
        sure = [row for row in queued if row["state"] != "maybe_sent"]
        assert [row["text"] for row in queued if row["purpose"] == "reply"] == traffic.answered[name]
        assert len(sure) <= len(arrived[name]) <= len(queued), name
        answers = [text for text in arrived[name] if text.startswith("answer ")]
        assert len(set(answers)) == len(answers), f"{name} was told twice"
        assert {row["text"] for row in sure if row["purpose"] == "reply"} <= set(answers), f"{name} was not told"
        assert _numbers(answers) == sorted(_numbers(answers)), f"{name} was told out of order"
    letters = Counter(letter.message_id for letter in traffic.far.mail.letters)
    assert max(letters.values(), default=0) <= 1 + kills + traffic.upsets


async def check_store(store: Store) -> None:
    if not store.reading().is_postgres:
        assert await store.reading().fetch("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert await store.reading().fetch("PRAGMA foreign_key_check") == []


def _conversations(texts: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        carried = flows.place(text)
        found.setdefault(carried[0] if carried else "?", []).append(text)
    return found


def _numbers(texts: list[str]) -> list[int]:
    return [carried[1] for text in texts if (carried := flows.place(text))]
