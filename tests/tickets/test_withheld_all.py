"""All withheld answers at once: in units of two hundred, each whole or not at all, and on from where it was left."""

from __future__ import annotations

from collections import Counter

import pytest

from channels import outbox
from channels.contract import Address
from channels.outbox import Draft, Ref
from kernel.unit import Store, Work
from tests.tickets.letters import actor, ticket
from tickets import withheld, withheld_all


async def withhold(store: Store, count: int, name: str = "eszter") -> None:
    """So many answers of one ticket that quiet mode has kept."""
    made = await ticket(store, name)
    async with store.unit() as work:
        to = Address("chat", name)
        drafts = [Draft("chat", "chat:1", to, "reply", f"{n}", ref=Ref("ticket", made.id)) for n in range(count)]
        await outbox.enqueue(work, drafts)
        await work.change("UPDATE messages SET state = 'withheld', reason = 'quiet' WHERE state = 'queued'")


async def states(store: Store) -> Counter[str]:
    return Counter(
        row["state"] for row in await store.reading().fetch("SELECT state FROM messages WHERE direction = 'out'")
    )


async def one_unit(store: Store) -> int:
    async with store.unit() as work:
        return await withheld_all.step(work)


@pytest.mark.parametrize(("is_sending", "state"), [(True, "queued"), (False, "cancelled")], ids=["send", "drop"])
async def test_it_is_done_in_units_of_two_hundred(store: Store, is_sending: bool, state: str) -> None:
    """B-7, B-11: no unit is longer than that; what came after the order stays."""
    await withhold(store, 450)
    zofia = await actor(store, "Zofia")
    async with store.unit() as work:
        assert await withheld_all.begin(work, zofia, is_sending=is_sending)
    await withhold(store, 3, "marta")
    assert [await one_unit(store) for _ in range(4)] == [200, 200, 50, 0]
    assert await states(store) == {state: 450, "withheld": 3}
    assert await withheld_all.under_way(store.reading()) is None
    events = await store.reading().fetch("SELECT author FROM entries WHERE text LIKE '%withheld answer'")
    assert {row["author"] for row in events} == {"Zofia"}


async def test_a_unit_that_fails_is_done_again_and_none_twice(store: Store) -> None:
    """B-11: what was half done is not done; the next start goes on there."""
    await withhold(store, 250)
    zofia = await actor(store, "Zofia")
    async with store.unit() as work:
        await withheld_all.begin(work, zofia, is_sending=True)
    assert await one_unit(store) == 200

    async def dies(work: Work) -> None:
        assert await withheld_all.step(work) == 50
        raise RuntimeError("pulled out")

    with pytest.raises(RuntimeError):
        async with store.unit() as work:
            await dies(work)
    assert await states(store) == {"queued": 200, "withheld": 50}
    assert [await one_unit(store) for _ in range(2)] == [50, 0]
    assert await states(store) == {"queued": 250}


async def test_one_order_is_under_way_at_a_time_and_a_single_one_can_be_stopped(store: Store) -> None:
    await withhold(store, 250)
    zofia = await actor(store, "Zofia")
    async with store.unit() as work:
        assert await withheld_all.begin(work, zofia, is_sending=True)
        assert not await withheld_all.begin(work, zofia, is_sending=False)
    last = (await withheld.listed(store.reading(), limit=250))[-1]
    async with store.unit() as work:
        await withheld.drop(work, [last.id], by=zofia)
    assert [await one_unit(store) for _ in range(3)] == [200, 49, 0]
    assert await states(store) == {"queued": 249, "cancelled": 1}
