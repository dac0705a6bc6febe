"""Where a customer's message belongs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels import leases, outbox, settling
from channels.contract import Address
from channels.models import MessageState
from channels.outbox import Draft, Ref
from channels.settling import Outcome
from crmcore.models.people import Identity
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START
from tests.tickets.letters import arrived, close, entries, person, place, seen
from tickets import belonging
from tickets.threads import REOPEN_WITHIN

WITHIN, PAST = REOPEN_WITHIN, REOPEN_WITHIN + timedelta(seconds=1)


async def test_a_first_message_opens_a_ticket(store: Store) -> None:
    """M-5: a number, a subject from its words, and the entry."""
    [made] = await place(store, arrived(text="\n My card is blocked. \nPlease help", name="Eszter"))
    view = await seen(store.reading(), made.number)
    assert (view.name, view.subject, view.state, view.queue) == ("T1", "My card is blocked.", "open", "inbox")
    assert (view.contact, view.scheme, view.address, view.account) == ("Eszter", "chat", "eszter", "chat:1")
    assert await entries(store, 1) == [("Eszter", "\n My card is blocked. \nPlease help")]


async def test_the_next_message_joins_the_open_ticket(store: Store) -> None:
    """M-5: a conversation is one ticket."""
    [first] = await place(store, arrived(text="one"))
    [second] = await place(store, arrived(text="two"))
    assert (second.id, second.is_new, second.is_reopened) == (first.id, False, False)
    assert (await seen(store.reading(), 1)).version > first.version
    assert [text for _, text in await entries(store, 1)] == ["one", "two"]


async def test_several_letters_of_one_contact_in_a_batch_make_one_ticket(store: Store) -> None:
    """M-5: in their order."""
    places = await place(store, *(arrived(text=str(n)) for n in range(5)))
    assert len({one.id for one in places}) == 1
    assert [text for _, text in await entries(store, 1)] == ["0", "1", "2", "3", "4"]


async def test_two_contacts_in_a_batch_do_not_mix(store: Store) -> None:
    """M-5: Obcy's words never stand in Eszter's ticket."""
    await place(store, arrived("eszter", "e1"), arrived("obcy", "o1"), arrived("eszter", "e2"), arrived("obcy", "o2"))
    assert [text for _, text in await entries(store, 1)] == ["e1", "e2"]
    assert [text for _, text in await entries(store, 2)] == ["o1", "o2"]


async def test_a_customers_answer_makes_a_waiting_ticket_open(store: Store) -> None:
    await place(store, arrived())
    async with store.unit() as work:
        await work.change("UPDATE tickets SET state = 'waiting', answered_at = ?", work.now)
    await place(store, arrived())
    view = await seen(store.reading(), 1)
    assert (view.state, view.answered_at) == ("open", START)


@pytest.mark.parametrize(
    ("age", "opened", "linked"),
    [
        pytest.param(timedelta(hours=1), [1], None, id="an hour later"),
        pytest.param(WITHIN, [1], None, id="14 days later to the second"),
        pytest.param(PAST, [1, 2], 1, id="after 14 days: a new one, linked"),
    ],
)
async def test_a_closed_ticket_is_opened_again_within_fourteen_days(
    store: Store, clock: Clock, age: timedelta, opened: list[int], linked: int | None
) -> None:
    """M-5."""
    [first] = await place(store, arrived())
    await close(store, 1, clock.now())
    clock.push(age)
    [second] = await place(store, arrived())
    found = await store.reading().fetch("SELECT number, state, previous_id, closed_at FROM tickets ORDER BY number")
    assert [row["number"] for row in found] == opened
    assert second.starts
    assert found[-1]["state"] == "open"
    assert found[-1]["closed_at"] is None
    assert found[-1]["previous_id"] == (first.id if linked else None)


async def test_reopening_starts_the_answer_anew(store: Store) -> None:
    await place(store, arrived())
    async with store.unit() as work:
        await work.change("UPDATE tickets SET answered_at = ?, state = 'closed', closed_at = ?", work.now, work.now)
    [again] = await place(store, arrived())
    assert again.is_reopened
    assert (await seen(store.reading(), 1)).answered_at is None


async def test_an_open_ticket_comes_before_a_newer_closed_one(store: Store) -> None:
    await place(store, arrived(subject="a"), conversational=False)
    await place(store, arrived(subject="b"), conversational=False)
    await close(store, 2, START)
    [found] = await place(store, arrived())
    assert found.number == 1


async def test_the_newest_open_ticket_is_joined(store: Store) -> None:
    await place(store, arrived(subject="a"), conversational=False)
    await place(store, arrived(subject="b"), conversational=False)
    [found] = await place(store, arrived())
    assert found.number == 2


async def sent(store: Store, ticket_id: int, external_id: str, address: str = "eszter") -> None:
    """A reply of ours about the ticket, as it left."""
    draft = Draft("chat", "chat:1", Address("chat", address), "reply", "Answer", ref=Ref("ticket", ticket_id))
    async with store.unit() as work:
        await outbox.enqueue(work, [draft])
        [leased] = (await leases.claim(work, "chat", "chat:1", scheme="chat", limit=1)).ready
        await settling.settle(work, [Outcome(draft.id, 1, MessageState.SENT, external_id=external_id)])
        assert leased.outbound.id == draft.id


async def test_a_reply_to_a_message_of_ours_joins_that_ticket(store: Store) -> None:
    """M-5: though another ticket is newer."""
    [old] = await place(store, arrived(subject="a"), conversational=False)
    await place(store, arrived(subject="b"), conversational=False)
    await sent(store, old.id, "77")
    [found] = await place(store, arrived(replies_to="77"))
    assert found.number == 1


async def test_a_reply_that_names_a_strangers_ticket_does_not_join_it(store: Store) -> None:
    """Obcy answers under a message that was Eszter's: it becomes his own ticket."""
    [eszters] = await place(store, arrived("eszter"))
    await sent(store, eszters.id, "77", address="obcy")
    [found] = await place(store, arrived("obcy", replies_to="77"))
    assert (found.number, found.is_new) == (2, True)


async def test_a_reply_to_a_message_of_a_ticket_closed_long_ago_opens_a_new_one(store: Store, clock: Clock) -> None:
    [old] = await place(store, arrived())
    await sent(store, old.id, "77")
    await close(store, 1, clock.now())
    clock.push(PAST)
    [found] = await place(store, arrived(replies_to="77"))
    assert (found.number, found.previous_id) == (2, old.id)


async def test_the_same_matter_joins_and_another_does_not(store: Store) -> None:
    """M-11: another system's thread is one ticket."""
    await place(store, arrived(matter="hook:erp/7"))
    await place(store, arrived(matter="hook:erp/8"))
    [found] = await place(store, arrived(matter="hook:erp/7"))
    assert found.number == 1
    [own] = await place(store, arrived())
    assert (own.number, own.is_new) == (3, True)


async def test_two_letters_of_a_new_matter_in_one_batch_make_one_ticket(store: Store) -> None:
    places = await place(store, arrived(matter="m/1"), arrived(matter="m/2"), arrived(matter="m/1"))
    assert [one.number for one in places] == [1, 2, 1]


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        pytest.param("Invoice 12", 1, id="the same"),
        pytest.param("Re: invoice 12", 1, id="an answer"),
        pytest.param("ODP: Re[2]: Fwd: INVOICE  12", 1, id="Polish, counted, forwarded"),
        pytest.param("Vá: Invoice 12", 1, id="Hungarian"),
        pytest.param("Отв: Invoice 12", 1, id="Russian"),
        pytest.param("Invoice 13", 2, id="another"),
        pytest.param("Request for invoice 12", 2, id="a word that begins like a prefix"),
        pytest.param("", 1, id="none"),
    ],
)
async def test_where_there_are_subjects_they_part_the_tickets(store: Store, subject: str, number: int) -> None:
    await place(store, arrived(subject="Invoice 12"), conversational=False)
    [found] = await place(store, arrived(subject=subject), conversational=False)
    assert found.number == number


@pytest.mark.parametrize("length", [79, 81, 200, 299, 301, 900], ids=str)
async def test_an_answer_to_a_long_subject_joins(store: Store, length: int) -> None:
    """M-5: however much of it is stored."""
    subject = ("Payment terminal at station 0412 in Gdynia, Morska street 100 " * 20)[:length]
    await place(store, arrived(subject=subject), conversational=False)
    [found] = await place(store, arrived(subject=f"Re: {subject}"), conversational=False)
    assert found.number == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"text": "x" * 200}, "x" * 79 + "…", id="long"),
        pytest.param({"text": ""}, "(no text)", id="nothing"),
        pytest.param({"text": " \n\t"}, "(no text)", id="white space"),
        pytest.param({"text": "", "unreadable": "broken"}, "(unreadable message)", id="unreadable"),
        pytest.param({"text": "body", "subject": " Card "}, "Card", id="its subject"),
        pytest.param({"text": "body", "subject": "S" * 301}, "S" * 300, id="a long subject of its own"),
    ],
)
async def test_a_ticket_always_has_a_subject(store: Store, said: dict[str, str], expected: str) -> None:
    await place(store, arrived("eszter", **said))
    assert (await seen(store.reading(), 1)).subject == expected


async def test_what_could_not_be_read_says_so(store: Store) -> None:
    await place(store, arrived(text="", unreadable="not an update"))
    assert [text for _, text in await entries(store, 1)] == ["unreadable: not an update"]


async def test_the_answer_goes_where_the_customer_last_wrote(store: Store) -> None:
    """M-8: over all channels."""
    await place(store, arrived("eszter"))
    known = await person(store, "eszter")
    also = {"id": 1, "contact_id": known.contact_id, "scheme": "tel", "value": "+36201234567", "verified": False}
    async with store.unit() as work:
        await work.insert(Identity, [also | {"created_at": work.now}])
    await place(store, arrived("+36201234567", scheme="tel", channel="sms"))
    view = await seen(store.reading(), 1)
    assert (view.channel, view.account, view.scheme, view.address) == ("sms", "sms:1", "tel", "+36201234567")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("Re: Karta", "karta"), ("FW: Fwd: Żółć", "zolc"), ("re:re:re: x", "x"), ("Reply", "reply"), ("", "")],
    ids=str,
)
def test_prefixes_of_a_subject_do_not_count(subject: str, expected: str) -> None:
    assert belonging.bare_subject(subject) == expected
