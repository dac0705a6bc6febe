"""What colleagues do to tickets: each verb, and that a refused one has no effect at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from channels import leases, rendering
from channels.lines import Lines
from crmcore import staff, timeline
from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.conftest import START
from tests.tickets.letters import LINES, actor, entries, everything, seen, ticket
from tickets import actions, happenings
from tickets.events import Change, TicketChanged
from tickets.tokens import Tokens
from tickets.visible import TicketView

HOLD = timedelta(seconds=3)
DUE = START + timedelta(hours=1)
Act = Callable[[Work, Actor, TicketView], Awaitable[Any]]


@pytest.fixture
async def anna(store: Store) -> Actor:
    return await actor(store, "Anna")


@pytest.fixture
async def bea(store: Store) -> Actor:
    return await actor(store, "Bea")


@pytest.fixture
async def marek(store: Store) -> Actor:
    return await actor(store, "Marek", Role.MANAGER)


async def do(store: Store, act: Act, by: Actor, on: TicketView) -> Any:
    async with store.unit() as work:
        return await act(work, by, on)


async def again(store: Store) -> TicketView:
    return await seen(store.reading(), 1)


async def reply(work: Work, by: Actor, on: TicketView, text: str = "Answer", lines: Lines = LINES) -> actions.Sending:
    return await actions.reply(work, by, on, text, lines=lines, tokens=Tokens(), hold=HOLD)


async def clock_of(store: Store) -> str:
    row = await store.reading().one("SELECT state FROM clocks")
    assert row is not None
    return row["state"]


async def refused(store: Store, act: Act, by: Actor, on: TicketView, error: type[Exception]) -> str:
    """The refusal's words, having made sure that nothing has changed."""
    return str(await refusal_of(store, act, by, on, error))


async def refusal_of(store: Store, act: Act, by: Actor, on: TicketView, error: type[Exception]) -> Any:
    before = await everything(store)
    with pytest.raises(error) as refusal:
        await do(store, act, by, on)
    assert await everything(store) == before
    return refusal.value


async def test_taking_makes_the_ticket_ones_own(store: Store, anna: Actor) -> None:
    """M-9."""
    assert await do(store, actions.take, anna, await ticket(store)) is True
    view = await again(store)
    assert (view.assignee, view.version) == ("Anna", 2)
    assert (await entries(store, 1))[-1] == ("Anna", "Anna took the ticket")
    assert await do(store, actions.take, anna, view) is False


async def test_of_two_who_take_at_once_exactly_one_wins(store: Store, anna: Actor, bea: Actor) -> None:
    """M-9: one conditional update decides; the other hears of it."""
    view = await ticket(store)
    answers = await asyncio.gather(*(do(store, actions.take, by, view) for by in (anna, bea)), return_exceptions=True)
    assert sorted(map(type, answers), key=str) == sorted([bool, errors.Conflict], key=str)
    winner = "Anna" if answers[0] is True else "Bea"
    assert (await again(store)).assignee == winner
    assert [text for _, text in (await entries(store, 1))[1:]] == [f"{winner} took the ticket"]


async def test_an_unanswered_ticket_of_another_may_be_taken(store: Store, anna: Actor, bea: Actor) -> None:
    await do(store, actions.take, anna, await ticket(store))
    assert await do(store, actions.take, bea, await again(store))
    assert (await again(store)).assignee == "Bea"


async def test_an_answered_ticket_of_another_may_not_be_taken(store: Store, anna: Actor, bea: Actor) -> None:
    await do(store, reply, anna, await ticket(store))
    assert "Anna has T1" in await refused(store, actions.take, bea, await again(store), errors.Forbidden)


async def test_an_agent_hands_on_his_own_and_a_lead_any(store: Store, anna: Actor, bea: Actor, marek: Actor) -> None:
    await do(store, actions.take, anna, await ticket(store))
    [colleague] = [one for one in await staff.listed(store.reading()) if one.name == "Bea"]

    async def to_bea(work: Work, by: Actor, on: TicketView) -> None:
        await actions.assign(work, by, on, colleague)

    async def to_nobody(work: Work, by: Actor, on: TicketView) -> None:
        await actions.assign(work, by, on, None)

    await refused(store, to_bea, bea, await again(store), errors.Forbidden)
    await do(store, to_bea, anna, await again(store))
    assert (await again(store)).assignee == "Bea"
    await do(store, to_nobody, marek, await again(store))
    assert (await again(store)).assignee is None
    assert (await entries(store, 1))[-1][1] == "Marek gave the ticket to nobody"


async def test_a_reply_is_queued_takes_the_ticket_and_meets_the_clock(store: Store, anna: Actor, clock: Clock) -> None:
    """M-6, M-9."""
    view = await ticket(store, due_at=DUE)
    sending = await do(store, reply, anna, view)
    assert (sending.took, sending.line.channel, len(sending.message_ids)) == (True, "chat", 1)
    after = await again(store)
    assert (after.assignee, after.state, after.answered_at) == ("Anna", "waiting", START)
    assert (await clock_of(store), after.first_response_due) == ("met", None)
    clock.push(HOLD)
    async with store.unit() as work:
        [leased] = (await leases.claim(work, "chat", "chat:1", scheme="chat", limit=9)).ready
    assert (leased.outbound.text, leased.outbound.address.value) == ("Answer", "eszter")
    past = await timeline.of_contact(store.reading(), view.contact_id)
    assert [(one.kind, one.text) for one in past] == [("reply", "Answer")]


async def test_a_second_reply_changes_neither_clock_nor_answer_time(store: Store, anna: Actor, clock: Clock) -> None:
    await do(store, reply, anna, await ticket(store, due_at=DUE))
    clock.push(timedelta(hours=3))
    await do(store, reply, anna, await again(store))
    view = await again(store)
    assert (view.answered_at, await clock_of(store)) == (START, "met")


async def test_a_late_answer_ends_the_clock_and_does_not_heal_the_breach(
    store: Store, anna: Actor, clock: Clock
) -> None:
    """M-6: the due instant has passed; the records keep that."""
    view = await ticket(store, due_at=DUE)
    clock.push(timedelta(hours=2))
    await do(store, reply, anna, view)
    assert await clock_of(store) == "breached"
    assert (await again(store)).first_response_due is None


async def test_a_long_reply_is_several_messages_in_order(store: Store, anna: Actor) -> None:
    words = " ".join(f"word{n}" for n in range(40))
    sending = await do(store, lambda w, a, t: reply(w, a, t, words), anna, await ticket(store))
    assert len(sending.message_ids) > 1
    parts = [text for author, text in await entries(store, 1) if author == "Anna" and "took" not in text]
    assert " ".join(parts) == words
    assert max(map(len, parts)) <= 100


@pytest.mark.parametrize(
    ("text", "limit"),
    [("x" * 250, 100), ("a" * 99 + "\n" + "b" * 99, 100), ("short", 100)],
    ids=["no space", "line", "one"],
)
def test_a_text_is_cut_without_losing_a_letter(text: str, limit: int) -> None:
    parts = rendering.pieces(text, limit)
    assert max(map(len, parts)) <= limit
    assert "".join("".join(parts).split()) == "".join(text.split())


async def test_a_reply_taken_back_never_leaves_and_the_clock_runs_on(store: Store, anna: Actor, clock: Clock) -> None:
    """M-6, M-9: undo."""
    sending = await do(store, reply, anna, await ticket(store, due_at=DUE))
    clock.push(timedelta(seconds=2))
    assert await do(store, lambda w, a, t: actions.take_back(w, a, t, sending.message_ids), anna, await again(store))
    view = await again(store)
    assert (view.state, view.answered_at, view.first_response_due) == ("open", None, DUE)
    clock.push(timedelta(minutes=1))
    async with store.unit() as work:
        assert not (await leases.claim(work, "chat", "chat:1", scheme="chat", limit=9)).ready


async def test_taking_back_what_has_left_changes_nothing(store: Store, anna: Actor, clock: Clock) -> None:
    sending = await do(store, reply, anna, await ticket(store, due_at=DUE))
    clock.push(HOLD)
    async with store.unit() as work:
        await leases.claim(work, "chat", "chat:1", scheme="chat", limit=9)
    before = await everything(store)
    undo: Act = lambda w, a, t: actions.take_back(w, a, t, sending.message_ids)  # noqa: E731
    assert await do(store, undo, anna, await again(store)) is False
    assert await everything(store) == before


async def test_taking_back_the_second_reply_leaves_the_first_one_standing(store: Store, anna: Actor) -> None:
    await do(store, reply, anna, await ticket(store, due_at=DUE))
    second = await do(store, reply, anna, await again(store))
    assert await do(store, lambda w, a, t: actions.take_back(w, a, t, second.message_ids), anna, await again(store))
    assert ((await again(store)).answered_at, await clock_of(store)) == (START, "met")


async def test_taking_back_the_reply_of_a_ticket_closed_since_leaves_no_half_closed_one(
    store: Store, anna: Actor
) -> None:
    sending = await do(store, reply, anna, await ticket(store, due_at=DUE))
    await do(store, actions.close, anna, await again(store))
    await do(store, lambda w, a, t: actions.take_back(w, a, t, sending.message_ids), anna, await again(store))
    row = await store.reading().one("SELECT state, closed_at FROM tickets")
    assert row == {"state": "open", "closed_at": None}


async def test_a_note_is_kept_and_nothing_is_sent(store: Store, anna: Actor) -> None:
    await do(store, lambda w, a, t: actions.note(w, a, t, " a hint "), anna, await ticket(store))
    assert (await entries(store, 1))[-1] == ("Anna", "a hint")
    assert await store.reading().one("SELECT id FROM messages WHERE direction = 'out'") is None


async def test_closing_ends_the_clock_and_reopening_brings_the_ticket_back(store: Store, anna: Actor) -> None:
    await do(store, lambda w, a, t: actions.close(w, a, t, reason="solved"), anna, await ticket(store, due_at=DUE))
    assert ((await again(store)).state, await clock_of(store)) == ("closed", "cancelled")
    assert (await entries(store, 1))[-1][1] == "Anna closed the ticket: solved"
    await do(store, actions.reopen, anna, await again(store))
    row = await store.reading().one("SELECT state, closed_at FROM tickets")
    assert row == {"state": "open", "closed_at": None}


async def test_closing_by_a_card_that_is_out_of_date_is_refused(store: Store, anna: Actor) -> None:
    """The customer has written since the card was drawn."""
    old = await ticket(store)
    await do(store, lambda w, a, t: actions.note(w, a, t, "x"), anna, old)
    assert "changed since" in await refused(store, actions.close, anna, old, errors.Conflict)
    by_card: Act = lambda w, a, t: actions.close(w, a, t, seen=old.version)  # noqa: E731
    await refused(store, by_card, anna, await again(store), errors.Conflict)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        pytest.param(actions.take, "closed", id="take"),
        pytest.param(lambda w, a, t: actions.assign(w, a, t, None), "closed", id="assign"),
        pytest.param(reply, "closed", id="reply"),
        pytest.param(actions.close, "closed", id="close"),
    ],
)
@pytest.mark.parametrize("fresh", [True, False], ids=["seen closed", "closed since it was seen"])
async def test_a_closed_ticket_is_left_alone(store: Store, anna: Actor, act: Act, code: str, fresh: bool) -> None:
    open_view = await ticket(store, due_at=DUE)
    await do(store, actions.close, anna, open_view)
    view = await again(store) if fresh else open_view
    refusal = await refusal_of(store, act, anna, view, errors.Conflict)
    assert refusal.code in ((code,) if fresh else (code, "lost", "stale"))


async def test_a_reply_to_ones_own_ticket_that_was_closed_meanwhile_is_not_sent(
    store: Store, anna: Actor, marek: Actor
) -> None:
    await do(store, actions.take, anna, await ticket(store))
    mine = await again(store)
    await do(store, actions.close, marek, mine)
    await refused(store, reply, anna, mine, errors.Conflict)


async def test_an_open_ticket_cannot_be_reopened(store: Store, anna: Actor) -> None:
    await refused(store, actions.reopen, anna, await ticket(store), errors.Conflict)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        pytest.param(lambda w, a, t: reply(w, a, t, "  "), errors.Invalid, id="an empty reply"),
        pytest.param(lambda w, a, t: reply(w, a, t, "x" * 20_001), errors.Invalid, id="too long a reply"),
        pytest.param(lambda w, a, t: reply(w, a, t, lines=Lines()), errors.NotFound, id="no line to the customer"),
        pytest.param(lambda w, a, t: actions.note(w, a, t, "\n"), errors.Invalid, id="an empty note"),
    ],
)
async def test_what_is_refused_has_no_effect(store: Store, anna: Actor, act: Act, error: type[Exception]) -> None:
    """M-9: the agent is told what to do; nothing was sent and nothing changed."""
    said = await refused(store, act, anna, await ticket(store, due_at=DUE), error)
    assert "Nothing was sent" in said


async def test_an_edited_message_keeps_its_old_words(store: Store) -> None:
    said: list[TicketChanged] = []

    async def hear(work: Work, events: Any) -> None:
        said.extend(events)

    store.handlers = {TicketChanged: (hear,)}
    view = await ticket(store, text="old words")
    row = await store.reading().one("SELECT message_id FROM entries")
    assert row is not None
    for _ in range(2):
        async with store.unit() as work:
            await happenings.amend(work, row["message_id"], "new words")
    assert [text for _, text in await entries(store, 1)] == ["new words", "edited; before: old words"]
    assert [(one.ticket_id, one.change) for one in said] == [(view.id, Change.AMENDED)]
    assert (await again(store)).version == view.version + 1


async def test_a_card_from_before_an_edit_closes_nothing(store: Store, anna: Actor) -> None:
    """M-9: "solved" has become "not solved" since he read it."""
    view = await ticket(store, text="solved")
    row = await store.reading().one("SELECT message_id FROM entries")
    assert row is not None
    async with store.unit() as work:
        await happenings.amend(work, row["message_id"], "not solved")
    by_card: Act = lambda w, a, t: actions.close(w, a, t, seen=view.version)  # noqa: E731
    await refused(store, by_card, anna, await again(store), errors.Conflict)
