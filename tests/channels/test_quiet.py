"""Quiet mode in the store: what is for people outside is withheld for good, what is for staff leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from channels import leases, outbox, quiet
from channels.contract import Address
from channels.outbox import Draft
from channels.quiet import Quiet
from kernel.clock import Clock
from kernel.unit import Reader, Store


async def known(reader: Reader, scheme: str, addresses: Sequence[str]) -> Collection[str]:
    return [one for one in addresses if (scheme, one) == ("fake", "desk")]


def draft(address: str, text: str = "words", *, hold_s: float = 0) -> Draft:
    return Draft("fake", "fake:1", Address("fake", address), "reply", text, hold=timedelta(seconds=hold_s))


async def queue(store: Store, *drafts: Draft) -> None:
    async with store.unit() as work:
        await outbox.enqueue(work, drafts)


async def claim(store: Store, switch: Quiet) -> list[str]:
    async with store.unit() as work:
        found = (await leases.claim(work, "fake", "fake:1", scheme="fake", limit=10, quiet=switch)).ready
    return [one.outbound.address.value for one in found]


async def states(store: Store) -> dict[str, str]:
    return {row["address"]: row["state"] for row in await store.reading().fetch("SELECT address, state FROM messages")}


async def test_only_staff_are_claimed_for_and_the_rest_is_final(store: Store, clock: Clock) -> None:
    """B-7, B-11: what would have left is kept as withheld, with the time and an attempt."""
    switch = Quiet(is_on=True, known=known)
    await queue(store, draft("desk"), draft("eszter"))
    assert await claim(store, switch) == ["desk"]
    [row] = await store.reading().fetch("SELECT state, reason, settled_at FROM messages WHERE address = 'eszter'")
    assert (row["state"], row["reason"]) == ("withheld", "quiet") and row["settled_at"]
    switch.is_on = False
    clock.push(timedelta(hours=1))
    assert await claim(store, switch) == []


async def test_an_unknown_staff_means_that_nothing_leaves(store: Store) -> None:
    """A switch that nobody has told who is staff holds back all of it."""
    await queue(store, draft("desk"), draft("eszter"))
    assert await claim(store, Quiet(is_on=True)) == []


async def test_a_message_of_before_the_end_never_leaves_after_it(store: Store, clock: Clock) -> None:
    """Held, or its channel was away: at the end of quiet mode it is withheld where it stands."""
    switch = Quiet(is_on=True, known=known)
    await queue(store, draft("desk"), draft("eszter", hold_s=600), draft("obcy"))
    async with store.unit() as work:
        assert await quiet.withhold(work, switch, "fake:1", "fake") == 1
    assert await states(store) == {"desk": "queued", "eszter": "queued", "obcy": "withheld"}
    async with store.unit() as work:
        assert await quiet.withhold(work, switch, "fake:1", "fake", all_of_it=True) == 1
    switch.is_on = False
    clock.push(timedelta(hours=1))
    assert await claim(store, switch) == ["desk"]


async def test_only_a_person_sends_a_withheld_message(store: Store) -> None:
    """Put back in line on purpose, after the end of quiet mode."""
    switch = Quiet(is_on=True, known=known)
    [message] = drafts = [draft("eszter")]
    await queue(store, *drafts)
    assert await claim(store, switch) == []
    assert (await quiet.counts(store.reading())).withheld == 1
    switch.is_on = False
    async with store.unit() as work:
        assert await outbox.requeue(work, message.id)
    assert await claim(store, switch) == ["eszter"]


async def test_more_addresses_than_one_question_takes(store: Store) -> None:
    switch = Quiet(is_on=True, known=known)
    await queue(store, draft("desk"), *(draft(f"c{number}") for number in range(2 * quiet.PAGE + 1)))
    async with store.unit() as work:
        assert await quiet.withhold(work, switch, "fake:1", "fake") == 2 * quiet.PAGE + 1
    assert await claim(store, switch) == ["desk"]
