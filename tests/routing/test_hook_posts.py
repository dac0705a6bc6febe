"""A webhook as a step of a chain: a row that is leased, tried again, settled once, and the next step where it fails."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel.clock import Clock
from kernel.unit import Store
from routing import hook_posts
from routing.chains import Chain, Step
from routing.hook_posts import Outcome, Post
from tests.routing.test_climbing import TEN, Played
from tests.tickets.letters import actor, entries, seen
from tickets import actions

CHAIN = Chain("cards", (Step("webhook:pager"), Step("role:lead", TEN)))
NO = Outcome("it answered 500", again=True)
NEVER = Outcome("it answered 404")


@pytest.fixture
async def bea(store: Store) -> Actor:
    return await actor(store, "Bea", Role.LEAD)


async def claimed(store: Store) -> list[Post]:
    async with store.unit() as work:
        return await hook_posts.claim(work)


async def settled(store: Store, outcome: Outcome) -> list[Post]:
    """What a hub does in a turn, with this answer from the far side."""
    posts = await claimed(store)
    async with store.unit() as work:
        await hook_posts.settle(work, [(one, outcome) for one in posts])
    return posts


async def post(store: Store) -> dict[str, Any]:
    [row] = await store.reading().fetch("SELECT * FROM hook_posts")
    return row


async def test_a_post_is_written_with_its_step_and_tells_no_words_of_the_customer(
    store: Store, clock: Clock, bea: Actor
) -> None:
    """M-10: in the step's own unit; which ticket, how urgent, how far up."""
    played = Played(store, clock, CHAIN)
    await played.breach()
    assert await played.steps() == [(0, "posting", "webhook pager"), (1, "waiting", "")]
    told = json.loads((await post(store))["body"])
    assert told["type"] == "alert.escalated" and set(told) == {"type", "timestamp", "data"}
    assert {name: told["data"][name] for name in ("ticket", "priority", "level", "chain", "queue")} == {
        "ticket": "T1",
        "priority": 3,
        "level": 1,
        "chain": "cards",
        "queue": "inbox",
    }
    [ticket] = await store.reading().fetch("SELECT subject, contact_id FROM tickets")
    assert ticket["subject"] not in (await post(store))["body"]


async def test_a_post_that_is_taken_is_sent_and_the_next_step_comes_at_its_time(
    store: Store, clock: Clock, bea: Actor
) -> None:
    """A system that was told is nobody who has heard: the leads come ten minutes later."""
    played = Played(store, clock, CHAIN)
    await played.breach()
    assert len(await settled(store, Outcome())) == 1
    assert (await played.steps())[0] == (0, "sent", "webhook pager")
    assert ((await post(store))["state"], (await post(store))["due_at"]) == ("sent", None)
    await played.turn()
    assert played.told == []
    await played.after(TEN)
    assert played.told == [(1, 2, (bea.id,))]
    assert await settled(store, Outcome()) == []


async def test_what_fails_is_tried_again_and_then_the_next_step_comes_at_once(
    store: Store, clock: Clock, bea: Actor
) -> None:
    """After 5, 25 and 120 s; then it is written on the ticket, and the leads are told without waiting."""
    played = Played(store, clock, CHAIN)
    await played.breach()
    keys = []
    for pause in (*hook_posts.PAUSES, timedelta()):
        keys += [one.id for one in await settled(store, NO)]
        assert await claimed(store) == []
        clock.push(pause)
    assert len(keys) == 4 and len(set(keys)) == 1
    assert (await played.steps())[0] == (0, "failed", "webhook pager: it answered 500")
    await played.turn()
    assert played.told == [(1, 2, (bea.id,))]
    assert any("by webhook pager" in text and "500" in text for text in await texts(store))


async def test_what_is_refused_for_good_is_asked_once(store: Store, clock: Clock, bea: Actor) -> None:
    played = Played(store, clock, CHAIN)
    await played.breach()
    await settled(store, NEVER)
    await played.turn()
    assert played.told == [(1, 2, (bea.id,))]
    assert ((await post(store))["state"], (await post(store))["tries"]) == ("failed", 1)


async def test_what_a_killed_hub_had_in_hand_comes_again_under_the_same_key(
    store: Store, clock: Clock, bea: Actor
) -> None:
    """At least once: leased for a minute, then another hub's; the first that settles it settles it."""
    played = Played(store, clock, CHAIN)
    await played.breach()
    [first] = await claimed(store)
    assert await claimed(store) == []
    clock.push(hook_posts.LEASE)
    [again] = await claimed(store)
    assert first.id == again.id and again.tries == 2
    async with store.unit() as work:
        await hook_posts.settle(work, [(again, Outcome())])
    async with store.unit() as work:
        await hook_posts.settle(work, [(first, NEVER)])
    assert (await played.steps())[0] == (0, "sent", "webhook pager")


async def test_an_alert_that_is_seen_to_before_it_leaves_tells_nobody(store: Store, clock: Clock, bea: Actor) -> None:
    played = Played(store, clock, CHAIN)
    await played.breach()
    async with store.unit() as work:
        await actions.take(work, bea, await seen(work, 1))
    [one] = await settled(store, Outcome())
    assert not one.is_wanted
    assert (await played.steps())[0] == (0, "void", "seen to before it left")


async def test_a_chain_of_a_webhook_alone_is_loud_at_its_end(store: Store, clock: Clock, bea: Actor) -> None:
    """Nobody has heard: all who may see it are told."""
    played = Played(store, clock, Chain("cards", (Step("webhook:pager"),)))
    await played.breach()
    await settled(store, Outcome())
    await played.after(timedelta(minutes=30))
    assert played.loud == [False]


async def texts(store: Store) -> list[str]:
    return [text for _, text in await entries(store, 1)]
