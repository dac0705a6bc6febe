"""What rules do beyond sorting: to whom, once a ticket, and with a line that names the rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from channels.contract import Address
from crmcore import staff
from crmcore.models.staff import Role
from hub import settings
from kernel import rows, texts
from kernel.errors import Invalid
from kernel.unit import Store
from routing import intake
from routing.desk import Desk
from routing.events import AlertRaised, RuleAnswered, RuleAsked, RuleNotified
from tests.tickets.letters import actor, arrived, entries, seen
from tickets import actions
from tickets.events import TicketOpened

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def desk(*rules: dict[str, Any], **more: Any) -> Desk:
    found = settings.check({"queues": {"cards": {}}, "rules": list(rules), **more})
    return Desk(found.queues, found.rules, {"chat": True}, calendars=found.calendars)


def rule(when: str = "true", name: str = "VIP", **then: Any) -> dict[str, Any]:
    return {"name": name, "when": when, **then}


async def handle(store: Store, found: Desk, *letters: Any) -> list[Any]:
    """Handle a batch; what it has said."""
    async with store.unit() as work:
        await intake.handle(work, found, letters)
        return list(work.said)


async def test_each_rule_that_changed_something_is_named_on_the_ticket(store: Store) -> None:
    """M-6: those that hold and change nothing are not."""
    found = desk(
        rule(name="first", queue="cards", kind="complaint"),
        rule(name="VIP", priority=1, tags=["vip"]),
        rule(name="idle", priority=2, tags=["vip"]),
    )
    await handle(store, found, arrived())
    assert (await entries(store, 1))[1:] == [
        ("Centrala", "rule first: queue cards, kind complaint"),
        ("Centrala", "rule VIP: priority 1, tag vip"),
    ]
    [row] = await store.reading().fetch("SELECT kind, queue, priority FROM tickets")
    assert (row["kind"], row["queue"], row["priority"]) == ("complaint", "cards", 1)


async def test_a_ticket_goes_to_the_colleague_named(store: Store) -> None:
    """M-6: by handle, before it is given to who has the fewest; a name that is nobody's is told on the ticket."""
    await actor(store, "Anna Kowalska")
    found = desk(rule("message.text == 'a'", assign="@anna"), rule("message.text == 'b'", assign="Zoja"))
    await handle(store, found, arrived("one", "a"), arrived("two", "b"))
    assert [(await seen(store.reading(), number)).assignee for number in (1, 2)] == ["Anna Kowalska", None]
    assert (await entries(store, 1))[1:] == [("Centrala", "rule VIP: given to Anna Kowalska")]
    assert (await entries(store, 2))[1:] == [
        ("Centrala", "rule VIP: given to nobody, as no colleague is called Zoja")
    ]  # fmt: skip


async def test_who_has_a_ticket_keeps_it(store: Store) -> None:
    await actor(store, "Anna")
    await handle(store, desk(), arrived("one", "hello"))
    await handle(store, desk(rule(assign="Anna")), arrived("one", "again"))
    assert (await seen(store.reading(), 1)).assignee is None  # the matter is under way


async def test_notes_words_and_alerts_come_once_a_ticket(store: Store) -> None:
    """M-6: a customer who writes ten times does not call ten times; also in one batch."""
    await actor(store, "Anna")
    found = desk(rule(note="Call him back", notify=["Anna", "manager"], escalate=True))
    said = await handle(store, found, arrived("one", "a"), arrived("one", "b"))
    said += await handle(store, found, arrived("one", "c"))
    [told] = [one for one in said if isinstance(one, RuleNotified)]
    assert (len(told.staff_ids), told.manager) == (1, True)
    [alert] = [one for one in said if isinstance(one, AlertRaised)]
    assert alert.is_called
    lines = [text for author, text in await entries(store, 1) if author == "Centrala"]
    assert sorted(lines) == ["rule VIP: Call him back", "rule VIP: note, told Anna, told the manager, alert"]
    kinds = await store.reading().fetch("SELECT count(*) AS n FROM entries WHERE kind = 'note'")
    assert kinds[0]["n"] == 1


async def test_two_letters_of_a_batch_call_once_each_for_what_is_new(store: Store) -> None:
    """M-6: what has been loud on the ticket stays quiet, whichever of the letters it holds for."""
    found = desk(rule("message.text == 'a'", name="A", note="a came"), rule("message.text == 'b'", name="B", note="b"))
    await handle(store, found, arrived("one", "a"))
    await handle(store, found, arrived("one", "a"), arrived("one", "b"))
    assert await _notes(store) == ["rule A: a came", "rule B: b"]


async def test_a_matter_that_begins_again_calls_again_whatever_joins_it(store: Store) -> None:
    """M-6: and once, though two letters open it."""
    anna = await actor(store, "Anna")
    found = desk(rule(note="look"))
    await handle(store, found, arrived("one", "a"))
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, 1))
    await handle(store, found, arrived("one", "b"), arrived("one", "c"))
    assert await _notes(store) == ["rule VIP: look", "rule VIP: look"]


async def _notes(store: Store) -> list[str]:
    return [
        row["text"] for row in await store.reading().fetch("SELECT text FROM entries WHERE kind = 'note' ORDER BY id")
    ]


@pytest.mark.parametrize(
    ("said", "replies"),
    [
        pytest.param({}, 1, id="a person"),
        pytest.param({"automatic": True}, 0, id="a machine"),
        pytest.param({"history": True}, 0, id="an old letter"),
    ],
)
async def test_a_reply_goes_to_people_only(store: Store, said: dict[str, Any], replies: int) -> None:
    """S4: a machine is never answered; one reply a message, and no acknowledgement besides."""
    found = desk(rule(name="a", reply="First"), rule(name="b", reply="Second"))
    events = await handle(store, found, arrived(**said))
    answers = [one for one in events if isinstance(one, RuleAnswered)]
    assert [dict(one.reply) for one in answers] == [{"": "First"}] * replies
    opened = [one for one in events if isinstance(one, TicketOpened)]
    assert all(one.is_answered is bool(replies) for one in opened)


async def test_rules_see_recipients_companies_and_earlier_tickets(store: Store) -> None:
    """M-6: gathered for the batch, and only where a rule asks."""
    found = desk(
        rule('"billing@desk.example" in message.to', name="to", tags=["to"]),
        rule("contact.new", name="new", tags=["new"]),
        rule('"new" in contact.tags', name="again", tags=["again"]),
        rule('message.words.contains(" faktur")', name="words", tags=["words"]),
    )
    await handle(store, found, arrived("one", "Faktúra", recipients=("Billing@desk.example",)))
    await handle(store, found, arrived("one", "more", matter="other"))
    assert (await seen(store.reading(), 1)).tags == ("to", "new", "words")
    assert (await seen(store.reading(), 2)).tags == ("again",)


async def test_hours_are_those_of_the_calendars(store: Store) -> None:
    """M-6: START is a Tuesday, ten in Warsaw."""
    calendars = {
        "day": {"zone": "Europe/Warsaw", "hours": {"tue": ["08:00-16:00"]}},
        "night": {"zone": "Europe/Warsaw", "hours": {"tue": ["20:00-24:00"]}},
    }
    found = desk(
        rule('"day" in hours.open', name="d", tags=["day"]),
        rule('!("night" in hours.open)', name="n", tags=["no-night"]),
        calendars=calendars,
    )
    await handle(store, found, arrived())
    assert (await seen(store.reading(), 1)).tags == ("day", "no-night")


async def test_a_colleague_who_has_left_gets_nothing(store: Store) -> None:
    async with store.unit() as work:
        await staff.add(work, "Anna", Role.AGENT, [Address("chat", "7")])
        await staff.remove(work, "Anna")
    said = await handle(store, desk(rule(assign="Anna", notify=["Anna"])), arrived())
    assert not [one for one in said if isinstance(one, RuleNotified)]
    assert (await seen(store.reading(), 1)).assignee is None


async def fields_of(store: Store) -> dict[str, str]:
    found = await store.reading().fetch("SELECT name, value FROM ticket_fields ORDER BY name")
    return {row["name"]: row["value"] for row in found}


async def test_fields_that_are_empty_are_set_and_others_are_left(store: Store) -> None:
    """M-6: when the matter begins; of several rules the first; what stands there already stays."""
    kinds = {"complaint": {"fields": [{"name": "litres", "type": "number"}, {"name": "colour"}]}}
    found = desk(
        rule(name="kind", kind="complaint", set={"litres": 5}),
        rule(name="more", set={"litres": 6, "colour": "red"}),
        kinds=kinds,
    )
    found.kinds = settings.check({"kinds": kinds}).kinds
    await handle(store, found, arrived("one", "a"))
    assert await fields_of(store) == {"colour": "red", "litres": "5"}
    lines = await entries(store, 1)
    assert ("rule kind", "rule kind set litres: 5") in lines and ("rule more", "rule more set colour: red") in lines
    later = desk(rule(name="later", set={"litres": 7}), kinds=kinds)
    later.kinds = found.kinds
    await handle(store, later, arrived("one", "b"))
    assert await fields_of(store) == {"colour": "red", "litres": "5"}


async def test_a_field_that_cannot_be_set_is_told_on_the_ticket(store: Store) -> None:
    """M-6: the kind has none of that name, or a word is no word of its codebook any more; the rest is done."""
    found = desk(rule(kind="complaint", set={"station": "0999", "product": "card"}, tags=["x"]))
    await handle(store, found, arrived("one", "a"))
    lines = [text for _, text in await entries(store, 1)]
    [refused] = [one for one in lines if "station not set" in one]
    assert refused.startswith("rule VIP: station not set: expected the code of a station")
    [row] = await store.reading().fetch("SELECT text, said FROM entries WHERE text LIKE '%station not set%'")
    polish = texts.told("pl", row["text"], rows.json(row["said"]))
    assert polish.startswith("reguła VIP: nie ustawiono station: oczekiwano: kod stacji"), polish
    assert (await seen(store.reading(), 1)).tags == ("x",)


async def test_a_rule_tells_a_webhook_once_a_ticket(store: Store) -> None:
    """M-6, M-10: by a row of the same unit; which ticket and how it stands, no words of the customer."""
    found = desk(
        rule(hook="crm", tags=["vip"]), hooks={"out": {"crm": {"url": "https://crm.example", "secret": SECRET}}}
    )
    await handle(store, found, arrived("one", "my secret"), arrived("one", "again"))
    await handle(store, found, arrived("one", "more"), arrived("two", "old", history=True))
    [row] = await store.reading().fetch("SELECT hook, rule, step_id, body FROM hook_posts")
    assert (row["hook"], row["rule"], row["step_id"]) == ("crm", "VIP", None)
    told = json.loads(row["body"])
    assert told["type"] == "rule.matched" and told["data"]["ticket"] == "T1" and told["data"]["tags"] == ["vip"]
    assert "my secret" not in row["body"]
    assert ("Centrala", "rule VIP: webhook crm") in await entries(store, 1)


@pytest.mark.parametrize(
    ("said", "asked"), [({}, 1), ({"automatic": True}, 0), ({"history": True}, 0)], ids=["a person", "machine", "old"]
)
async def test_people_only_are_asked_and_once(store: Store, said: dict[str, Any], asked: int) -> None:
    """S4, B-6: by the first rule that wants it, when the matter begins."""
    found = desk(rule(name="a", ask=True), rule(name="b", ask=True))
    events = await handle(store, found, arrived("one", "a", **said))
    events += await handle(store, found, arrived("one", "b", **said))
    assert [one.rule for one in events if isinstance(one, RuleAsked)] == ["a"] * asked


@pytest.mark.parametrize(
    ("written", "field", "expected"),
    [
        pytest.param({"hook": "crm"}, "hook", "a name under [hooks.out]: none is set", id="no such webhook"),
        pytest.param({"set": {"colour": "red"}}, "set.colour", "a field of the kind: ", id="no kind has it"),
        pytest.param({"kind": "order", "set": {"cause": "x"}}, "set.cause", "it has none", id="this kind has none"),
        pytest.param({"set": {"accepted": "perhaps"}}, "set.accepted", "yes or no", id="it could not hold that"),
    ],
)
def test_wrong_acts_are_told_with_their_place(written: dict[str, Any], field: str, expected: str) -> None:
    with pytest.raises(Invalid) as caught:
        settings.check({"rules": [rule(**written)]})
    [problem] = caught.value.problems
    assert problem.field == f"rules.0 (VIP).{field}" and expected in problem.expected
