"""Random sequences of merge, split, undo, close, reopen and letters: a message has one ticket, a chain an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from crmcore.access import Actor, Role
from hub import database
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.conftest import START
from tests.support.databases import PostgresServer, SqliteTemplate
from tests.tickets.letters import actor, arrived, place
from tickets import actions, changes, merging, moving, undoing, visible
from tickets.visible import TicketView

Act = Callable[[Work], Coroutine[Any, Any, Any]]
PLACES = st.integers(0, 7)


class Cases(RuleBasedStateMachine):
    """One customer, up to eight tickets, one lead. What is refused has done nothing; all else keeps the invariants."""

    template: SqliteTemplate | PostgresServer

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.clock = Clock(START)
        self.sent = 0
        url = self.template.fresh(Path(self.folder.name))
        self.loop.run_until_complete(self._open(url))

    async def _open(self, url: str) -> None:
        await database.connect(url)
        self.store = Store(self.clock)
        self.lead: Actor = await actor(self.store, "Marek", Role.LEAD)
        for matter in ("one", "two"):
            await self._write(matter)

    async def _write(self, matter: str) -> None:
        self.sent += 1
        await place(self.store, arrived(text=f"words {self.sent}", matter=matter))

    async def _act(self, act: Act) -> None:
        """One unit; a refusal rolls back."""
        try:
            async with self.store.unit() as work:
                await act(work)
        except errors.CentralaError:
            return

    async def _ticket(self, work: Work, number: int) -> TicketView:
        row = await work.one("SELECT count(*) AS n FROM tickets")
        found = await visible.by_number(work, 1 + number % (row["n"] if row else 1))
        assert found is not None
        return found

    @rule(matter=st.sampled_from(["one", "two", "three"]))
    def write(self, matter: str) -> None:
        self.loop.run_until_complete(self._write(matter))

    @rule(source=PLACES, other=PLACES)
    def merge(self, source: int, other: int) -> None:
        async def act(work: Work) -> None:
            both = await self._ticket(work, source), await self._ticket(work, other)
            await merging.merge(work, self.lead, *both)

        self.loop.run_until_complete(self._act(act))

    @rule(source=PLACES, count=st.integers(1, 3))
    def split(self, source: int, count: int) -> None:
        async def act(work: Work) -> None:
            ticket = await self._ticket(work, source)
            entries = await moving.movable(work, ticket.id)
            await merging.split(work, self.lead, ticket, entries[-count:])

        self.loop.run_until_complete(self._act(act))

    @rule(source=PLACES)
    def close(self, source: int) -> None:
        async def act(work: Work) -> None:
            await actions.close(work, self.lead, await self._ticket(work, source))

        self.loop.run_until_complete(self._act(act))

    @rule(source=PLACES)
    def reopen(self, source: int) -> None:
        async def act(work: Work) -> None:
            await actions.reopen(work, self.lead, await self._ticket(work, source))

        self.loop.run_until_complete(self._act(act))

    @rule(back=st.integers(0, 5))
    def undo(self, back: int) -> None:
        async def act(work: Work) -> None:
            found = await work.fetch("SELECT id FROM ticket_changes ORDER BY id DESC LIMIT 1 OFFSET ?", back)
            done = await changes.by_id(work, found[0]["id"]) if found else None
            if done is not None:
                await undoing.undo(work, self.lead, done)

        self.loop.run_until_complete(self._act(act))

    @rule(minutes=st.integers(1, 10))
    def wait(self, minutes: int) -> None:
        self.clock.push(timedelta(minutes=minutes))

    @invariant()
    def every_message_stands_on_exactly_one_ticket_that_is_no_empty_shell(self) -> None:
        if hasattr(self, "store"):
            self.loop.run_until_complete(self._check())

    async def _check(self) -> None:
        reader = self.store.reading()
        stands = await reader.fetch(
            "SELECT e.message_id, e.ticket_id, m.ref_id, t.merged_into_id FROM entries AS e"
            " JOIN messages AS m ON m.id = e.message_id JOIN tickets AS t ON t.id = e.ticket_id"
        )
        assert len(stands) == len({row["message_id"] for row in stands}) == self.sent
        assert all(row["ref_id"] == row["ticket_id"] and row["merged_into_id"] is None for row in stands)
        chain = {
            row["id"]: row["merged_into_id"]
            for row in await reader.fetch("SELECT id, merged_into_id FROM tickets WHERE merged_into_id IS NOT NULL")
        }
        for ticket_id in chain:
            assert moving.last(ticket_id, chain) not in chain, "no circle: every chain has an end"
        states = await reader.fetch("SELECT state, closed_at, merged_into_id FROM tickets")
        assert all((row["state"] == "closed") == (row["closed_at"] is not None) for row in states)
        assert all(row["state"] == "closed" for row in states if row["merged_into_id"] is not None)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.run_until_complete(database.close())
            self.loop.close()
            self.folder.cleanup()


@pytest.mark.database
def test_no_sequence_of_acts_loses_a_message_or_makes_a_circle(template: SqliteTemplate | PostgresServer) -> None:
    """S5: merge, undo, split, close, reopen and letters in any order."""
    Cases.template = template
    few = settings(
        max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(Cases, settings=few)  # type: ignore[no-untyped-call]
