"""What a ticket is, and what is done with it: each act, its inverse, and that a refused one has no effect at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels import outbox
from channels.contract import Address
from channels.outbox import Draft, Ref
from crmcore import access, codes
from crmcore.access import Role, Scope
from kernel import errors, rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.tickets.letters import LINES, actor, arrived, close, entries, everything, place, seen
from tickets import (
    actions,
    blocking,
    casework,
    changes,
    clocks,
    complaints,
    kinds,
    merging,
    moving,
    undoing,
    values,
    visible,
)
from tickets.clocks import Start
from tickets.closing import Terms
from tickets.collision import CODE, Seen
from tickets.complaints import Line
from tickets.kinds import Field, Kind, Kinds, Type
from tickets.models import ClockKind, Ticket
from tickets.states import SHIPPED, Category, States, Word
from tickets.tokens import Tokens

SUPPLIER = Word("waiting_supplier", Category.WAITING_US, "Waiting for the supplier")
COMPLAINT = kinds.SHIPPED["complaint"]


async def undone(store: Store, by: access.Actor) -> str:
    async with store.unit() as work:
        done = await changes.last(work, by.id)
        assert done is not None
        return await undoing.undo(work, by, done)


async def test_a_house_names_its_states_and_we_decide_by_their_category(store: Store) -> None:
    """S5: states are data, each in a category."""
    await place(store, arrived())
    anna = await actor(store)
    async with store.unit() as work:
        assert await casework.set_state(work, anna, await seen(work, 1), SUPPLIER)
    found = await seen(store.reading(), 1)
    assert (found.state, found.own_state, found.is_done) == ("waiting_us", "waiting_supplier", False)
    assert States({"waiting_supplier": SUPPLIER}).shown(found.state, found.own_state) == "Waiting for the supplier"
    await place(store, arrived(text="and?"))
    found = await seen(store.reading(), 1)
    assert (found.state, found.own_state) == ("open", None), "the customer has written"


async def test_a_solved_ticket_is_off_the_lists_and_the_customer_opens_it_again(store: Store) -> None:
    """S5."""
    await place(store, arrived())
    anna = await actor(store)
    async with store.unit() as work:
        await actions.take(work, anna, await seen(work, 1))
        await casework.set_state(work, anna, await seen(work, 1), SHIPPED["solved"])
    assert (await visible.assigned(store.reading(), anna.id))[1] == 0
    [found] = await place(store, arrived(text="thanks!"))
    assert (found.number, found.state, found.is_reopened) == (1, "solved", False)
    [found] = await place(store, arrived(text="thanks, but it is still blocked"))
    assert (found.number, found.state, found.is_reopened) == (1, "open", True)


@pytest.mark.parametrize(
    ("text", "days", "number", "state"),
    [
        pytest.param("dziękuję 👍", 1, 1, "closed", id="thanks within the window: kept, and closed"),
        pytest.param("nie działa", 1, 1, "open", id="a matter within it"),
        pytest.param("nie działa", 4, 2, "open", id="after it a new one"),
    ],
)
async def test_a_queue_says_how_long_its_tickets_are_opened_again(
    store: Store, clock: Clock, text: str, days: int, number: int, state: str
) -> None:
    """S5: `reopen_days` of the queue, and courtesy opens nothing."""
    [first] = await place(store, arrived())
    await close(store, 1, clock.now())
    clock.push(timedelta(days=days))
    [found] = await place(store, arrived(text=text), reopens=lambda queue: timedelta(days=3))
    assert (found.number, found.state) == (number, state)
    assert found.previous_id == (first.id if number == 2 else None)
    assert text in [said for _, said in await entries(store, number)]


async def test_every_act_has_its_proof_and_is_taken_back(store: Store) -> None:
    """S5: actor, proof level, inverse."""
    await place(store, arrived())
    anna = access.Actor(*_fields(await actor(store)), proof="chat")
    before = await seen(store.reading(), 1)
    async with store.unit() as work:
        await casework.set_priority(work, anna, await seen(work, 1), 1)
        await casework.set_tags(work, anna, await seen(work, 1), ["vip", "VIP", "card"])
        await casework.set_kind(work, anna, await seen(work, 1), COMPLAINT)
        await values.put(work, anna, await seen(work, 1), COMPLAINT, {"result": "refunded", "accepted": "tak"})
        await casework.move(work, anna, await seen(work, 1), "cards", keep=True)
        await actions.take(work, anna, await seen(work, 1))
        await actions.close(work, anna, await seen(work, 1), reason="done")
    found = await seen(store.reading(), 1)
    assert (found.priority, found.tags, found.kind, found.queue) == (1, ("vip", "card"), "complaint", "cards")
    done = await changes.of(store.reading(), found.id)
    assert [one.verb for one in done] == ["close", "take", "move", "set", "kind", "tag", "prio"]
    assert {(one.actor, one.proof) for one in done} == {("Anna", "chat")}
    for _ in done:
        await undone(store, anna)
    after = await seen(store.reading(), 1)
    same = ("priority", "tags", "kind", "queue", "assignee_id", "state", "closed_at")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert await values.of(store.reading(), found.id) == {}
    assert await store.reading().fetch("SELECT * FROM ticket_watchers") == []


async def test_tags_that_rules_gave_are_in_nobodys_way(store: Store) -> None:
    """S5, M-6: what is there stays as it is; only what a colleague adds is looked at."""
    await place(store, arrived())
    anna = await actor(store)
    old = ["a" * 70, "VIP", "vip", "two  words", "!", *(f"t{number}" for number in range(20))]
    async with store.unit() as work:
        await work.update(Ticket, [{"id": (await seen(work, 1)).id, "tags": old}])
    before = await everything(store)
    async with store.unit() as work:
        assert not await casework.set_tags(work, anna, await seen(work, 1), ", ".join(old).split(","))
    assert await everything(store) == before
    for added in ("b" * 61, "?", "new"):
        with pytest.raises(errors.Invalid):
            async with store.unit() as work:
                await casework.set_tags(work, anna, await seen(work, 1), [*old, added])
    async with store.unit() as work:
        assert await casework.set_tags(work, anna, await seen(work, 1), old[:5])
        assert (await seen(work, 1)).tags == ("a" * 70, "VIP", "two  words", "!")
        assert await casework.set_tags(work, anna, await seen(work, 1), [*old[:5], "b" * 60])


@pytest.mark.parametrize("what", ["late", "another's", "changed since", "twice"])
async def test_an_undo_that_may_not_be_has_no_effect(store: Store, clock: Clock, what: str) -> None:
    """S5: fifteen minutes, by its author or a lead, and nothing is overwritten."""
    await place(store, arrived())
    anna, bela, marek = await actor(store), await actor(store, "Bela"), await actor(store, "Marek", Role.LEAD)
    async with store.unit() as work:
        await casework.set_priority(work, anna, await seen(work, 1), 1)
        done = await changes.last(work, anna.id)
    assert done is not None
    if what == "late":
        clock.push(timedelta(minutes=16))
    async with store.unit() as work:
        if what == "changed since":
            await casework.set_priority(work, marek, await seen(work, 1), 2)
        if what == "twice":
            await undoing.undo(work, marek, done)
    before = await everything(store)
    with pytest.raises((errors.Conflict, errors.Forbidden)):
        async with store.unit() as work:
            await undoing.undo(work, bela if what == "another's" else anna, done)
    assert await everything(store) == before


async def test_a_complaint_is_closed_with_its_fields_and_a_reason(store: Store) -> None:
    """S1-8, S5: the sentence names what is missing; the result and whether he accepts it are kept."""
    await place(store, arrived())
    anna = await actor(store)
    terms = Terms(COMPLAINT, needs_reason=True)
    async with store.unit() as work:
        await casework.set_kind(work, anna, await seen(work, 1), COMPLAINT)
    with pytest.raises(errors.Invalid, match="cannot be closed without cause, result, accepted"):
        async with store.unit() as work:
            await actions.close(work, anna, await seen(work, 1), terms=terms)
    async with store.unit() as work:
        given = {"cause": "Fuel card", "result": "a new card", "accepted": "igen", "root_cause": "the chip"}
        await values.put(work, anna, await seen(work, 1), COMPLAINT, given)
    with pytest.raises(errors.Invalid, match="closed with one of: answered, solved, card"):
        async with store.unit() as work:
            await actions.close(work, anna, await seen(work, 1), reason="whatever", terms=terms)
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, 1), reason="card replaced", terms=terms)
    found = await seen(store.reading(), 1)
    assert (found.state, found.close_reason) == ("closed", "card")
    assert await values.of(store.reading(), found.id) == {
        "cause": "card", "result": "a new card", "accepted": "yes", "root_cause": "the chip",
    }  # fmt: skip


@pytest.mark.parametrize("are_all_off", [False, True])
async def test_the_words_that_are_named_are_in_use(store: Store, are_all_off: bool) -> None:
    """S1-8: the example, too."""
    await place(store, arrived())
    anna = await actor(store)
    async with store.unit() as work:
        words = list(await codes.book(work, "reason"))
        off = words if are_all_off else words[:1]
        await codes.upsert(work, [codes.Facts("reason", code, active=False) for code in off])
    with pytest.raises(errors.Invalid) as refused:
        async with store.unit() as work:
            await actions.close(work, anna, await seen(work, 1), terms=Terms(needs_reason=True))
    said = str(refused.value)
    assert ("none there is in use" if are_all_off else f"/close T1 {words[1]} ") in said
    assert words[0] not in said.split()


async def test_the_report_of_complaints_counts_by_cause(store: Store) -> None:
    """S1-8, S0-22: the result, whether the customer accepts it, and where a root cause is known."""
    await place(store, arrived(), arrived("jan"), arrived("obcy"))
    anna = await actor(store)
    filled = {1: {"cause": "card", "accepted": "yes", "root_cause": "chip"}, 2: {"cause": "card", "accepted": "no"}}
    async with store.unit() as work:
        for number, given in filled.items():
            await casework.set_kind(work, anna, await seen(work, number), COMPLAINT)
            await values.put(work, anna, await seen(work, number), COMPLAINT, given)
    assert await complaints.report(store.reading()) == [Line("card", "", 2, 0, 1, 1, 1)]


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        (Type.NUMBER, "1 200,50", "1200.5"), (Type.NUMBER, "many", None), (Type.NUMBER, "-0", "0"),
        (Type.DATE, "10.3.2026", "2026-03-10"), (Type.DATE, "31.2.2026", None), (Type.DATE, "2026-03-10", "2026-03-10"),
        (Type.CHOICE, "RED", "red"), (Type.CHOICE, "green", None), (Type.YES_NO, "да", "yes"), (Type.YES_NO, "x", None),
        (Type.TEXT, " a ", "a"), (Type.TEXT, "", ""),
    ],
)  # fmt: skip
def test_fields_are_typed(kind: Type, written: str, kept: str | None) -> None:
    """S5: what is written is read, or refused with what was expected."""
    field = Field("x", kind, options=("red", "blue"))
    if kept is not None:
        assert kinds.read(field, written) == kept
        return
    with pytest.raises(errors.Invalid) as refused:
        kinds.read(field, written)
    assert refused.value.problems[0].expected == kinds.expected(field)


def test_a_house_changes_kinds_that_ship_and_adds_its_own() -> None:
    """S5."""
    own = Kinds({"fault": Kind("fault", label="Störung")})
    assert own.chosen("storung").name == "fault" and own.chosen("Complaint") is COMPLAINT
    assert own.of("gone").fields == ()


async def test_a_merge_moves_the_words_and_what_comes_late(store: Store) -> None:
    """S5: a redirect chain to the last, one customer only, a circle refused."""
    one = arrived(text="one", matter="one")
    await place(store, one)
    await place(store, arrived(text="two", matter="two"))
    await place(store, arrived(text="three", matter="three"))
    await place(store, arrived("obcy", text="other"))
    anna = await actor(store)
    async with store.unit() as work:
        await merging.merge(work, anna, await seen(work, 1), await seen(work, 2))
        await merging.merge(work, anna, await seen(work, 2), await seen(work, 3))
    first = await seen(store.reading(), 1)
    assert (first.state, first.merged_into) == ("closed", "T2")
    said = [text for author, text in await entries(store, 3) if author != "Anna"]
    assert said == ["one", "two", "three"]
    [late] = await place(store, arrived(text="late", matter="three"))
    before = await everything(store)
    for source, target in ((3, 1), (3, 4), (1, 3), (3, 3)):
        with pytest.raises(errors.Conflict):
            async with store.unit() as work:
                await merging.merge(work, anna, await seen(work, source), await seen(work, target))
    with pytest.raises(errors.Conflict, match=r"T1 was merged into T2"):
        async with store.unit() as work:
            await actions.reopen(work, anna, await seen(work, 1))
    assert await everything(store) == before
    assert late.number == 3


@pytest.mark.parametrize(
    ("runs", "is_owed"),
    [
        pytest.param((ClockKind.RESOLUTION, ClockKind.FIRST_RESPONSE), True, id="his answer is due"),
        pytest.param((ClockKind.RESOLUTION,), False, id="only the end of the matter is"),
    ],
)
async def test_a_merge_takes_over_when_an_answer_is_due(
    store: Store, runs: tuple[ClockKind, ...], is_owed: bool
) -> None:
    """S5: what the customer of the merged ticket was promised for his answer, the target owes him; no other time."""
    for matter in ("one", "two"):
        await place(store, arrived(text=matter, matter=matter))
    anna = await actor(store)
    async with store.unit() as work:
        source, target = await seen(work, 1), await seen(work, 2)
        due = {one: work.now + timedelta(hours=24 if one is ClockKind.RESOLUTION else 1) for one in runs}
        await clocks.start(work, [Start(source.id, one, at) for one, at in due.items()])
        await casework.set_state(work, anna, target, SHIPPED["waiting"])
    async with store.unit() as work:
        await merging.merge(work, anna, await seen(work, 1), await seen(work, 2))
    found = await store.reading().fetch("SELECT kind, due_at FROM clocks WHERE ticket_id = ?", target.id)
    owed = [("first_response", due[ClockKind.FIRST_RESPONSE])] if is_owed else []
    assert [(row["kind"], rows.instant(row["due_at"])) for row in found] == owed


async def test_what_refers_to_a_merged_ticket_lands_on_the_last(store: Store) -> None:
    """S5: a late answer to a message of the merged one."""
    [first] = await place(store, arrived(text="one", matter="one"))
    await place(store, arrived(text="two", matter="two"))
    anna = await actor(store)
    draft = Draft("chat", "chat:1", Address("chat", "eszter"), "reply", "answer", ref=Ref("ticket", first.id))
    async with store.unit() as work:
        await outbox.enqueue(work, [draft])
        await work.change("UPDATE messages SET external_id = 'out1', state = 'sent' WHERE id = ?", draft.id)
        await merging.merge(work, anna, await seen(work, 1), await seen(work, 2))
    [late] = await place(store, arrived(text="late", replies_to="out1"))
    assert late.number == 2


async def test_a_split_makes_a_ticket_of_its_own_and_undo_brings_it_back(store: Store) -> None:
    """S5."""
    for text in ("first", "second", "third"):
        await place(store, arrived(text=text))
    anna = await actor(store)
    async with store.unit() as work:
        ticket = await seen(work, 1)
        moved = await moving.movable(work, ticket.id)
        assert await merging.split(work, anna, ticket, moved[1:], subject="Second matter") == 2
        with pytest.raises(errors.Invalid, match="at least one has to stay"):
            await merging.split(work, anna, await seen(work, 1), moved[:1])
    found = await seen(store.reading(), 2)
    assert (found.subject, found.state, found.contact) == ("Second matter", "open", ticket.contact)
    assert [text for author, text in await entries(store, 2) if author != "Anna"] == ["second", "third"]
    await undone(store, anna)
    assert (await seen(store.reading(), 2)).merged_into == "T1"
    assert [text for author, text in await entries(store, 1) if author != "Anna"] == ["first", "second", "third"]


async def test_who_is_blocked_is_kept_and_calls_nobody(store: Store, clock: Clock) -> None:
    """S5: his messages are stored, and he is let in again when his time is over."""
    await place(store, arrived("obcy"))
    marek = await actor(store, "Marek", Role.LEAD)
    async with store.unit() as work:
        await blocking.block(work, marek, await seen(work, 1), until=clock.now() + timedelta(days=7), reason="insults")
        with pytest.raises(errors.Conflict, match="blocked already"):
            await blocking.block(work, marek, await seen(work, 1))
    sender = Address("chat", "obcy")
    assert await blocking.blocked(store.reading(), [sender, Address("chat", "eszter")]) == {sender}
    clock.push(timedelta(days=8))
    assert await blocking.blocked(store.reading(), [sender]) == set()
    async with store.unit() as work:
        await blocking.block(work, marek, await seen(work, 1))
    await undone(store, marek)
    assert await blocking.blocked(store.reading(), [sender]) == set()


async def test_the_second_to_answer_is_told_what_the_first_said(store: Store) -> None:
    """S5, M-14: nothing leaves until he has read it."""
    await place(store, arrived())
    ewa, anna = await actor(store, "Ewa"), await actor(store)
    ways = {"lines": LINES, "tokens": Tokens(b"k" * 32)}
    looked = (await visible.entries(store.reading(), (await seen(store.reading(), 1)).id))[-1].id
    async with store.unit() as work:
        await actions.reply(work, ewa, await seen(work, 1), "Your card works again", **ways)
    before = await everything(store)
    for unseen in (Seen(looked), Seen()):
        with pytest.raises(errors.Conflict, match=r"Ewa replied 09:00: Your card works again") as told:
            async with store.unit() as work:
                await actions.reply(work, anna, await seen(work, 1), "We look into it", seen=unseen, **ways)
        assert told.value.code == CODE
    assert await everything(store) == before
    now = (await visible.entries(store.reading(), (await seen(store.reading(), 1)).id))[-1].id
    async with store.unit() as work:
        await actions.reply(work, anna, await seen(work, 1), "And a new one is on its way", seen=Seen(now), **ways)
        await actions.reply(work, anna, await seen(work, 1), "By Friday", seen=Seen(anyway=True), **ways)


async def test_who_handed_a_ticket_over_still_sees_it(store: Store) -> None:
    """S5: both departments see it, one owns it; nobody else does."""
    await place(store, arrived())
    anna = await actor(store, queues=["inbox"])
    async with store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'north'")
        await casework.move(work, anna, await seen(work, 1), "cards", keep=True)
    north, south = (Scope(False, frozenset({queue}), access.StaffId(99)) for queue in ("north", "south"))
    assert await visible.by_number(store.reading(), 1, north) is not None
    assert await visible.by_number(store.reading(), 1, south) is None
    own = Scope(False, frozenset({"south"}), anna.id)
    async with store.unit() as work:
        await casework.watch(work, anna, await seen(work, 1))
    assert await visible.by_number(store.reading(), 1, own) is not None
    async with store.unit() as work:
        assert await casework.unwatch(work, anna, await seen(work, 1))
    assert await visible.by_number(store.reading(), 1, own) is None


def _fields(one: access.Actor) -> tuple[access.StaffId, str, Role, str, frozenset[str]]:
    return one.id, one.name, one.role, one.zone, one.queues
