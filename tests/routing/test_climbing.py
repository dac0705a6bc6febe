"""Chains: a step a run, kept as they were, gone on when nobody is there, paused when somebody has seen it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from crmcore import absences, staff
from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel import errors, rows, texts, timers
from kernel.clock import Clock
from kernel.unit import Store, Work
from routing import chains, escalation, rotas
from routing.chains import Chain, Step
from routing.climbing import Climbing
from routing.desk import Desk, Queue
from routing.events import AlertAcked, AlertRaised, AlertResolved, AlertStepped, AlertUnheard
from routing.rotas import Rota
from tests.conftest import START
from tests.tickets.letters import LINES, actor, entries, seen, ticket, waiting
from tickets import actions, calendar, calendar_settings, clocks, snooze
from tickets.events import ClockBreached, TicketChanged
from tickets.tokens import Tokens

TEN = timedelta(minutes=10)
PLAIN = Chain("cards", (Step("queue.manager"), Step("role:lead", TEN), Step("role:admin", TEN)))
OFFICE = calendar_settings.build("office", zone="UTC", hours={"mon": ["08:00-16:00"], "wed": ["08:00-16:00"]})


class Played:
    """A desk with a chain, and everything said about alerts."""

    def __init__(self, store: Store, clock: Clock, chain: Chain | None, **more: Any) -> None:
        self.store, self.clock = store, clock
        self.desk = Desk({"inbox": Queue("inbox", calendar.always(), chain=chain)}, **more)
        self.climbing = Climbing(self.desk)
        self.said: list[Any] = []
        store.handlers = {
            ClockBreached: (self.climbing.raise_alerts,),
            TicketChanged: (escalation.resolve, escalation.seen_to),
            **dict.fromkeys((AlertRaised, AlertStepped, AlertUnheard, AlertAcked, AlertResolved), (self._hear,)),
        }

    async def _hear(self, work: Work, events: Sequence[Any]) -> None:
        self.said.extend(events)

    async def breach(self, *, priority: int = 3) -> None:
        """A ticket whose first answer is due now."""
        await ticket(self.store, due_at=self.clock.now())
        async with self.store.unit() as work:
            await work.change("UPDATE tickets SET priority = ?", priority)
        await self.turn()

    async def turn(self) -> None:
        """The timers, until nothing is due."""
        own = timers.Timers(self.store, (clocks.SOURCE, escalation.SOURCE, self.climbing.source))
        while await own.turn() <= timers.SHORTEST_SLEEP_S:
            pass

    async def after(self, by: timedelta) -> None:
        self.clock.push(by)
        await self.turn()

    @property
    def told(self) -> list[tuple[int, int, tuple[int, ...]]]:
        """(run, level, whom) of every telling."""
        return [(one.alert.run, one.level, one.staff_ids) for one in self.said if isinstance(one, AlertStepped)]

    @property
    def loud(self) -> list[bool]:
        return [one.was_heard for one in self.said if isinstance(one, AlertUnheard)]

    async def steps(self) -> list[tuple[int, str, str]]:
        found = await self.store.reading().fetch("SELECT place, state, told FROM alert_steps ORDER BY id")
        return [(row["place"], row["state"], row["told"]) for row in found]

    async def alert(self) -> dict[str, Any]:
        [row] = await self.store.reading().fetch("SELECT * FROM alerts")
        return row


@pytest.fixture
async def marek(store: Store) -> Actor:
    return await actor(store, "Marek", Role.MANAGER)


@pytest.fixture
async def bea(store: Store) -> Actor:
    return await actor(store, "Bea", Role.LEAD)


@pytest.fixture
async def ada(store: Store) -> Actor:
    return await actor(store, "Ada", Role.ADMIN)


async def test_the_chain_is_climbed_a_step_a_time_and_loud_at_its_top(
    store: Store, clock: Clock, marek: Actor, bea: Actor, ada: Actor
) -> None:
    """M-6, M-10: manager, after ten minutes the leads, after ten more the administrators; then all."""
    played = Played(store, clock, PLAIN)
    await played.breach()
    assert played.told == [(1, 1, (marek.id,))]
    await played.after(TEN - timedelta(seconds=1))
    assert len(played.told) == 1
    await played.after(timedelta(seconds=1))
    assert played.told[1:] == [(1, 2, (bea.id,))]
    await played.after(TEN)
    assert played.told[2:] == [(1, 3, (ada.id,))]
    assert played.loud == []
    await played.after(chains.AGAIN)
    assert played.loud == [True]
    for _ in range(2 * chains.LOUD_TIMES):
        await played.after(chains.AGAIN)
    assert played.loud == [True] * chains.LOUD_TIMES
    alert = await played.alert()
    assert (alert["state"], alert["due_at"]) == ("open", None)  # it stands on the lists


async def test_a_chain_begins_again_as_often_as_it_says(store: Store, clock: Clock, marek: Actor) -> None:
    played = Played(store, clock, Chain("short", (Step("queue.manager"),), 2, TEN))
    await played.breach()
    for _ in range(3):
        await played.after(TEN)
    assert [(run, level) for run, level, _ in played.told] == [(1, 1), (2, 1), (3, 1)]
    assert played.loud == [True]


async def test_a_chain_changed_meanwhile_changes_nothing_for_an_alert_that_runs(
    store: Store, clock: Clock, marek: Actor, bea: Actor
) -> None:
    """A snapshot: as in the settings when it began."""
    played = Played(store, clock, PLAIN)
    await played.breach()
    played.desk.queues = {"inbox": replace(played.desk.queue("inbox"), chain=None)}
    await played.after(TEN)
    assert played.told[1:] == [(1, 2, (bea.id,))]


async def test_a_step_that_finds_nobody_is_written_down_and_the_chain_goes_on_at_once(
    store: Store, clock: Clock, bea: Actor
) -> None:
    """A misspelt name costs no time."""
    chain = Chain("cards", (Step("@Nobody"), Step("duty:gone", TEN), Step("role:lead", TEN)))
    played = Played(store, clock, chain)
    await played.breach()
    assert played.told == [(1, 3, (bea.id,))]
    assert await played.steps() == [
        (0, "failed", "no colleague is called Nobody"),
        (1, "failed", "there is no rota gone"),
        (2, "done", "Bea"),
        (3, "waiting", ""),
    ]
    lines = [text for _, text in await entries(store, 1)]
    assert "escalation cards, step 1 (@Nobody) told nobody: no colleague is called Nobody" in lines
    [row] = await store.reading().fetch("SELECT text, said FROM entries WHERE text LIKE '%@Nobody%'")
    assert texts.told("pl", row["text"], rows.json(row["said"])).endswith("nikt nie nazywa się Nobody")


async def test_a_chain_in_which_nobody_is_found_is_loud_at_once(store: Store, clock: Clock) -> None:
    played = Played(store, clock, Chain("cards", (Step("@Nobody"), Step("role:lead", TEN)), 1, TEN))
    await played.breach()
    assert played.loud == [False]
    await played.after(TEN)
    assert played.loud == [False, False]  # the second lap, not in a circle


@pytest.mark.parametrize("how", ["ack", "take", "assign", "snooze"])
async def test_whoever_sees_to_it_stops_the_chain_and_it_comes_back_from_the_start(
    store: Store, clock: Clock, marek: Actor, bea: Actor, ada: Actor, how: str
) -> None:
    """M-10: one transition, by whichever word; seen is not solved, and it comes back to who has seen it too."""
    played = Played(store, clock, PLAIN)
    await played.breach()
    alert = await played.alert()
    async with store.unit() as work:
        view = await seen(work, 1)
        if how == "ack":
            await escalation.ack(work, bea, alert["id"])
        elif how == "take":
            await actions.take(work, bea, view)
        elif how == "assign":
            await actions.assign(work, bea, view, await _colleague(work, marek.id))
        else:
            await snooze.snooze(work, bea, view, clock.now() + timedelta(hours=2))
    [acked] = [one for one in played.said if isinstance(one, AlertAcked)]
    expected = {"ack": "seen", "take": "taken", "assign": "given", "snooze": "put off"}
    assert (acked.by, acked.how) == ("Bea", expected[how])
    await played.after(escalation.ACK_NORMAL - timedelta(seconds=1))
    assert len(played.told) == 1
    await played.after(timedelta(seconds=1))
    assert played.told[1:] == [(2, 1, (marek.id, bea.id))]
    await played.after(TEN)
    assert played.told[2:] == [(2, 2, (bea.id,))]


async def _colleague(work: Work, staff_id: int) -> Any:
    return (await staff.by_ids(work, [staff_id]))[staff_id]


async def test_a_ticket_put_off_for_days_does_not_silence_its_alert_for_days(
    store: Store, clock: Clock, marek: Actor
) -> None:
    played = Played(store, clock, PLAIN)
    await played.breach()
    async with store.unit() as work:
        await snooze.snooze(work, marek, await seen(work, 1), clock.now() + timedelta(days=5))
    await played.after(escalation.LONGEST_SNOOZE)
    assert [run for run, _, _ in played.told] == [1, 2]


async def test_an_answer_ends_the_chain(store: Store, clock: Clock, marek: Actor, bea: Actor) -> None:
    played = Played(store, clock, PLAIN)
    await played.breach()
    async with store.unit() as work:
        await actions.reply(work, bea, await seen(work, 1), "Answer", lines=LINES, tokens=Tokens())
    await played.after(timedelta(days=1))
    assert len(played.told) == 1 and not played.loud
    assert [state for _, state, _ in await played.steps()] == ["done", "void"]
    assert not [one for one in played.said if isinstance(one, AlertAcked)]  # the answer says it all


async def test_outside_its_hours_only_the_highest_priority_is_told(store: Store, clock: Clock, marek: Actor) -> None:
    """START is a Tuesday, 09:00 UTC: the office is open on Wednesday."""
    assert START.weekday() == 1
    chain = Chain("cards", (Step("queue.manager", within="office"),))
    played = Played(store, clock, chain, calendars={"office": OFFICE})
    await played.breach()
    assert played.told == [] and (await played.alert())["state"] == "open"
    opens = (START + timedelta(days=1)).replace(hour=8)
    await played.after(opens - clock.now() - timedelta(seconds=1))
    assert played.told == []
    await played.after(timedelta(seconds=1))
    assert len(played.told) == 1


async def test_the_highest_priority_is_told_at_night(store: Store, clock: Clock, marek: Actor) -> None:
    chain = Chain("cards", (Step("queue.manager", within="office"),))
    played = Played(store, clock, chain, calendars={"office": OFFICE})
    await played.breach(priority=1)
    assert len(played.told) == 1


async def test_duty_passes_over_who_is_away_and_tells_his_deputy(
    store: Store, clock: Clock, marek: Actor, bea: Actor, ada: Actor
) -> None:
    names = ("Marek", "Bea")
    own = Rota("cards", names, rotas.handover("09:00"), ZoneInfo("UTC"), START.date())
    chain = Chain("cards", (Step("duty:cards"), Step("next:cards", TEN), Step("next:cards", TEN)))
    played = Played(store, clock, chain, rotas={"cards": own})
    first = rotas.turn(own, clock.now()).name
    assert first == "Marek"
    async with store.unit() as work:
        await absences.leave(work, marek.id, clock.now() + timedelta(minutes=15), deputy_id=ada.id)
    await played.breach()
    assert played.told == [(1, 1, (ada.id,))]
    await played.after(TEN)
    assert played.told[1:] == [(1, 2, (bea.id,))]
    await played.after(TEN)  # Marek is back, and two after him who is on duty is he again
    assert played.told[2:] == [(1, 3, (marek.id,))]


async def test_the_channels_of_a_step_are_tried_one_after_the_other(store: Store, clock: Clock, marek: Actor) -> None:
    steps = (Step("queue.manager", channel="telegram"), Step("queue.manager", timedelta(minutes=2), "sms"))
    played = Played(store, clock, Chain("cards", steps))
    await played.breach()
    await played.after(timedelta(minutes=2))
    assert [one.channel for one in played.said if isinstance(one, AlertStepped)] == ["telegram", "sms"]


async def test_one_run_a_step_however_many_fire_it(store: Store, clock: Clock, marek: Actor, bea: Actor) -> None:
    """Two hubs, one database: the row that is claimed says who runs it."""
    played = Played(store, clock, PLAIN)
    await played.breach()
    clock.push(TEN)
    due = await waiting(store.reading(), played.climbing.source)

    async def fire() -> int:
        async with store.unit() as work:
            return await played.climbing.fire(work, due)

    assert sorted(await asyncio.gather(fire(), fire(), fire())) == [0, 0, 1]
    assert [level for _, level, _ in played.told] == [1, 2]


async def test_a_step_and_an_ack_at_the_same_moment_leave_one_thing_to_come(
    store: Store, clock: Clock, marek: Actor, bea: Actor
) -> None:
    """Whoever is first: never two steps that wait, never a telling behind the ack's back, and nobody waits for ever."""
    played = Played(store, clock, PLAIN)
    await played.breach()
    alert = await played.alert()

    async def fire(due: list[int]) -> None:
        async with store.unit() as work:
            await played.climbing.fire(work, due)

    async def ack() -> None:
        async with store.unit() as work:
            await escalation.ack(work, bea, alert["id"])

    for _ in range(5):
        await played.after(TEN)
        clock.push(escalation.ACK_NORMAL)
        due = await waiting(store.reading(), played.climbing.source)
        await asyncio.gather(fire(due), ack(), fire(due), return_exceptions=True)
        kept = await store.reading().fetch("SELECT due_at FROM alert_steps WHERE state = 'waiting'")
        [now] = await store.reading().fetch("SELECT state, due_at FROM alerts")
        assert [row["due_at"] for row in kept] == [now["due_at"]]
        assert now["state"] in ("open", "acked")


async def test_a_step_whose_telling_breaks_off_is_as_if_it_had_never_begun(
    store: Store, clock: Clock, marek: Actor, bea: Actor
) -> None:
    """All of a run is one transaction: what dies in it is run again, once."""
    played = Played(store, clock, PLAIN)
    await played.breach()
    clock.push(TEN)
    before = await played.steps()
    [due] = await waiting(store.reading(), played.climbing.source)
    with pytest.raises(RuntimeError):
        async with store.unit() as work:
            await played.climbing.fire(work, [due])
            raise RuntimeError("the process dies here")
    assert await played.steps() == before
    await played.turn()
    assert [level for _, level, _ in played.told] == [1, 2]


async def test_a_queue_without_a_chain_alerts_as_it_did(store: Store, clock: Clock, marek: Actor) -> None:
    played = Played(store, clock, None)
    await played.breach()
    assert [type(one) for one in played.said] == [AlertRaised]
    await played.after(escalation.REPEAT)
    assert [one.run for one in played.said] == [1, 2]


async def test_the_second_to_ack_hears_who_was_first(store: Store, clock: Clock, marek: Actor, bea: Actor) -> None:
    played = Played(store, clock, PLAIN)
    await played.breach()
    alert = await played.alert()
    async with store.unit() as work:
        await escalation.ack(work, bea, alert["id"])
    with pytest.raises(errors.Conflict, match="Already acked by Bea"):
        async with store.unit() as work:
            await escalation.ack(work, marek, alert["id"])


def test_a_kept_chain_reads_as_it_was() -> None:
    chain = Chain("cards", (Step("next:a", TEN, "sms", "office"), Step("role:lead", again=True)), 3, TEN)
    assert chains.read(chains.written(chain)) == chain
