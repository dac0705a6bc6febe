"""Which way answers go: by a colleague's choice, on to the next address, and back to the ticket what mail carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from channels import leases, settling
from channels.contract import Address, Capabilities, MessageId
from channels.events import MessageSettled
from channels.lines import Line, Lines
from channels.models import MessageState
from channels.settling import Outcome
from crmcore.access import Actor
from kernel import errors, ids
from kernel.unit import Store, Work
from tests.conftest import START
from tests.tickets.letters import CHAT, actor, arrived, entries, place, seen, ticket
from tickets import actions, changes, routes, undoing
from tickets.deliveries import Deliveries
from tickets.events import AnswerRerouted, Change, TicketChanged
from tickets.places import Place
from tickets.tokens import Tokens
from tickets.visible import TicketView

MAIL = Line(
    "mail", "mail:1", Capabilities("e-mail", "mailto", nicknames=("mail",), conversational=False, text_limit=10_000)
)
SMS = Line("text", "text:1", Capabilities("SMS", "tel"))
LINES = Lines([CHAT, MAIL, SMS])
TOKENS = Tokens(bytes(range(32)))


@pytest.fixture
def heard(store: Store) -> list[Any]:
    said: list[Any] = []

    async def hear(work: Work, events: Sequence[Any]) -> None:
        said.extend(events)

    settled = Deliveries(LINES, TOKENS).settled
    store.handlers = {MessageSettled: (settled,), AnswerRerouted: (hear,), TicketChanged: (hear,)}
    return said


@pytest.fixture
async def anna(store: Store) -> Actor:
    return await actor(store)


async def also_at(store: Store, on: TicketView, *addresses: Address) -> None:
    """Give the ticket's contact further addresses, none of which he wrote from yet."""
    async with store.unit() as work:
        for address in addresses:
            await work.change(
                "INSERT INTO identities (id, contact_id, scheme, value, verified, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                ids.new(),
                on.contact_id,
                address.scheme,
                address.value,
                True,
                work.now,
            )


async def reply(store: Store, by: Actor, number: int, text: str = "Answer") -> MessageId:
    async with store.unit() as work:
        sending = await actions.reply(work, by, await seen(work, number), text, lines=LINES, tokens=TOKENS)
    return sending.message_ids[0]


async def fail(store: Store, line: Line, reason: str) -> None:
    """The line's next message is claimed and refused for good."""
    async with store.unit() as work:
        [leased] = (
            await leases.claim(work, line.channel, line.account, scheme=line.capabilities.scheme, limit=9)
        ).ready
        outcome = Outcome(leased.outbound.id, leased.outbound.attempt, MessageState.FAILED, reason=reason)
        await settling.settle(work, [outcome])


async def claimed(store: Store, line: Line) -> list[Any]:
    async with store.unit() as work:
        found = (await leases.claim(work, line.channel, line.account, scheme=line.capabilities.scheme, limit=9)).ready
    return [one.outbound for one in found]


# -- via -----------------------------------------------------------------------------------------------------------


async def test_via_holds_until_the_customer_writes(store: Store, anna: Actor, heard: list[Any]) -> None:
    """M-7: the answer goes where he wrote last, unless a colleague chooses."""
    made = await ticket(store)
    await also_at(store, made, Address("tel", "+36301234567"))
    async with store.unit() as work:
        way = await routes.choose(work, anna, await seen(work, 1), "SMS", LINES)
    assert (way.label, way.address) == ("SMS", Address("tel", "+36301234567"))
    assert [event.change for event in heard] == [Change.ROUTED]
    await reply(store, anna, 1)
    [out] = await claimed(store, SMS)
    assert (out.address, out.text, out.automatic) == (Address("tel", "+36301234567"), "Answer", False)
    await place(store, arrived(text="Here again"))
    assert (await seen(store.reading(), 1)).scheme == CHAT.capabilities.scheme


@pytest.mark.parametrize("word", ["mail", "E-Mail", "email", "e-m"])
async def test_a_channel_is_named_as_people_type_it(store: Store, anna: Actor, word: str) -> None:
    await also_at(store, await ticket(store), Address("mailto", "e@x.example"))
    async with store.unit() as work:
        assert (await routes.choose(work, anna, await seen(work, 1), word, LINES)).label == "e-mail"


@pytest.mark.parametrize("word", ["", "fax", "?"])
async def test_an_unknown_channel_is_refused_with_those_there_are(store: Store, anna: Actor, word: str) -> None:
    await ticket(store)
    with pytest.raises(errors.Invalid, match=r"Chat, e-mail, SMS.*/via T1 Chat"):
        async with store.unit() as work:
            await routes.choose(work, anna, await seen(work, 1), word, LINES)


async def test_without_an_address_there_nothing_changes(store: Store, anna: Actor) -> None:
    before = await ticket(store)
    with pytest.raises(errors.NotFound, match="no SMS address"):
        async with store.unit() as work:
            await routes.choose(work, anna, before, "sms", LINES)
    assert await seen(store.reading(), 1) == before


# -- on to the next address ----------------------------------------------------------------------------------------


async def test_an_answer_refused_for_good_goes_on_by_the_next_address(
    store: Store, anna: Actor, heard: list[Any]
) -> None:
    """M-7: each address once, then the ticket waits for us again."""
    made = await ticket(store)
    await also_at(store, made, Address("tel", "+3630"), Address("mailto", "e@x.example"))
    await reply(store, anna, 1)
    heard.clear()
    await fail(store, CHAT, "refused: blocked")
    await fail(store, SMS, "opted_out")
    assert [(event.label, event.reason) for event in heard] == [("SMS", "refused: blocked"), ("e-mail", "opted_out")]
    assert (await seen(store.reading(), 1)).answered_at is not None
    [letter] = await claimed(store, MAIL)
    assert (letter.text, letter.subject, TOKENS.read(letter.token)) == ("Answer", "Re: Hello", (1, made.contact_id))
    async with store.unit() as work:
        await settling.settle(
            work, [Outcome(letter.id, letter.attempt, MessageState.FAILED, reason="refused: unknown")]
        )
    assert heard[-1] == TicketChanged(made.id, Change.UNANSWERED)
    assert (await seen(store.reading(), 1)).answered_at is None
    assert [author for author, _ in await entries(store, 1)].count("Anna") == 4, "she took it; and one a try"


@pytest.mark.parametrize("reason", ["too late", "misconfigured: 401"])
async def test_what_another_address_does_not_mend_goes_nowhere_else(
    store: Store, anna: Actor, heard: list[Any], reason: str
) -> None:
    await also_at(store, await ticket(store), Address("tel", "+3630"))
    await reply(store, anna, 1)
    await fail(store, CHAT, reason)
    assert await claimed(store, SMS) == []
    assert heard[-1].change is Change.UNANSWERED


async def test_an_address_known_to_refuse_us_is_passed_over(store: Store, anna: Actor, heard: list[Any]) -> None:
    await also_at(store, await ticket(store), Address("tel", "+3630"), Address("mailto", "e@x.example"))
    async with store.unit() as work:
        await work.change("UPDATE identities SET unreachable_since = ? WHERE scheme = 'tel'", work.now)
    await reply(store, anna, 1)
    await fail(store, CHAT, "refused")
    assert [event.label for event in heard if isinstance(event, AnswerRerouted)] == ["e-mail"]


# -- mail comes back -----------------------------------------------------------------------------------------------


def letter(sender: str, subject: str, **said: Any) -> Any:
    one = arrived(sender, channel="mail", subject=subject, **said)
    return replace(one, claimed=replace(one.claimed, raw=replace(one.claimed.raw, account=MAIL.account)))


async def mail(store: Store, *letters: Any) -> list[Place]:
    """As mail is placed: nobody vouches for its senders but our mail server (`proven`)."""
    return await place(store, *letters, conversational=False, is_hearsay=True, key=TOKENS.key)


async def test_a_token_brings_the_senders_own_answer_to_its_ticket(store: Store, anna: Actor) -> None:
    """S1: whatever the subject says by then."""
    [first] = await mail(store, letter("eszter", "Card", external_id="<a@x>"))
    token = TOKENS.issue(first.number, first.contact_id)
    [again] = await mail(store, letter("eszter", "something else", token=token))
    assert again.number == first.number


async def test_a_strangers_token_opens_his_own_ticket_with_a_link(store: Store) -> None:
    """S1: a true token or a true Message-ID in a stranger's hands appends nothing and discloses nothing."""
    [first] = await mail(store, letter("eszter", "Card", external_id="<a@x>"))
    token = TOKENS.issue(first.number, first.contact_id)
    [by_token] = await mail(store, letter("mallory", "Re: Card", token=token))
    [by_id] = await mail(store, letter("trudy", "Re: Card", references=("<a@x>",)))
    assert len({first.number, by_token.number, by_id.number}) == 3
    assert (by_token.previous_id, by_id.previous_id) == (first.id, first.id)
    assert len(await entries(store, first.number)) == 1


UNJOINED = [
    pytest.param({"subject": "Card"}, "nothing proves who sent it", id="the same subject"),
    pytest.param({"subject": "Re: [T1] Card"}, "nothing proves who sent it", id="the number"),
    pytest.param({"subject": "About T1"}, "nothing proves who sent it", id="the number among other words"),
    pytest.param({"subject": ""}, "nothing proves who sent it", id="no subject at all"),
    pytest.param({"subject": "New", "references": ("<a@x>",)}, "nothing proves", id="another subject on an old letter"),
    pytest.param({"subject": "Re: Card", "references": ("<a@x>",), "disproved": True}, "DMARC failed", id="forged"),
    pytest.param({"subject": "Re: Card", "references": ("<ours@d>",), "disproved": True}, "DMARC failed", id="our id"),
]


async def answered(store: Store, by: Actor) -> Place:
    """Eszter's ticket T1, made of <a@x> and answered by <ours@d>."""
    [first] = await mail(store, letter("eszter", "Card", external_id="<a@x>", proven=True))
    async with store.unit() as work:
        await work.change("UPDATE tickets SET scheme = 'mailto', address = 'e@x.example', account = ?", MAIL.account)
    await reply(store, by, first.number)
    [out] = await claimed(store, MAIL)
    async with store.unit() as work:
        await settling.settle(work, [Outcome(out.id, out.attempt, MessageState.SENT, external_id="<ours@d>")])
    return first


@pytest.mark.parametrize(("said", "why"), UNJOINED)
async def test_a_forged_sender_joins_nothing_by_what_anybody_knows(
    store: Store, anna: Actor, said: dict[str, Any], why: str
) -> None:
    """S1: From is the customer's, and nothing proves it: a ticket of its own, with a link and the reason."""
    first = await answered(store, anna)
    before = await entries(store, first.number)
    [made] = await mail(store, letter("eszter", **said))
    assert (made.number, made.previous_id) == (2, first.id)
    assert await entries(store, first.number) == before
    [_, (author, line)] = await entries(store, 2)
    assert author == "Centrala" and "T1" in line and why in line


JOINED = [
    pytest.param({"subject": "anything", "references": ("<ours@d>",)}, id="our id"),
    pytest.param({"subject": "Re: Card", "references": ("<a@x>",)}, id="his own letter, the same subject"),
    pytest.param({"subject": "Re: Card", "proven": True}, id="proved, the same subject"),
    pytest.param({"subject": "T1 again", "proven": True}, id="proved, the number"),
    pytest.param({"subject": "", "proven": True}, id="proved, no subject"),
]


@pytest.mark.parametrize("said", JOINED)
async def test_an_ordinary_customer_is_not_parted_from_his_ticket(
    store: Store, anna: Actor, said: dict[str, Any]
) -> None:
    """M-5: whose provider proves nothing answers our letter; whose does may begin anew."""
    first = await answered(store, anna)
    [joined] = await mail(store, letter("eszter", **said))
    assert joined.number == first.number


async def test_an_unproved_letter_opens_no_old_matter_but_by_what_we_made(store: Store, anna: Actor) -> None:
    """S1, rule 4 of contact-center.md: his own old letter is not enough, our answer is."""
    first = await answered(store, anna)
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, first.number))
    [anew] = await mail(store, letter("eszter", "Re: Card", references=("<a@x>",)))
    assert (anew.number, anew.previous_id) == (2, first.id)
    [again] = await mail(store, letter("eszter", "Re: Card", references=("<ours@d>",)))
    assert (again.number, again.is_reopened) == (first.number, True)


async def test_two_unproved_letters_in_a_batch_name_each_other(store: Store) -> None:
    """S1: the number of the first is given out by then."""
    places = await mail(store, letter("eszter", "Card"), letter("eszter", "Card"))
    assert [one.number for one in places] == [1, 2]
    assert "T1" in (await entries(store, 2))[1][1]


async def test_what_a_stranger_names_is_told_on_his_own_ticket(store: Store, anna: Actor) -> None:
    """S1: the link that colleagues see; his own is told nothing of it."""
    first = await answered(store, anna)
    token = TOKENS.issue(first.number, first.contact_id)
    [made] = await mail(store, letter("mallory", "Re: Card", token=token, proven=True))
    [_, (author, line)] = await entries(store, made.number)
    assert (author, line) == ("Centrala", "It names T1, which is not its sender's: not joined")


async def test_references_bring_mail_to_its_ticket_the_nearest_first(store: Store) -> None:
    """G5: in either direction, his own mails and ours."""
    [old] = await mail(store, letter("eszter", "Card", external_id="<a@x>"))
    [new] = await mail(store, letter("eszter", "Invoice", external_id="<b@x>"))
    names = ("<a@x>", "<b@x>", "<unknown@x>")
    [meant] = await mail(store, letter("eszter", "Re: whatever", references=names, proven=True))
    assert (old.number, meant.number) == (1, new.number)
    [meant] = await mail(store, letter("eszter", "Re: whatever", references=("<a@x>",), proven=True))
    assert meant.number == old.number


async def test_an_answer_carries_what_brings_the_next_one_back(store: Store, anna: Actor) -> None:
    [first] = await mail(store, letter("eszter", "Card", external_id="<a@x>", references=("<0@x>",)))
    async with store.unit() as work:
        await work.change("UPDATE tickets SET scheme = 'mailto', address = 'e@x.example', account = ?", MAIL.account)
    await reply(store, anna, first.number)
    [out] = await claimed(store, MAIL)
    assert (out.subject, out.references) == ("Re: Card", ("<0@x>", "<a@x>"))
    assert TOKENS.read(out.token) == (first.number, first.contact_id)
    async with store.unit() as work:
        await settling.settle(work, [Outcome(out.id, out.attempt, MessageState.SENT, external_id="<ours@d>")])
    [back] = await mail(store, letter("eszter", "AW: Card", references=("<ours@d>",)))
    assert back.number == first.number


async def test_a_machines_answer_joins_and_changes_nothing(store: Store, anna: Actor) -> None:
    """S4: an out-of-office does not open the matter again."""
    [first] = await mail(store, letter("eszter", "Card", external_id="<a@x>"))
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, first.number))
    before = await seen(store.reading(), first.number)
    [joined] = await mail(store, letter("eszter", "Out of office", references=("<a@x>",), automatic=True, proven=True))
    after = await seen(store.reading(), first.number)
    assert (joined.number, after.state, after.version) == (first.number, "closed", before.version)
    assert len(await entries(store, first.number)) == 3


async def test_an_old_letter_is_history(store: Store) -> None:
    """M-4: closed, under its true date."""
    written_at = START.replace(year=2024)
    [place_of] = await mail(store, letter("eszter", "Years ago", history=True, sent_at=written_at))
    found = await seen(store.reading(), place_of.number)
    assert (found.state, found.created_at) == ("closed", written_at)
    assert not place_of.starts


async def test_only_addresses_that_a_line_reaches_are_ways(store: Store) -> None:
    made = await ticket(store)
    await also_at(store, made, Address("fax", "1"), Address("tel", "+3630"))
    found = await routes.ways(store.reading(), made.contact_id, LINES)
    assert [way.label for way in found] == ["Chat", "SMS"]


async def test_a_colleagues_choice_is_taken_back_until_the_customer_writes(store: Store, anna: Actor) -> None:
    """S5: the way is as it was; once the customer has chosen by writing, it is his."""
    before = await ticket(store)
    await also_at(store, before, Address("mailto", "eszter@example.hu"))
    for is_late in (False, True):
        async with store.unit() as work:
            await routes.choose(work, anna, await seen(work, 1), "mail", LINES)
        assert (await seen(store.reading(), 1)).scheme == "mailto"
        if is_late:
            await place(store, arrived())
        async with store.unit() as work:
            done = await changes.last(work, anna.id)
            assert done is not None
            if is_late:
                with pytest.raises(errors.Conflict):
                    await undoing.undo(work, anna, done)
                return
            await undoing.undo(work, anna, done)
        after = await seen(store.reading(), 1)
        ways = [(one.channel, one.account, one.scheme, one.address) for one in (before, after)]
        assert ways[0] == ways[1]
