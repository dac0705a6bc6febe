"""How what was counted for a digest reads, in its reader's language: a line each, with where more of it is. Pure."""

from __future__ import annotations

from datetime import time, timedelta

from babel.lists import format_list
from babel.numbers import format_decimal
from msgspec import Struct

from kernel import texts
from kernel.durations import format_duration
from routing.digests import Facts, Kind, Plan

_SUBJECTS = {
    Kind.MORNING: "Morning digest, {day}",
    Kind.EVENING: "Evening digest, {day}",
    Kind.WEEKLY: "Weekly digest, {day}",
}
_AGES = {
    "day": "{count} up to a day",
    "three_days": "{count} up to 3 days",
    "week": "{count} up to 7 days",
    "month": "{count} up to 30 days",
    "older": "{count} older",
}


class Line(Struct, frozen=True):
    """One thing told, and where more of it is: a link, or a command."""

    text: str
    link: str


def lines(facts: Facts, address: str) -> list[Line]:
    """What there is to say; nothing of what there is none of. `address`: how links to the console begin."""
    found = [*_week(facts, address)] if facts.week is not None else [*_standing(facts, address)]
    found += [*_people(facts, address), *_low(facts, address)]
    if facts.week is None:
        found += [*_outages(facts), *_unreached(facts, address)]
    return found


def text(facts: Facts, address: str) -> str:
    """The digest as it is read; "" where there is nothing to say."""
    told = lines(facts, address)
    if not told:
        return ""
    head = subject(facts)
    if facts.due_at is not None:
        at = f"{facts.due_at.astimezone(facts.zone):%H:%M}"
        head += f"\n({texts.say(facts.language, 'late: it was due at {time}', time=at)})"
    return "\n".join([head, *(f"• {one.text}\n  {one.link}" for one in told)])


def subject(facts: Facts) -> str:
    """Morning digest, Mon 16 Mar 2026"""
    day = texts.day_in_full(facts.language, facts.now.astimezone(facts.zone).date())
    return texts.say(facts.language, _SUBJECTS[facts.kind], day=day)


def nothing(facts: Facts) -> str:
    """What is answered to who asks for a digest that is empty."""
    said = "{subject}: nothing is open, nothing is late, and nothing has happened that you should know of."
    return texts.say(facts.language, said, subject=subject(facts))


def when(plan: Plan, language: str) -> str:
    """at 08:00, at 16:00 and Monday at 08:00"""
    found = [texts.say(language, "at {time}", time=_clock(one)) for one in (plan.morning, plan.evening) if one]
    if plan.weekly is not None:
        at = _clock(plan.weekly.at)
        if plan.weekly.weekday is None:
            found.append(texts.say(language, "every day at {time}", time=at))
        else:
            day = texts.weekday(language, plan.weekly.weekday)
            found.append(texts.say(language, "{day} at {time}", day=day, time=at))
    return format_list(found, locale=texts.locale(language)) if found else texts.say(language, "at no time")


# -- lines --------------------------------------------------------------------------------------------------------


def _standing(facts: Facts, address: str) -> list[Line]:
    language, lists = facts.language, f"{address}/manager/tickets" if facts.leads else ""
    queues = f"{address}/queues"
    found = []
    if facts.open:
        ages = ", ".join(texts.say(language, _AGES[age], count=facts.ages[age]) for age in _AGES if facts.ages.get(age))
        told = texts.say(language, "{count} open: {ages}", count=facts.open, ages=ages)
        found.append(Line(told, f"{address}/reports?report=backlog" if lists else queues))
    if facts.late:
        told = texts.say_many(language, "{count} late", "{count} late", facts.late)
        found.append(Line(told, f"{lists}/late" if lists else queues))
    if facts.soon:
        told = texts.say(language, "{count} due within the hour", count=facts.soon)
        found.append(Line(told, f"{lists}/soon" if lists else queues))
    if facts.free:
        told = texts.say(language, "{count} nobody has", count=facts.free)
        found.append(Line(told, f"{lists}/free" if lists else queues))
    return found


def _week(facts: Facts, address: str) -> list[Line]:
    week, language = facts.week, facts.language
    if week is None or not (sum(week.came) or sum(week.answered) or week.rated):
        return []
    until = week.since + timedelta(days=len(week.came) - 1)
    days = f"from={week.since}&to={until}"
    told = texts.say(
        language,
        "{start} to {end}: {came} messages in, {sent} out",
        start=texts.day(language, week.since),
        end=texts.day(language, until),
        came=sum(week.came),
        sent=sum(week.answered),
    )
    found = [Line(told, f"{address}/reports?report=volumes&{days}")]
    if week.whole_median_s is not None:
        half = format_duration(timedelta(minutes=max(1, round(week.whole_median_s / 60))))
        told = texts.say(language, "Half of the first answers within {time}", time=half)
        found.append(Line(told, f"{address}/reports?report=response&{days}"))
    if week.rated and week.mean is not None:
        told = texts.say_many(
            language,
            "{count} rating, {mean} on average",
            "{count} ratings, {mean} on average",
            week.rated,
            mean=format_decimal(week.mean, locale=texts.locale(language)),
        )
        found.append(Line(told, f"{address}/reports?report=ratings&{days}"))
    return found


def _people(facts: Facts, address: str) -> list[Line]:
    lists = f"{address}/manager" if facts.leads else f"{address}/my"
    said = "{name}: {open} open, {answered} answered"
    found = [
        Line(
            texts.say(facts.language, said, name=one.name, open=one.open, answered=one.answered),
            f"{lists}/tickets/open?who={one.id}" if facts.leads else lists,
        )
        for one in facts.people
    ]
    return [*found, *_more(facts, "people", lists)]


def _low(facts: Facts, address: str) -> list[Line]:
    found = []
    for one in facts.low:
        told = texts.say(facts.language, "{ticket} was rated {score} of 5", ticket=one.ticket, score=one.score)
        comment = f": “{one.comment}”" if one.comment else ""
        found.append(Line(f"{told}{comment}", f"{address}/tickets/{one.ticket}"))
    return [*found, *_more(facts, "low", f"{address}/reports?report=ratings")]


def _outages(facts: Facts) -> list[Line]:
    found, language = [], facts.language
    for one in facts.outages:
        start = texts.in_full(language, one.starts_at, facts.zone)
        if one.ends_at is None:
            told = texts.say(language, "{start} until further notice", start=start)
        else:
            end = texts.in_full(language, one.ends_at, facts.zone)
            told = texts.say(language, "{start} to {end}", start=start, end=end)
        found.append(Line(f"{one.name}: {one.stations}, {told}", f"/outage {one.name}"))
    return [*found, *_more(facts, "outages", "/station list")]


def _unreached(facts: Facts, address: str) -> list[Line]:
    found = [
        Line(
            texts.say(facts.language, "{name} cannot be reached any more", name=one.name),
            f"{address}/contacts/{one.id}",
        )
        for one in facts.unreached
    ]
    return [*found, *_more(facts, "unreached", f"{address}/contacts")]


def _more(facts: Facts, name: str, link: str) -> list[Line]:
    rest = facts.more.get(name, 0)
    return [Line(texts.say(facts.language, "… and {count} more", count=rest), link)] if rest else []


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
