"""The verb that asks a ticket's clocks to explain themselves: sla."""

from __future__ import annotations

from bot import views
from bot.calls import Answer, Call
from bot.grammar import Verb
from bot.views import Reading
from kernel import texts
from kernel.durations import format_duration
from tickets import explaining, policies
from tickets.calendar import Span
from tickets.explaining import Basis, Story
from tickets.sla import ClockState

_STATES = {
    ClockState.RUNNING: "running",
    ClockState.PAUSED: "paused",
    ClockState.MET: "met",
    ClockState.BREACHED: "breached",
    ClockState.CANCELLED: "cancelled",
}
_POLICY = "Policy {name}, for {why} (version {version})"
SHOWN = 6  # stretches of time; the page and the command line show all


async def sla(call: Call) -> Answer:
    """By what policy each clock runs, and what time was counted."""
    ticket = call.the_ticket
    stories = await explaining.explain(call.work, ticket.id)
    if not stories:
        return Answer(
            texts.say(
                call.language,
                "{ticket} has no clock: no policy and no queue had a target for it when it came.",
                ticket=ticket.name,
            )
        )
    return Answer("\n\n".join([ticket.name, *(_told(one, call.reading) for one in stories)]))


def _told(one: Story, reading: Reading) -> str:
    language = reading.language
    due = texts.say(language, "it has no due time while it stands still")
    if one.due_at:
        due = texts.say(language, "due {at}", at=views.moment(reading, one.due_at))
    what = views.clock(language, one.kind)
    since = texts.say(language, "Since {at}", at=views.moment(reading, one.started_at))
    if one.ended_at:
        since += f", {texts.say(language, 'ended {at}', at=views.moment(reading, one.ended_at))}"
    head = f"{what[:1].upper()}{what[1:]}: {texts.say(language, _STATES[one.state])}, {due}\n{since}"
    if one.basis is None:
        unknown = texts.say(language, "It began before policies were kept: only its due time is known.")
        return f"{head}\n{unknown}"
    return "\n".join([head, *_based(one.basis, reading)])


def _based(basis: Basis, reading: Reading) -> list[str]:
    terms, language = basis.terms, reading.language
    why = policies.why_openly(terms.policy)
    target = format_duration(basis.target)
    calendar = f"{terms.calendar.name}, {terms.calendar.zone}"
    lines = [
        texts.say(language, _POLICY, name=terms.policy.name, why=why, version=terms.version),
        texts.say(language, "Target {time} in calendar {calendar}", time=target, calendar=calendar),
        *_spans(texts.say(language, "Counted"), basis.counted, reading),
        *_spans(texts.say(language, "Stood still"), basis.paused, reading),
    ]
    closed = ", ".join(f"{day.day:%d %b} {day.name}".rstrip() for day in basis.holidays)
    return [*lines, texts.say(language, "Holidays: {names}", names=closed)] if closed else lines


def _spans(word: str, spans: tuple[Span, ...], reading: Reading) -> list[str]:
    shown = [f"{word}: {_span(one, reading)}" for one in spans[:SHOWN]]
    more = texts.say_many(reading.language, "and {count} more", "and {count} more", len(spans) - SHOWN)
    return [*shown, f"{word}: {more}"] if len(spans) > SHOWN else shown


def _span(one: Span, reading: Reading) -> str:
    opens, closes = (at.astimezone(reading.zone) for at in one)
    begin, end = (f"{texts.short_day(reading.language, at.date())} {at:%H:%M}" for at in (opens, closes))
    end = f"{closes:%H:%M}" if opens.date() == closes.date() else end
    span = texts.say(reading.language, "{begin} to {end}", begin=begin, end=end)
    return f"{span} ({format_duration(one[1] - one[0])})"


VERBS = (Verb("sla", sla, "why it is due when it is", "/sla T12", ("why",)),)
