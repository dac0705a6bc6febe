"""Who answers which event: the one table in which lower floors meet those above them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.alerting import Alerting
from bot.announcing import Announcer
from bot.away import Away
from bot.customer import Customers
from bot.incidents import Incidents
from bot.joining import Joining
from bot.notices import Notices
from bot.reminding import Reminding
from bot.warning import Warnings
from channels.events import AccountNeeds, FileChanged, MessageParked, MessageSettled
from console import live
from hub.ends import Step
from hub.settings import Settings
from kernel.unit import Handlers
from routing import escalation, incidents, reminders
from routing.desk import Desk
from routing.events import (
    AlertAcked,
    AlertRaised,
    AlertResolved,
    IncidentOverdue,
    ReminderChanged,
    ReminderFired,
    RuleAnswered,
    RuleNotified,
)
from routing.targets import Targets
from tickets import clocks, phases, snooze, warnings
from tickets.deliveries import Deliveries
from tickets.events import (
    AnswerRerouted,
    ClockBreached,
    ClockWarned,
    CustomerWrote,
    TicketChanged,
    TicketOpened,
    TicketWoke,
)
from webhooks.stations import StationEvents

TIMERS = (clocks.SOURCE, warnings.SOURCE, escalation.SOURCE, incidents.SOURCE, reminders.SOURCE, snooze.SOURCE)


def desk(settings: Settings, conversational: Mapping[str, bool]) -> Desk:
    """What routing decides by. `conversational`: channel → whether what is written there goes on with what was."""
    return Desk(
        settings.queues,
        settings.rules,
        conversational,
        old_numbers=settings.history.compiled,
        calendars=settings.calendars,
        policies=settings.policies,
        kinds=settings.kinds,
        states=settings.states,
    )


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
    away, cause = Away(notices.house), Incidents(announcer.store, notices.house)
    return {
        TicketOpened: (customers.opened, notices.opened, away.opened, cause.opened, live.changed),
        CustomerWrote: (snooze.interrupted, notices.joined, away.joined, live.changed),
        TicketChanged: (
            escalation.resolve,
            targets.reopened,
            phases.followed,
            notices.changed,
            away.changed,
            live.changed,
        ),
        ClockBreached: (escalation.raise_alerts, notices.breached, live.changed),
        ClockWarned: (Warnings(notices.house).warned,),
        AlertRaised: (alerting.raised,),
        IncidentOverdue: (cause.overdue,),
        AlertAcked: (alerting.acked,),
        AlertResolved: (alerting.resolved,),
        RuleAnswered: (customers.ruled,),
        RuleNotified: (alerting.ruled,),
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
        FileChanged: (live.filed,),
        AnswerRerouted: (notices.rerouted, live.changed),
        MessageParked: (notices.parked,),
        AccountNeeds: (notices.needed,),
    }


def events(stations: StationEvents) -> Mapping[str, Step]:
    """What other systems may post beside messages → who sees to it."""
    return {"station.upserted": stations.upserted, "station.outage": stations.outage}
