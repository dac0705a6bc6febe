"""Delivery reports in the fork: many in few units, in their order, and one that fails alone harms no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from channels import outbox
from channels.contract import Address
from channels.outbox import Draft
from kernel.unit import Store, Work
from tests.hub.forked import CHAT, Bench, text


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return Bench(store, tmp_path / "files")


@pytest.fixture
def units(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """The transactions that were committed."""
    opened, unit = [], store.unit

    @asynccontextmanager
    async def counted() -> AsyncIterator[Work]:
        async with unit() as work:
            yield work
        opened.append(work)

    monkeypatch.setattr(store, "unit", counted)
    return opened


async def notices(store: Store, count: int) -> list[int]:
    """So many messages of ours, sent and not yet reported on."""
    async with store.unit() as work:
        drafts = [Draft(CHAT.channel, CHAT.account, Address("chat", f"c{n}"), "notice", "Closed") for n in range(count)]
        made = await outbox.enqueue(work, drafts)
        await work.change("UPDATE messages SET state = 'sent', tries = 1")
    return [int(one) for one in made]


def report(message_id: int, status: str, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "about": str(message_id), "status": status, **more}


async def states(store: Store) -> list[str]:
    found = await store.reading().fetch("SELECT state FROM messages WHERE direction = 'out' ORDER BY id")
    return [row["state"] for row in found]


async def test_a_thousand_reports_cost_a_handful_of_commits(bench: Bench, store: Store, units: list[Work]) -> None:
    """M-7: two reports and one of no consequence on every message of a notice; not a unit a report."""
    sent = await notices(store, 400)
    said = [
        (f"c{n}", {"kind": "nothing"} if kind == "queued" else report(message_id, kind))
        for kind in ("queued", "sent", "delivered")
        for n, message_id in enumerate(sent)
    ]
    await bench.arrive(*said)
    units.clear()
    await bench.turns(-(-len(said) // 256) + 1)
    assert await states(store) == ["delivered"] * len(sent)
    assert bench.fork.handled == len(said)
    assert len(units) <= 6


async def test_reports_of_one_message_in_one_batch_count_in_their_order(bench: Bench, store: Store) -> None:
    sent = await notices(store, 3)
    await bench.arrive(
        ("c0", report(sent[0], "failed", reason="30003")),
        ("c0", report(sent[0], "delivered")),
        ("c1", report(sent[1], "delivered")),
        ("c1", report(sent[1], "failed", reason="30003")),
        ("c2", report(sent[2], "failed", reason="30004")),
        ("c2", report(sent[2], "failed", reason="30005")),
    )
    await bench.fork.turn()
    found = await store.reading().fetch("SELECT state, reason FROM messages ORDER BY id")
    assert [tuple(row.values()) for row in found] == [("delivered", None), ("delivered", None), ("failed", "30004")]


async def test_a_report_about_a_number_that_no_store_holds_harms_no_other(bench: Bench, store: Store) -> None:
    [sent] = await notices(store, 1)
    stored = await bench.arrive(
        ("x", {"kind": "status", "about": "9" * 19, "status": "failed"}),
        ("y", {"kind": "status", "about": "²", "status": "failed"}),
        ("z", {"kind": "status", "status": "failed"}),
        ("c0", report(sent, "delivered")),
    )
    await bench.fork.turn()
    assert await states(store) == ["delivered"]
    assert await bench.raws(stored) == [("done", 0)] * 4


async def test_a_poisonous_report_fails_alone(bench: Bench, store: Store) -> None:
    """M-4: the batch is halved; letters between the reports become tickets, the other reports count."""
    sent = await notices(store, 8)
    said = [(f"c{n}", report(message_id, "delivered")) for n, message_id in enumerate(sent)]
    said[3] = ("c3", report(sent[3], "failed", reason=4711))
    stored = await bench.arrive(*said, ("a", text("a letter")))
    await bench.fork.turn()
    assert await states(store) == ["delivered"] * 3 + ["sent"] + ["delivered"] * 4
    assert await bench.raw(stored[3]) == ("waiting", 1)
    assert await bench.texts() == ["a letter"]
    assert not bench.fork.fault_is_ours
