"""Who answers which event: the one table in which lower floors meet those above them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.alerting import Alerting
from bot.announcing import Announcer
from bot.away import Away
from bot.customer import Customers
from bot.house import House
from bot.incidents import Incidents
from bot.joining import Joining
from bot.notices import Notices
from bot.questioning import Questioning
from bot.reminding import Reminding
from bot.ringing import Ringing
from bot.solved import Solved
from bot.unheld import Unheld
from bot.warning import Warnings
from bot.watching import Watching
from channels import overdue, uploads
from channels.contract import Parse
from channels.enclosing import Cut
from channels.events import AccountNeeds, FileChanged, MessageOverdue, MessageParked, MessageSettled
from channels.lines import Lines
from console import live
from crmcore.absences import CameBack
from hub.ends import Step
from hub.settings import Settings
from kernel.timers import Source
from kernel.unit import Handlers
from routing import call_backs, escalation, incidents, reminders
from routing.climbing import Climbing
from routing.desk import Desk
from routing.events import (
    AlertAcked,
    AlertRaised,
    AlertResolved,
    AlertStepped,
    AlertUnheard,
    CallDue,
    IncidentOverdue,
    NobodyAble,
    ReminderChanged,
    ReminderFired,
    RuleAnswered,
    RuleAsked,
    RuleNotified,
)
from routing.late_calls import LateCalls
from routing.pulling import Pulling
from routing.standing_in import StandingIn
from routing.targets import Targets
from routing.uploads import Uploads
from tickets import clocks, phases, questions, snooze, warnings
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
from webhooks import parse
from webhooks.calls import CallEvents
from webhooks.stations import StationEvents

# Channels without an adapter: what they store is understood from the start.
PARSERS: Mapping[str, Parse] = {parse.CHANNEL: parse.parse, uploads.CHANNEL: uploads.parse}
CUTTING: Mapping[str, Cut] = {uploads.CHANNEL: uploads.cut}
TIMERS = (
    clocks.SOURCE,
    warnings.SOURCE,
    escalation.SOURCE,
    incidents.SOURCE,
    reminders.SOURCE,
    snooze.SOURCE,
    call_backs.SOURCE,
    questions.SOURCE,
    overdue.SOURCE,
)


def timers(desk: Desk) -> tuple[Source, ...]:
    """Everything that becomes due."""
    return (*TIMERS, Climbing(desk).source)


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
        rotas=settings.rotas,
        roster=settings.roster,
    )


def house(settings: Settings, lines: Lines, desk: Desk) -> House:
    """What the bot works with, as far as the settings say it."""
    bot = settings.bot
    made = House(lines, desk, timedelta(seconds=bot.hold_s), bot.topic_talk, bot.channels, settings.macros)
    made.language = bot.language or settings.company.language
    made.commands_a_minute, made.unproven_an_hour = bot.limits
    made.ratings, made.asks_solved, made.public_url = bot.ratings, bot.asks_solved, settings.web.public_url
    return made


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
    away, cause, watching = Away(notices.house), Incidents(announcer.store, notices.house), Watching(notices.house)
    solved, ringing, asking = Solved(notices.house), Ringing(notices.house), Questioning(notices.house)
    warnings_ = Warnings(notices.house)
    climbing, standing_in = Climbing(notices.house.desk), StandingIn(notices.house.desk)
    pulling = Pulling(notices.house.desk)
    opened = (
        standing_in.wrote,
        customers.opened,
        notices.opened,
        away.opened,
        watching.wrote,
        cause.opened,
        solved.opened,
    )
    joined = (standing_in.wrote, snooze.interrupted, notices.joined, away.joined, watching.wrote)
    routed = (escalation.resolve, escalation.seen_to, targets.reopened, phases.followed)
    told = (notices.changed, solved.changed, ringing.changed, asking.changed, away.changed, watching.changed)
    heard = (customers.settled, deliveries.settled, notices.settled, alerting.settled, reminding.settled)
    return {
        TicketOpened: (*opened, live.changed),
        CustomerWrote: (*joined, live.changed),
        TicketChanged: (*routed, *told, pulling.changed, live.changed),
        ClockBreached: (climbing.raise_alerts, notices.breached, live.changed),
        ClockWarned: (warnings_.warned,),
        AlertRaised: (alerting.raised,),
        AlertStepped: (alerting.stepped,),
        AlertUnheard: (alerting.unheard,),
        IncidentOverdue: (cause.overdue,),
        AlertAcked: (alerting.acked,),
        AlertResolved: (alerting.resolved,),
        RuleAnswered: (customers.ruled,),
        RuleAsked: (asking.ruled,),
        RuleNotified: (alerting.ruled,),
        CameBack: (pulling.back,),
        NobodyAble: (Unheld(notices.house).told,),
        TicketWoke: (reminding.woke, live.changed),
        CallDue: (ringing.due, LateCalls(notices.house.desk).late, live.changed),
        ReminderFired: (reminding.fired,),
        ReminderChanged: (reminding.changed,),
        MessageOverdue: (alerting.overdue, reminding.overdue, warnings_.overdue),
        MessageSettled: (*heard, warnings_.settled, announcer.settled, joining.settled, asking.settled, live.settled),
        FileChanged: (live.filed,),
        AnswerRerouted: (notices.rerouted, live.changed),
        MessageParked: (notices.parked,),
        AccountNeeds: (notices.needed,),
    }


def events(stations: StationEvents, calls: CallEvents) -> Mapping[str, Step]:
    """What may come in beside messages → who sees to it."""
    return {
        "station.upserted": stations.upserted,
        "station.outage": stations.outage,
        "call.missed": calls.missed,
        uploads.EVENT: Uploads(calls.desk).sent,
    }
