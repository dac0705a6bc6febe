"""What open pages hear, on a real database: their own tickets, once, until their session ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from console import live, session
from console.live import Live, News, Page
from crmcore import staff
from crmcore.access import Actor, Role
from kernel.clock import Clock
from routing import assign
from tests.hub.walled import ANNA, BELA, MAREK, Wall, furnished
from tickets import actions, visible


@dataclass(slots=True)
class Room:
    """Open pages of Anna (no queue), Bela (cards) and Marek (sees all), over the furnished wall."""

    wall: Wall
    feed: Live
    pages: dict[str, Page]
    sessions: dict[str, int]

    async def hears(self, name: str) -> News | None:
        """What the page is told at the next turn; nothing at all is News of nothing."""
        if not self.pages[name].wake.is_set():
            return News(all=False, numbers=())
        return await asyncio.wait_for(self.pages[name].next(), 5)

    async def turn(self) -> dict[str, tuple[int, ...]]:
        await self.feed.turn()
        heard = {}
        for name in self.pages:
            news = await self.hears(name)
            heard[name] = news.numbers if news else (-1,)
        return heard


@pytest.fixture
async def room(
    template: Any, database_url: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Room]:
    monkeypatch.setattr(live, "BURST_S", 0)
    async with furnished(template, database_url, tmp_path, clock) as wall:
        feed = Live(wall.store, wall.house.desk)
        wall.store.poke = lambda loop: feed.note(loop) if loop.startswith(live.POKE) else None
        pages, sessions = {}, {}
        async with wall.store.unit() as work:
            for name in ("Anna", "Bela", "Marek"):
                token = await session.open_one(
                    work, (await staff.named(work, name)).id, agent="", now=datetime.now(UTC)
                )
                found = await session.find(work, token, now=datetime.now(UTC))
                assert found is not None
                sessions[name] = found.id
        for name, session_id in sessions.items():
            pages[name] = feed.open(session_id)
        room = Room(wall, feed, pages, sessions)
        await room.turn()  # what the sessions left behind
        yield room


async def test_a_change_is_told_to_those_who_see_the_ticket_and_once(room: Room) -> None:
    """S20: Anna works no queue; T3 is nothing to her."""
    await room.wall.say(BELA, "/note T3 x")
    assert await room.turn() == {"Anna": (), "Bela": (3,), "Marek": (3,)}
    assert await room.turn() == {"Anna": (), "Bela": (), "Marek": ()}


async def test_a_ticket_that_is_given_and_taken_away_is_told_both_times(room: Room) -> None:
    """S20: she hears that it has left her sight, and nothing of it after that."""
    await room.wall.say(MAREK, "/assign T3 Anna")
    assert (await room.turn())["Anna"] == (3,)
    await room.wall.say(MAREK, "/assign T3 Bela")
    assert (await room.turn())["Anna"] == (3,)
    await room.wall.say(BELA, "/note T3 x")
    assert (await room.turn())["Anna"] == ()


async def test_whoever_watches_a_ticket_hears_of_it_wherever_it_stands(room: Room) -> None:
    """S5: himself, or his queue; and no more once he has ended it."""
    await room.wall.say(MAREK, "/assign T3 Anna")
    await room.wall.say(ANNA, "/watch T3")
    await room.wall.say(MAREK, "/assign T3 Bela")
    await room.turn()
    await room.wall.say(BELA, "/note T3 x")
    assert (await room.turn())["Anna"] == (3,)
    await room.wall.say(ANNA, "/watch T3 off")
    await room.wall.say(BELA, "/note T3 x")
    await room.turn()  # that it has left her sight
    await room.wall.say(BELA, "/note T3 x")
    assert (await room.turn())["Anna"] == ()


async def test_what_rolls_back_is_not_told(room: Room) -> None:
    with pytest.raises(RuntimeError):
        async with room.wall.store.unit() as work:
            ticket = await visible.by_number(work, 3)
            assert ticket is not None and ticket.assignee_id is not None
            bela = Actor(staff.StaffId(ticket.assignee_id), "Bela", Role.AGENT, "UTC", frozenset())
            await actions.note(work, bela, ticket, "x")
            raise RuntimeError
    assert set((await room.turn()).values()) == {()}


async def test_what_another_process_does_is_found(room: Room) -> None:
    """No poke reaches us: its entries do."""
    room.wall.store.poke = lambda loop: None
    await room.wall.say(BELA, "/note T3 x")
    assert (await room.turn())["Bela"] == (3,)
    assert (await room.turn())["Bela"] == ()


async def test_a_page_ends_with_its_session_and_with_its_colleague(room: Room) -> None:
    """S20: by signing out, and by leaving the staff."""
    async with room.wall.store.unit() as work:
        await session.end_all(work, (await staff.named(work, "Bela")).id)
        await staff.remove(work, "Marek")
    assert await room.turn() == {"Anna": (), "Bela": (-1,), "Marek": (-1,)}


async def test_too_much_to_name_is_said_as_all(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 1)
    await room.wall.say(BELA, "/note T3 x", "/note T4 x")
    await room.feed.turn()
    assert await room.hears("Bela") == News(all=True, numbers=())


async def test_more_pages_than_a_session_may_have_end_the_first(room: Room) -> None:
    more = [room.feed.open(room.sessions["Anna"]) for _ in range(live.PAGES)]
    assert room.pages["Anna"].is_over and not any(page.is_over for page in more)


async def test_scopes_of_many_are_those_of_one(room: Room) -> None:
    """The set-based look says of each colleague what the look at one says."""
    reader, desk = room.wall.store.reading(), room.wall.house.desk
    people = {int(one.id): one.name for one in await staff.listed(reader)}
    found = await assign.queues_of_all(reader, desk, people)
    assert found == {one: await assign.queues_of(reader, desk, one, name) for one, name in people.items()}
    assert ANNA and any(found.values())
