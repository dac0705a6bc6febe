"""Who answers which event: the one table in which lower floors meet those above them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.alerting import Alerting
from bot.announcing import Announcer
from bot.customer import Customers
from bot.notices import Notices
from channels.events import MessageParked, MessageSettled
from hub.inbound import Step
from kernel.unit import Handlers
from routing import escalation
from routing.events import AlertAcked, AlertRaised, AlertResolved
from routing.targets import Targets
from tickets import clocks
from tickets.deliveries import Deliveries
from tickets.events import AnswerRerouted, ClockBreached, CustomerWrote, TicketChanged, TicketOpened
from webhooks.stations import StationEvents

TIMERS = (clocks.SOURCE, escalation.SOURCE)


def handlers(
    notices: Notices,
    alerting: Alerting,
    customers: Customers,
    targets: Targets,
    deliveries: Deliveries,
    announcer: Announcer,
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
        MessageSettled: (customers.settled, deliveries.settled, notices.settled, alerting.settled, announcer.settled),
        AnswerRerouted: (notices.rerouted,),
        MessageParked: (notices.parked,),
    }


def events(stations: StationEvents) -> Mapping[str, Step]:
    """What other systems may post beside messages → who sees to it."""
    return {"station.upserted": stations.upserted, "station.outage": stations.outage}
