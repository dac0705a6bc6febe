"""Alerts that follow a chain: begun as the queue has it, then climbed a step a run until somebody sees to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from msgspec import Struct

from crmcore import absences, staff
from kernel import log, rows, sentences
from kernel.rows import Row
from kernel.timers import Source
from kernel.unit import Work
from routing import assign, chains, escalation, hook_posts, steps, whom
from routing.chains import Chain, Spot
from routing.desk import Desk
from routing.events import AlertRaised, AlertStepped, AlertUnheard
from routing.models import Alert, AlertState, AlertStep
from routing.whom import House
from tickets import entries, visible
from tickets.events import ClockBreached
from tickets.models import EntryKind
from tickets.visible import TicketView

_log = log.get(__name__)


class Written(Struct):
    """What a batch of runs writes, each kind at once."""

    steps: list[dict[str, Any]] = []  # what became of those that ran
    next: list[Any] = []
    alerts: list[dict[str, Any]] = []
    lines: list[tuple[int, EntryKind, str]] = []
    posts: list[dict[str, Any]] = []


class Run(Struct, frozen=True):
    """One step that is due now. `is_back`: somebody had seen the alert, and it comes back."""

    id: int
    alert: Row
    ticket: TicketView
    chain: Chain
    run: int
    spot: Spot
    is_heard: bool

    @property
    def is_back(self) -> bool:
        return bool(self.alert["state"] == AlertState.ACKED)

    @property
    def raised(self) -> AlertRaised:
        return escalation.raised(self.alert, self.run)

    @property
    def is_urgent(self) -> bool:
        return self.ticket.priority == escalation.URGENT


class Climbing(Struct, frozen=True):
    """Handler of breaches, and what fires the steps."""

    desk: Desk

    @property
    def source(self) -> Source:
        return Source("alert_steps", "SELECT id, due_at FROM alert_steps WHERE state = 'waiting'", self.fire)

    async def raise_alerts(self, work: Work, breaches: Sequence[ClockBreached]) -> None:
        """Handler of ClockBreached. Where the queue has no chain, its managers are told every half hour."""
        if not any(queue.chain for queue in self.desk.queues.values()):
            await escalation.raise_alerts(work, breaches)
            return
        breaches = await escalation.not_held(work, breaches)
        wanted = list({one.ticket_id for one in breaches})
        if not wanted:
            return
        found = await work.fetch(f"SELECT id, queue, priority FROM tickets WHERE id IN ({rows.marks(wanted)})", *wanted)
        led = {row["id"]: (row, chain) for row in found if (chain := self.desk.queue(row["queue"]).chain)}
        if plain := [one for one in breaches if one.ticket_id not in led]:
            await escalation.raise_free(work, plain)
        if chained := [one for one in breaches if one.ticket_id in led]:
            new = []
            for one in chained:
                ticket, chain = led[one.ticket_id]
                new.append((one, chain, self._due(work, chain, chains.START, priority=ticket["priority"])))
            await self.begin(work, new)

    async def fire(self, work: Work, step_ids: Sequence[int]) -> int:
        """Run those of `step_ids` that wait and are due, and write what comes after each. Returns how many ran."""
        runs = await self._claimed(work, step_ids)
        if not runs:
            return 0
        house = await self._house(work, runs)
        done = Written()
        for run in runs:
            if chains.is_top(run.chain, run.spot):
                self._top(work, run, done)
            else:
                self._take_step(work, run, house, done)
        await work.update(AlertStep, done.steps)
        await steps.add(work, done.next)
        await work.update(Alert, done.alerts)
        await hook_posts.add(work, done.posts)
        await entries.noted(work, done.lines)
        return len(runs)

    # -- steps ------------------------------------------------------------------------------------------------------

    async def begin(self, work: Work, new: Sequence[tuple[ClockBreached, Chain, datetime]]) -> None:
        """One open alert a ticket and kind, with the chain it follows and when its first step is due."""
        if not new:
            return
        planned = {(one.ticket_id, one.kind): due_at for one, _, due_at in new}
        made = await escalation.open_alerts(
            work, [escalation.row(one, work.now, due_at, chains.written(chain)) for one, chain, due_at in new]
        )
        waiting = [steps.row(row["id"], 1, chains.START, planned[row["ticket_id"], row["kind"]]) for row in made]
        await steps.add(work, waiting)

    async def _claimed(self, work: Work, step_ids: Sequence[int]) -> list[Run]:
        """The alerts first, then their steps: two who change one alert wait in one order."""
        if not step_ids:
            return []
        marks = rows.marks(step_ids)
        found = await work.fetch(
            "UPDATE alerts SET due_at = due_at WHERE state <> 'resolved' AND chain IS NOT NULL"
            f" AND id IN (SELECT alert_id FROM alert_steps WHERE state = 'waiting' AND id IN ({marks}))"
            " RETURNING id, ticket_id, kind, state, chain, acked_by_id, reason",
            *step_ids,
        )
        held = {row["id"]: row for row in found}
        if not held:
            return []
        claimed = await work.fetch(
            "UPDATE alert_steps SET state = 'done', ran_at = ? WHERE state = 'waiting' AND due_at <= ?"
            f" AND id IN ({marks}) AND alert_id IN ({rows.marks(list(held))}) RETURNING id, alert_id, run, lap, place",
            work.now,
            work.now,
            *step_ids,
            *held,
        )
        heard = await steps.heard(work, [row["alert_id"] for row in claimed])
        tickets = await visible.by_ids(work, [held[row["alert_id"]]["ticket_id"] for row in claimed])
        return [
            Run(
                row["id"],
                alert := held[row["alert_id"]],
                tickets[alert["ticket_id"]],
                chains.read(alert["chain"]),
                row["run"],
                Spot(row["lap"], row["place"]),
                (row["alert_id"], row["run"]) in heard,
            )
            for row in claimed
        ]

    async def _house(self, work: Work, runs: Sequence[Run]) -> House:
        return House(
            self.desk,
            await staff.listed(work),
            await assign.of_queues(work, self.desk, {run.ticket.queue for run in runs}),
            await absences.now(work),
            work.now,
        )

    def _take_step(self, work: Work, run: Run, house: House, done: Written) -> None:
        """A webhook's step is a post, which says by itself what became of it; any other tells people."""
        step = run.chain.steps[run.spot.place]
        hook = chains.hook(step)
        if not hook:
            self._tell(work, run, house, done)
            return
        done.posts.append(hook_posts.row(run.ticket.id, hook, _body(run, work.now), work.now, step_id=run.id))
        done.steps.append({"id": run.id, "state": steps.StepState.POSTING.value, "told": f"webhook {hook}"})
        self._go_on(work, run, done, at_once=False)

    def _tell(self, work: Work, run: Run, house: House, done: Written) -> None:
        """Tell those whom the step means; where there is nobody, say so on the ticket and go on at once."""
        found, step = whom.find(house, run.ticket, run.chain, run.spot), run.chain.steps[run.spot.place]
        people = list(found.people)
        holder = house.present(house.by_id(run.alert["acked_by_id"])) if run.is_back else None
        if holder is not None and holder not in people:
            people.append(holder)  # who has seen it was promised that it comes back to him
        if people:
            told = ", ".join(one.name for one in people)
            staff_ids = tuple(int(one.id) for one in people)
            work.say(AlertStepped(run.raised, run.id, run.spot.place + 1, staff_ids, step.channel))
        else:
            told = str(found.why)
            done.lines.append((run.ticket.id, EntryKind.EVENT, _failed(run.chain, run.spot, found.why)))
            _log.warning(
                "escalation.step_failed", ticket=run.ticket.number, chain=run.chain.name, step=run.spot.place + 1
            )
        state = steps.StepState.DONE if people else steps.StepState.FAILED
        done.steps.append({"id": run.id, "state": state.value, "told": told})
        self._go_on(work, run, done, at_once=not people)

    def _top(self, work: Work, run: Run, done: Written) -> None:
        """Everybody was told, or nobody could be: loudly to all who may see it, then from the start again."""
        if not run.is_heard or run.spot.lap >= run.chain.repeat:
            work.say(AlertUnheard(run.raised, run.is_heard))
        done.steps.append({"id": run.id, "state": steps.StepState.DONE.value, "told": ""})
        # where nobody heard, to begin again at once would find nobody again
        self._go_on(work, run, done, at_once=False, waits=not run.is_heard)

    def _go_on(self, work: Work, run: Run, done: Written, *, at_once: bool, waits: bool = False) -> None:
        """The next step as a row, and where the alert stands now."""
        spot = chains.onward(run.chain, run.spot)
        due_at, coming = None, run.run
        if spot is not None:
            before = work.now + run.chain.again if waits and spot.place == 0 else work.now
            coming += spot.place == 0  # a new lap: the alert comes once more
            due_at = chains.due(run.chain, spot, before, self.desk.calendars, is_urgent=run.is_urgent, at_once=at_once)
            done.next.append(steps.row(run.alert["id"], coming, spot, due_at))
        done.alerts.append({"id": run.alert["id"], "state": AlertState.OPEN.value, "run": run.run, "due_at": due_at})

    def _due(self, work: Work, chain: Chain, spot: Spot, *, priority: int) -> datetime:
        urgent = priority == escalation.URGENT
        return chains.due(chain, spot, work.now, self.desk.calendars, is_urgent=urgent, at_once=False)


def _body(run: Run, now: datetime) -> str:
    """What a webhook is told: which ticket, how urgent, how far up. No words of the customer, and not who he is."""
    told = {
        "type": "alert.escalated",
        "timestamp": now.isoformat(),
        "data": {
            "alert": str(run.alert["id"]),
            "kind": run.alert["kind"],
            "reason": run.alert["reason"],
            "run": run.run,
            "chain": run.chain.name,
            "level": run.spot.place + 1,
            "ticket": run.ticket.name,
            "queue": run.ticket.queue,
            "priority": run.ticket.priority,
            "assignee": run.ticket.assignee,
        },
    }
    return orjson.dumps(told).decode()


def _failed(chain: Chain, spot: Spot, why: str) -> str:
    text = "escalation {chain}, step {step} ({who}) told nobody: {why}"
    return sentences.line(text, chain=chain.name, step=spot.place + 1, who=chain.steps[spot.place].who, why=why)
