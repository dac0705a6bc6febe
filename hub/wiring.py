"""Who answers which event: the one table in which lower floors meet those above them."""

from __future__ import annotations

from bot.alerting import Alerting
from bot.customer import Customers
from bot.notices import Notices
from channels.events import MessageParked, MessageSettled
from kernel.unit import Handlers
from routing import escalation
from routing.events import AlertAcked, AlertRaised, AlertResolved
from routing.targets import Targets
from tickets import clocks
from tickets.deliveries import Deliveries
from tickets.events import AnswerRerouted, ClockBreached, CustomerWrote, TicketChanged, TicketOpened

TIMERS = (clocks.SOURCE, escalation.SOURCE)


def handlers(
    notices: Notices, alerting: Alerting, customers: Customers, targets: Targets, deliveries: Deliveries
) -> Handlers:
    """Event → its handlers, in the order they are asked."""
    return {
        TicketOpened: (customers.opened, notices.opened),
        CustomerWrote: (notices.joined,),
        TicketChanged: (escalation.resolve, targets.reopened, notices.changed),
        ClockBreached: (escalation.raise_alerts, notices.breached),
        AlertRaised: (alerting.raised,),
        AlertAcked: (alerting.acked,),
        AlertResolved: (alerting.resolved,),
        MessageSettled: (customers.settled, deliveries.settled, notices.settled, alerting.settled),
        AnswerRerouted: (notices.rerouted,),
        MessageParked: (notices.parked,),
    }
