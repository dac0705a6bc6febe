"""A call that was promised and not made: its lateness climbs the queue's chain until something has come of the call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from kernel.unit import Work
from routing import calling, chains, escalation, whom
from routing.chains import Chain
from routing.climbing import Climbing
from routing.desk import Desk
from routing.events import CallDue
from tickets import visible
from tickets.events import ClockBreached
from tickets.visible import TicketView


class LateCalls(Struct, frozen=True):
    """Handler of CallDue."""

    desk: Desk

    async def late(self, work: Work, events: Sequence[CallDue]) -> None:
        """Who has the ticket is told elsewhere that the time is over; here the chain begins, a step after the other."""
        late = [event.ticket_id for event in events if event.is_late]
        tickets = await visible.by_ids(work, late)
        new = []
        for ticket in tickets.values():
            chain = chain_for(self.desk, ticket)
            new.append((ClockBreached(ticket.id, escalation.CALL), chain, self._due(work, ticket, chain)))
        await Climbing(self.desk).begin(work, new)

    def _due(self, work: Work, ticket: TicketView, chain: Chain) -> datetime:
        urgent = ticket.priority == escalation.URGENT
        return chains.due(chain, chains.START, work.now, self.desk.calendars, is_urgent=urgent, at_once=False)


def chain_for(desk: Desk, ticket: TicketView) -> Chain:
    """The queue's own chain, else its managers; who has the ticket was told before it, and has a while. Pure."""
    own = calling.chain_for(desk, ticket, "")
    others = [step for step in own.steps if step.who != whom.ASSIGNEE] or [chains.Step(whom.MANAGER)]
    first, *rest = others
    wait = calling.AFTER if ticket.assignee_id is not None else first.after
    return replace(own, steps=(replace(first, after=max(first.after, wait), again=False), *rest))
