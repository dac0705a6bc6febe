"""Links for files and questions as rows: what is wanted, one run a customer, and who a link belongs to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmcore.access import Actor, Role, StaffId
from kernel import errors, ids
from kernel.clock import Clock
from kernel.unit import Store
from tests.tickets.letters import actor, arrived, close, entries, place, seen
from tickets import changes, happenings, questions, uploads, values
from tickets.events import TicketChanged
from tickets.kinds import SHIPPED, Field, Kind, Type
from tickets.models import AuthorKind
from tickets.questions import Put, RunState
from tickets.uploads import Stands

COMPLAINT = SHIPPED["complaint"]
OWN = Kind("own", (Field("a"), Field("b", Type.NUMBER, required=True), Field("c", asks=False), Field("d", after="b")))


@pytest.mark.parametrize(
    ("kind", "held", "skipped", "expected"),
    [
        pytest.param(OWN, {}, (), ["b", "a"], id="required first"),
        pytest.param(OWN, {"b": "1"}, (), ["a", "d"], id="what waited"),
        pytest.param(OWN, {"b": "1"}, ("a", "d"), [], id="all left out"),
        pytest.param(OWN, {"a": "x", "b": ""}, (), ["b"], id="emptied"),
        pytest.param(COMPLAINT, {}, (), ["cause", "product", "station"], id="not what only we know"),
        pytest.param(COMPLAINT, {"result": "x"}, (), ["cause", "accepted", "product", "station"], id="a result"),
    ],
)
def test_only_what_is_empty_and_his_to_say_is_asked(
    kind: Kind, held: dict[str, str], skipped: tuple[str, ...], expected: list[str]
) -> None:
    """B-6."""
    assert [one.name for one in questions.wanted(kind, held, skipped)] == expected


async def begin(store: Store, anna: Actor, number: int, address: str = "eszter") -> int:
    message_id = ids.new()
    async with store.unit() as work:
        put = Put("b", message_id, "chat:1", address)
        await questions.begin(work, anna, await seen(work, number), put, [OWN.fields[1]])
    return message_id


async def states(store: Store) -> list[str]:
    return [row["state"] for row in await store.reading().fetch("SELECT state FROM question_runs ORDER BY id")]


async def test_a_customer_has_one_run_at_a_time(store: Store) -> None:
    """Over all his tickets; another customer has his own."""
    anna = await actor(store)
    await place(store, arrived(subject="one"), conversational=False)
    await place(store, arrived(subject="two"), conversational=False)
    await place(store, arrived("jan"))
    await begin(store, anna, 1)
    for number in (1, 2):
        with pytest.raises(errors.Conflict, match=r"asked about T1 already.*/ask T1 off"):
            await begin(store, anna, number)
    await begin(store, anna, 3, "jan")
    assert await questions.running(store.reading(), {("chat:1", "eszter"), ("chat:1", "x"), ("sms:1", "jan")}) == {
        ("chat:1", "eszter")
    }, "there and nowhere else"
    async with store.unit() as work:
        assert await questions.stop(work, anna, await seen(work, 1))
        assert not await questions.stop(work, anna, await seen(work, 1))
    await begin(store, anna, 2)
    assert await states(store) == ["stopped", "running", "running"]


async def test_a_run_ends_once(store: Store, clock: Clock) -> None:
    """By its time or by its ticket, whichever is first; the ticket says so once."""
    anna = await actor(store)
    await place(store, arrived())
    await begin(store, anna, 1)
    [due] = await store.reading().fetch(f"{questions.SOURCE.waiting} ORDER BY due_at")
    async with store.unit() as work:
        assert await questions.fire(work, [due["id"]]) == 0, "not yet"
    clock.push(timedelta(hours=24))
    async with store.unit() as work:
        assert await questions.at(work, "chat:1", "eszter") is None, "an answer that is late is a message"
    async with store.unit() as work:
        assert await questions.fire(work, [due["id"]]) == 1
        assert await questions.fire(work, [due["id"]]) == 0
        await questions.closed(work, [(await seen(work, 1)).id])
    assert await states(store) == [RunState.EXPIRED]
    assert ("Centrala", "questions ended: no answer about b for 24 hours") in await entries(store, 1)


async def test_what_a_customer_sets_is_his_own_act(store: Store) -> None:
    """An event of his, with its inverse; no colleague did it."""
    await place(store, arrived())
    himself = Actor(StaffId(0), "Eszter", Role.AGENT, "UTC", frozenset(), proof="chat")
    async with store.unit() as work:
        await values.put(work, himself, await seen(work, 1), OWN, {"b": "2"}, author=AuthorKind.CUSTOMER)
        assert [event.actor_id for event in work.said if isinstance(event, TicketChanged)] == [None]
    [row] = await store.reading().fetch("SELECT author_kind, author, author_id FROM entries WHERE text LIKE '%set b%'")
    assert (row["author_kind"], row["author"], row["author_id"]) == ("customer", "Eszter", None)
    [done] = await changes.of(store.reading(), (await seen(store.reading(), 1)).id)
    assert (done.actor, done.proof, done.inverse) == ("Eszter", "chat", {"fields": {"b": ["", "2"]}})


async def test_a_link_is_its_customers_alone(store: Store, clock: Clock) -> None:
    """It goes with him when he proves to be another; of a ticket that went without it there is no such link."""
    anna = await actor(store)
    [made] = await place(store, arrived())
    [other] = await place(store, arrived("jan"))
    async with store.unit() as work:
        token = await uploads.issue(work, anna, await seen(work, 1))
    assert len(token) >= 22
    found = await uploads.by_token(store.reading(), token)
    assert found is not None and (found.number, found.stands) == (1, Stands.OPEN)
    async with store.unit() as work:
        await happenings.hand_over(work, made.contact_id, other.contact_id)
    found = await uploads.by_token(store.reading(), token)
    assert found is not None and found.stands is Stands.OPEN
    async with store.unit() as work:
        used = await uploads.use(work, found.id)
        assert used is not None and (used.ticket_number, used.contact_id) == (1, other.contact_id)
        assert await uploads.use(work, found.id) is None, "once"
    async with store.unit() as work:
        await work.change("UPDATE tickets SET contact_id = ? WHERE number = 1", made.contact_id)
    assert await uploads.by_token(store.reading(), token) is None
    assert await uploads.by_token(store.reading(), "x" * 22) is None


async def test_a_link_stands_until_it_is_used_replaced_or_late_or_its_ticket_over(store: Store, clock: Clock) -> None:
    anna = await actor(store)
    await place(store, arrived())

    async def stands(token: str) -> Stands | None:
        found = await uploads.by_token(store.reading(), token)
        return found.stands if found else None

    async with store.unit() as work:
        first = await uploads.issue(work, anna, await seen(work, 1))
        second = await uploads.issue(work, anna, await seen(work, 1))
    assert (await stands(first), await stands(second)) == (Stands.REPLACED, Stands.OPEN)
    clock.push(uploads.OPEN_FOR - timedelta(seconds=1))
    assert await stands(second) is Stands.OPEN
    await close(store, 1, clock.now())
    assert await stands(second) is Stands.CLOSED
    clock.push(timedelta(seconds=1))
    assert await stands(second) is Stands.EXPIRED
