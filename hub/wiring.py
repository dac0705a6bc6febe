"""Who answers which event: the one table in which lower floors meet those above them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.alerting import Alerting
from bot.announcing import Announcer
from bot.away import Away
from bot.customer import Customers
from bot.joining import Joining
from bot.notices import Notices
from bot.reminding import Reminding
from channels.events import AccountNeeds, MessageParked, MessageSettled
from console import live
from hub.ends import Step
from kernel.unit import Handlers
from routing import escalation, reminders
from routing.events import AlertAcked, AlertRaised, AlertResolved, ReminderChanged, ReminderFired
from routing.targets import Targets
from tickets import clocks, snooze
from tickets.deliveries import Deliveries
from tickets.events import AnswerRerouted, ClockBreached, CustomerWrote, TicketChanged, TicketOpened, TicketWoke
from webhooks.stations import StationEvents

TIMERS = (clocks.SOURCE, escalation.SOURCE, reminders.SOURCE, snooze.SOURCE)


def handlers(
    notices: Notices,
    alerting: Alerting,
    reminding: Reminding,
    customers: Customers,
    targets: Targets,
    deliveries: Deliveries,
    announcer: Announcer,
    joining: Joining,
) -> Handlers:
    """Event → its handlers, in the order they are asked."""
    away = Away(notices.house)
    return {
        TicketOpened: (customers.opened, notices.opened, away.opened, live.changed),
        CustomerWrote: (snooze.interrupted, notices.joined, away.joined, live.changed),
        TicketChanged: (escalation.resolve, targets.reopened, notices.changed, away.changed, live.changed),
        ClockBreached: (escalation.raise_alerts, notices.breached, live.changed),
        AlertRaised: (alerting.raised,),
        AlertAcked: (alerting.acked,),
        AlertResolved: (alerting.resolved,),
        TicketWoke: (reminding.woke, live.changed),
        ReminderFired: (reminding.fired,),
        ReminderChanged: (reminding.changed,),
        MessageSettled: (
            customers.settled,
            deliveries.settled,
            notices.settled,
            alerting.settled,
            reminding.settled,
            announcer.settled,
            joining.settled,
            live.settled,
        ),
        AnswerRerouted: (notices.rerouted, live.changed),
        MessageParked: (notices.parked,),
        AccountNeeds: (notices.needed,),
    }


def events(stations: StationEvents) -> Mapping[str, Step]:
    """What other systems may post beside messages → who sees to it."""
    return {"station.upserted": stations.upserted, "station.outage": stations.outage}
