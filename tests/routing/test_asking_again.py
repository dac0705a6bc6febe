"""Rules asked once more after a colleague's act: what they add, what they leave alone, and that they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel import rows
from kernel.unit import Store
from routing import asking_again
from routing.desk import Desk
from routing.events import AlertRaised, RuleAnswered, RuleAsked, RuleNotified
from tests.routing.test_deeds import SECRET, desk, handle, rule
from tests.tickets.letters import actor, arrived, entries, seen
from tickets import blocking, casework, changes, undoing

IN_CARDS, URGENT = 'ticket.queue == "cards"', "ticket.priority == 1"


async def moved(store: Store, found: Desk, anna: Actor, *, queue: str = "cards") -> tuple[list[str], list[Any]]:
    """Move T1 and ask again: the lines of the rules, and what was said."""
    async with store.unit() as work:
        await casework.move(work, anna, await seen(work, 1), queue)
        lines = await asking_again.again(work, found, (await seen(work, 1)).id)
        return [str(one) for one in lines], list(work.said)


async def prioritised(store: Store, found: Desk, anna: Actor, priority: int) -> list[str]:
    async with store.unit() as work:
        await casework.set_priority(work, anna, await seen(work, 1), priority)
        return [str(one) for one in await asking_again.again(work, found, (await seen(work, 1)).id)]


async def ruled(store: Store) -> Sequence[str]:
    return [text for author, text in await entries(store, 1) if author == "Centrala" and text.startswith("rule")]


async def stands(store: Store) -> tuple[str, int, list[str]]:
    [row] = await store.reading().fetch("SELECT queue, priority, tags FROM tickets WHERE number = 1")
    return row["queue"], row["priority"], rows.json(row["tags"]) or []


async def test_a_rule_about_the_new_queue_holds_after_a_move(store: Store) -> None:
    """M-6, bot.md 2.2: rules are asked again; a line names the rule, as when a message comes."""
    anna = await actor(store, role=Role.LEAD)
    found = desk(rule(IN_CARDS, name="cards", tags=["card"], priority=2))
    await handle(store, found, arrived())
    lines, _ = await moved(store, found, anna)
    assert lines == ["rule cards: priority 2, tag card"] == list(await ruled(store))
    assert await stands(store) == ("cards", 2, ["card"])


async def test_a_rule_about_the_priority_holds_after_it_is_set(store: Store) -> None:
    anna = await actor(store)
    found = desk(rule(URGENT, name="urgent", notify=["Anna"], escalate=True, note="Call him"))
    await handle(store, found, arrived())
    assert await prioritised(store, found, anna, 1) == ["rule urgent: note, told Anna, alert"]
    assert "rule urgent: Call him" in await ruled(store)


async def test_what_a_colleague_has_set_is_not_undone(store: Store) -> None:
    """M-6: neither the queue, nor his priority, nor a tag he took away, now or at a later act."""
    anna = await actor(store, role=Role.LEAD)
    everything = rule(name="all", queue="inbox", priority=1, tags=["vip", "card"], kind="complaint", assign="Anna")
    found = desk(rule("ticket.new", name="first", tags=["vip"]), everything | {"when": "!ticket.new"})
    await handle(store, found, arrived())
    async with store.unit() as work:
        await casework.set_tags(work, anna, await seen(work, 1), [])
    assert await prioritised(store, found, anna, 4) == ["rule all: tag card"]
    lines, _ = await moved(store, found, anna)
    assert lines == []
    assert await stands(store) == ("cards", 4, ["card"])
    view = await seen(store.reading(), 1)
    assert (view.kind, view.assignee_id) == ("question", None)


async def test_a_priority_that_was_taken_back_is_the_rules_again(store: Store) -> None:
    anna = await actor(store, role=Role.LEAD)
    found = desk(rule(IN_CARDS, name="cards", priority=2))
    await handle(store, found, arrived())
    assert await prioritised(store, found, anna, 4) == []
    async with store.unit() as work:
        done = await changes.last(work, anna.id)
        assert done is not None
        await undoing.undo(work, anna, done)
    assert (await moved(store, found, anna))[0] == ["rule cards: priority 2"]


async def test_the_move_is_taken_back_and_what_rules_added_stays(store: Store) -> None:
    """S5: the colleague's act has its inverse; the rule's is a line of its own."""
    anna = await actor(store, role=Role.LEAD)
    found = desk(rule(IN_CARDS, name="cards", tags=["card"]))
    await handle(store, found, arrived())
    await moved(store, found, anna)
    async with store.unit() as work:
        done = await changes.last(work, anna.id)
        assert done is not None
        await undoing.undo(work, anna, done)
    assert await stands(store) == ("inbox", 3, ["card"])


async def test_back_and_forth_a_rule_is_loud_once_a_ticket(store: Store) -> None:
    """M-6: the limit that letters have holds here, too; what a rule does asks no rule again."""
    anna = await actor(store, role=Role.LEAD)
    ping = rule(IN_CARDS, name="ping", notify=["Anna"], tags=["ping"])
    found = desk(ping, rule('"ping" in ticket.tags', name="pong", tags=["pong"]))
    await handle(store, found, arrived())
    told, asked = [], []
    for queue in ("cards", "inbox") * 3:
        lines, said = await moved(store, found, anna, queue=queue)
        told += [one for one in said if isinstance(one, RuleNotified)]
        asked.append(lines)
    assert len(told) == 1
    assert asked[:3] == [["rule ping: tag ping", "rule ping: told Anna"], ["rule pong: tag pong"], []]
    assert asked[3:] == [[], [], []]


async def test_the_customer_is_told_nothing_by_a_colleagues_act(store: Store) -> None:
    """M-6: replies and questions answer a message, and none has come."""
    anna = await actor(store, role=Role.LEAD)
    found = desk(rule(IN_CARDS, name="cards", reply="We look into it", ask=True, note="look"))
    await handle(store, found, arrived())
    lines, said = await moved(store, found, anna)
    assert lines == ["rule cards: note"]
    assert not [one for one in said if isinstance(one, (RuleAnswered, RuleAsked))]


async def test_a_webhook_is_told_once(store: Store) -> None:
    anna = await actor(store, role=Role.LEAD)
    found = desk(
        rule(IN_CARDS, name="cards", hook="erp"),
        hooks={"out": {"erp": {"url": "https://erp.example/in", "secret": SECRET}}},
    )
    await handle(store, found, arrived())
    for queue in ("cards", "inbox", "cards"):
        await moved(store, found, anna, queue=queue)
    posts = await store.reading().fetch("SELECT id FROM hook_posts")
    assert len(posts) == 1


@pytest.mark.parametrize("way", ["solved", "blocked"])
async def test_what_is_done_and_whom_we_do_not_hear_calls_nobody(store: Store, way: str) -> None:
    anna = await actor(store, role=Role.LEAD)
    found = desk(rule(IN_CARDS, name="cards", escalate=True, tags=["card"]))
    await handle(store, found, arrived())
    async with store.unit() as work:
        if way == "solved":
            await work.change("UPDATE tickets SET state = 'solved'")
        else:
            await blocking.block(work, anna, await seen(work, 1))
    lines, said = await moved(store, found, anna)
    assert lines == [] and not [one for one in said if isinstance(one, AlertRaised)]


async def test_a_rule_sees_the_newest_message_and_its_proof(store: Store) -> None:
    """M-6: the facts are those of the message that came last."""
    anna = await actor(store, role=Role.LEAD)
    found = desk(rule(f'{IN_CARDS} && message.text == "second"', name="newest", tags=["second"]))
    await handle(store, found, arrived(text="first"))
    await handle(store, found, arrived(text="second"))
    assert (await moved(store, found, anna))[0] == ["rule newest: tag second"]
