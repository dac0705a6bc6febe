"""The verb that asks a ticket's clocks to explain themselves: sla."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from bot import views
from bot.calls import Answer, Call
from bot.grammar import Verb
from kernel.durations import format_duration
from tickets import explaining, policies
from tickets.calendar import Span
from tickets.explaining import Basis, Story

SHOWN = 6  # stretches of time; the page and the command line show all


async def sla(call: Call) -> Answer:
    """By what policy each clock runs, and what time was counted."""
    ticket, zone = call.the_ticket, ZoneInfo(call.actor.zone)
    stories = await explaining.explain(call.work, ticket.id)
    if not stories:
        return Answer(f"{ticket.name} has no clock: no policy and no queue had a target for it when it came.")
    return Answer("\n\n".join([ticket.name, *(_told(one, zone, call) for one in stories)]))


def _told(one: Story, zone: tzinfo, call: Call) -> str:
    def at(when: datetime) -> str:
        return views.moment(when, zone, call.work.now)

    due = f"due {at(one.due_at)}" if one.due_at else "it has no due time while it stands still"
    lines = [f"{views.CLOCKS[one.kind].capitalize()}: {one.state.value}, {due}", f"Since {at(one.started_at)}"]
    if one.ended_at:
        lines[1] += f", ended {at(one.ended_at)}"
    if one.basis is None:
        return "\n".join([*lines, "It began before policies were kept: only its due time is known."])
    return "\n".join([*lines, *_based(one.basis, zone)])


def _based(basis: Basis, zone: tzinfo) -> list[str]:
    terms = basis.terms
    lines = [
        f"Policy {terms.policy.name}, for {policies.why_openly(terms.policy)} (version {terms.version})",
        f"Target {format_duration(basis.target)} in calendar {terms.calendar.name}, {terms.calendar.zone}",
        *_spans("Counted", basis.counted, zone),
        *_spans("Stood still", basis.paused, zone),
    ]
    closed = [f"{day.day:%d %b} {day.name}".rstrip() for day in basis.holidays]
    return [*lines, f"Holidays: {', '.join(closed)}"] if closed else lines


def _spans(word: str, spans: tuple[Span, ...], zone: tzinfo) -> list[str]:
    shown = [f"{word}: {_span(one, zone)}" for one in spans[:SHOWN]]
    return [*shown, f"{word}: and {len(spans) - SHOWN} more"] if len(spans) > SHOWN else shown


def _span(one: Span, zone: tzinfo) -> str:
    opens, closes = (at.astimezone(zone) for at in one)
    day = "" if opens.date() == closes.date() else f"{closes:%a %d %b} "
    return f"{opens:%a %d %b %H:%M} to {day}{closes:%H:%M} ({format_duration(one[1] - one[0])})"


VERBS = (Verb("sla", sla, "why it is due when it is", "/sla T12", ("why",)),)
