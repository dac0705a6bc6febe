"""What is solved: it comes to its end on the terms of a closing, with a reason and a time, and goes on from there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store
from tests.tickets.letters import LINES, actor, arrived, entries, everything, place, seen
from tests.tickets.test_casework import COMPLAINT, SUPPLIER, undone
from tickets import actions, casework
from tickets.closing import Terms
from tickets.states import SHIPPED, Category, States, Word
from tickets.tokens import Tokens


async def test_what_is_solved_has_come_to_its_end_as_what_is_closed(store: Store, clock: Clock) -> None:
    """S1-8, S5: on the same terms, with its reason and its time; taken back, it has neither."""
    await place(store, arrived())
    anna = await actor(store)
    done = Word("done", Category.SOLVED, "All done")

    async def solve(reason: str, terms: Terms, word: Word = SHIPPED["solved"]) -> None:
        async with store.unit() as work:
            await casework.set_state(work, anna, await seen(work, 1), word, reason=reason, terms=terms)

    before = await everything(store)
    with pytest.raises(errors.Invalid, match="cannot be closed without cause, result, accepted"):
        await solve("card", Terms(COMPLAINT))
    with pytest.raises(errors.Invalid, match=r"one of: answered, solved, card.*/state T1 solved answered "):
        await solve("whatever", Terms(needs_reason=True))
    assert await everything(store) == before
    await solve("card replaced", Terms(needs_reason=True))
    ended_at = clock.now()
    found = await seen(store.reading(), 1)
    assert (found.state, found.close_reason, found.closed_at) == ("solved", "card", ended_at)
    assert (await entries(store, 1))[-1][1] == "Anna set the state: solved: card replaced"
    clock.push(timedelta(minutes=1))
    await solve("", Terms(needs_reason=True), done)
    found = await seen(store.reading(), 1)
    assert (found.own_state, found.close_reason, found.closed_at) == ("done", "card", ended_at), "it was solved before"
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, 1))
    for state, at in (("solved", ended_at), ("solved", ended_at), ("open", None)):
        await undone(store, anna)
        found = await seen(store.reading(), 1)
        assert (found.state, found.closed_at) == (state, at)
    assert found.close_reason is None


@pytest.mark.parametrize(("days", "number"), [(3, 1), (4, 2)])
async def test_a_solved_ticket_is_opened_again_within_its_queues_days(
    store: Store, clock: Clock, days: int, number: int
) -> None:
    """S5: as a closed one is."""
    await place(store, arrived())
    anna = await actor(store)
    async with store.unit() as work:
        await casework.set_state(work, anna, await seen(work, 1), SHIPPED["solved"])
    clock.push(timedelta(days=days))
    [found] = await place(store, arrived(text="still blocked"), reopens=lambda queue: timedelta(days=3))
    assert (found.number, found.state, found.closed_at) == (number, "open", None)


@pytest.mark.parametrize("how", ["waiting", "open", "answered"])
async def test_what_goes_on_after_it_was_solved_has_no_end(store: Store, how: str) -> None:
    """S5."""
    await place(store, arrived())
    anna = await actor(store)
    async with store.unit() as work:
        await casework.set_state(work, anna, await seen(work, 1), SHIPPED["solved"])
    async with store.unit() as work:
        if how == "answered":
            await actions.reply(work, anna, await seen(work, 1), "One thing more", lines=LINES, tokens=Tokens())
        else:
            await casework.set_state(work, anna, await seen(work, 1), SHIPPED[how])
    found = await seen(store.reading(), 1)
    assert (found.is_done, found.closed_at) == (False, None)


@pytest.mark.parametrize(
    ("written", "name", "reason"),
    [
        ("solved", "solved", ""), ("SOLVED card  replaced", "solved", "card replaced"),
        ("all done card replaced", "done", "card replaced"), ("all done", "done", ""),
        ("waiting_supplier please", "", ""), ("dunno", "", ""), ("", "", ""),
    ],
)  # fmt: skip
def test_a_solved_state_takes_the_reason_behind_it(written: str, name: str, reason: str) -> None:
    """S5: what is behind any other state is no part of it."""
    states = States({"waiting_supplier": SUPPLIER, "done": Word("done", Category.SOLVED, "All done")})
    if not name:
        with pytest.raises(errors.Invalid):
            states.begun(written)
        return
    word, why = states.begun(written)
    assert (word.name, why) == (name, reason)
