"""The overview on a furnished database: every number leads to exactly as many lines, and to the right ones."""

from __future__ import annotations

import html
import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels.models import Message, MessageState, RawMessage, RawState
from console.watch import ChannelState, Nothing
from crmcore.access import Role
from kernel import ids
from kernel.clock import Clock
from kernel.unit import Store
from routing.models import Alert
from tests.conftest import START
from tests.support import visiting
from tests.support.visiting import Visitor
from tests.tickets import letters
from tickets.models import Entry

FIGURE = re.compile(r'href="(/manager/[^"]+)" data-figure="(\d+)"')
LINE = re.compile(r'<li class="(?:tone-\w+|card line)"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')
NAME = re.compile(r'<span class="number">(T\d+)</span>')
QUEUES = {"cards": {"first_response": "1h"}, "north & south": {}}
MANY = 130  # more than a page holds


class Quiet(Nothing):
    """A hub in quiet mode with one channel that stands still."""

    def is_quiet(self) -> bool:
        return True

    def channels(self) -> list[ChannelState]:
        return [ChannelState("chat", "chat:1", "Chat", is_ready=True, said="throttled: <wait>", last_in_at=START)]


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting.visiting(store, tmp_path, {"queues": QUEUES}, watch=Quiet()) as visitor:
        await visitor.hire(Role.AGENT, Role.LEAD)
        yield visitor


async def furnish(desk: Visitor) -> None:
    """Tickets of all kinds by a fixed chance, alerts, and messages of each pile."""
    chance = random.Random(7)
    dues = [None, timedelta(hours=-1), timedelta(), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    for number in range(MANY):
        due = chance.choice(dues)
        view = await letters.ticket(desk.store, f"person{number}", due_at=START + due if due is not None else None)
        queue = chance.choice(["inbox", "cards", "north & south", "gone"])
        owner = chance.choice([None, desk.staff["agent"], desk.staff["lead"]])
        async with desk.store.unit() as work:
            await work.change("UPDATE tickets SET queue = ?, assignee_id = ? WHERE id = ?", queue, owner, view.id)
            if chance.random() < 0.1:
                await work.change("UPDATE tickets SET state = 'closed' WHERE id = ?", view.id)
            elif chance.random() < 0.1:
                until = START + timedelta(days=1)
                await work.change("UPDATE tickets SET snoozed_until = ? WHERE id = ?", until, view.id)
            elif chance.random() < 0.2:
                await work.change("UPDATE clocks SET ended_at = ? WHERE ticket_id = ?", START, view.id)
            if chance.random() < 0.2:
                await work.insert(Alert, [alert(view.id, chance.choice(["open", "acked", "resolved"]))])
    async with desk.store.unit() as work:
        states = [MessageState.FAILED] * 3 + [MessageState.MAYBE] * 2 + [MessageState.WITHHELD] * 4
        states += [MessageState.QUEUED] * 2 + [MessageState.LEASED, MessageState.SENT]
        await work.insert(Message, [message(state) for state in states])
        await work.insert(Message, [{**message(MessageState.FAILED), "created_at": START - timedelta(days=8)}])
        await work.insert(RawMessage, [raw(state) for state in (RawState.PARKED, RawState.PARKED, RawState.DONE)])


def alert(ticket_id: int, state: str) -> dict[str, object]:
    new: dict[str, object] = {"id": ids.new(), "ticket_id": ticket_id, "kind": "first_response", "state": state}
    return {**new, "run": 1, "due_at": START, "created_at": START}


def message(state: MessageState) -> dict[str, object]:
    return {
        "id": ids.new(), "direction": "out", "channel": "chat", "account": "chat:1", "address": "x",
        "operation": "send", "purpose": "reply", "subject": "", "text": "secret words", "state": state.value,
        "priority": 1, "tries": 0, "due_at": START, "reason": "gone", "created_at": START - timedelta(minutes=5),
    }  # fmt: skip


def raw(state: RawState) -> dict[str, object]:
    own = ids.new()
    new: dict[str, object] = {"id": own, "channel": "chat", "account": "chat:1", "external_key": str(own)}
    return {**new, "address": "x", "received_at": START, "state": state.value, "tries": 5, "due_at": START}


async def lines(desk: Visitor, path: str) -> tuple[int, list[str]]:
    """How many lines a list has over all its pages, and the tickets it names."""
    count, names = 0, []
    while path:
        status, page = await desk.get(path)
        assert status == 200, path
        count += len(LINE.findall(page))
        names += NAME.findall(page)
        more = NEXT.findall(page)
        path = html.unescape(more[0]) if more else ""
    return count, names


async def test_every_number_leads_to_exactly_so_many_lines(desk: Visitor) -> None:
    """S0-5: a number that a list does not bear out is worse than none."""
    await furnish(desk)
    await desk.enter("lead")
    status, page = await desk.get("/manager")
    assert status == 200
    found = [(html.unescape(href), int(count)) for href, count in FIGURE.findall(page)]
    assert len(found) == 9 + 4 * 4 + 2 * 4  # tiles, queues (one is gone from the settings), people
    assert sum(count for _, count in found) > 2 * MANY
    for href, count in found:
        told, names = await lines(desk, href)
        assert told == count, href
        assert len(set(names)) == len(names), href


async def test_the_lists_hold_the_right_tickets(desk: Visitor) -> None:
    """M-6: late is what was due and has no answer; soon is the hour ahead; asleep and closed are in neither."""
    for name, minutes in (("late", -1), ("now", 0), ("soon", 60), ("far", 61)):
        await letters.ticket(desk.store, name, due_at=START + timedelta(minutes=minutes))
    await letters.ticket(desk.store, "none")
    async with desk.store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ? WHERE number = 5", desk.staff["agent"])
    await desk.enter("lead")
    expected = {"open": "T1 T2 T3 T4 T5", "free": "T1 T2 T3 T4", "soon": "T3", "late": "T1 T2"}
    for one, names in expected.items():
        assert (await lines(desk, f"/manager/tickets/{one}"))[1] == names.split()
    assert (await lines(desk, f"/manager/tickets/open?who={desk.staff['agent']}"))[1] == ["T5"]
    assert (await lines(desk, "/manager/tickets/open?queue=cards"))[1] == []


async def test_what_people_did_today_counts_tickets_and_not_words(desk: Visitor, clock: Clock) -> None:
    """S0-5: two answers on one ticket are one; notes, events and yesterday's are none."""
    agent, lead = desk.staff["agent"], desk.staff["lead"]
    views = [await letters.ticket(desk.store, f"person{number}") for number in range(3)]
    midnight = START.replace(hour=0)
    written = [
        (0, agent, "message", START), (0, agent, "message", START), (1, agent, "message", midnight),
        (2, agent, "message", midnight - timedelta(seconds=1)), (2, agent, "note", START), (2, lead, "message", START),
    ]  # fmt: skip
    async with desk.store.unit() as work:
        await work.insert(Entry, [entry(views[place].id, by, kind, at) for place, by, kind, at in written])
        await work.change("UPDATE tickets SET state = 'closed' WHERE number = 2")
    await desk.enter("lead")
    page = (await desk.get("/manager"))[1]
    for who, names in ((agent, ["T2", "T1"]), (lead, ["T3"])):
        assert f'href="/manager/answered/{who}" data-figure="{len(names)}"' in page
        assert await lines(desk, f"/manager/answered/{who}") == (len(names), names)
    clock.push(timedelta(days=1))
    assert (await lines(desk, f"/manager/answered/{agent}"))[0] == 0


def entry(ticket_id: int, author_id: int, kind: str, at: datetime) -> dict[str, object]:
    new: dict[str, object] = {"id": ids.new(), "ticket_id": ticket_id, "at": at, "kind": kind, "text": "x"}
    return {**new, "author_kind": "staff", "author_id": author_id, "author": "A"}


async def test_channels_say_how_they_are_and_no_list_shows_words(desk: Visitor) -> None:
    """S20: a manager sees that and why a message stands, its words only in a ticket that he may open."""
    await furnish(desk)
    await desk.enter("lead")
    page = (await desk.get("/manager"))[1]
    assert "throttled: &lt;wait&gt;" in page and "3 to send" in page and "the oldest waits 5 min" in page
    for pile in ("failed", "parked", "withheld", "queued"):
        assert "secret words" not in (await desk.get(f"/manager/messages/{pile}"))[1]


async def test_what_is_not_there_is_not_found(desk: Visitor) -> None:
    await desk.enter("lead")
    for path in ("tickets/all", "messages/all", "tickets/open?who=x", "tickets/open?who=-1", "tickets/"):
        assert (await desk.get(f"/manager/{path}"))[0] == 404
    assert (await desk.get("/manager/tickets/open?page=x"))[0] == 200
    assert (await desk.get(f"/manager/tickets/open?who={'9' * 18}"))[0] == 200


async def test_an_agent_neither_sees_the_page_nor_the_way_to_it(desk: Visitor) -> None:
    await desk.enter("agent")
    for path in ("/manager", "/manager/alerts", "/manager/tickets/open", "/%6danager", "/manager/messages/failed"):
        assert (await desk.get(path))[0] == 404, path
    assert 'href="/manager"' not in (await desk.get("/my"))[1]


async def test_without_a_hub_there_is_no_channel_and_nothing_is_withheld(store: Store, tmp_path: Path) -> None:
    async with visiting.visiting(store, tmp_path, {}) as visitor:
        visitor = replace(visitor, staff={})
        await visitor.hire(Role.LEAD)
        await visitor.enter("lead")
        page = (await visitor.get("/manager"))[1]
        assert "No channel is connected." in page and "Withheld" not in page
