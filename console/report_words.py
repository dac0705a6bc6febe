"""The words of the reports in the reader's language: their names, columns, lines and lengths of time. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from console import timeleft
from kernel import texts
from tickets.reports.asking import By, Report
from tickets.reports.telling import Value

_REPORT = {
    Report.VOLUMES: "Messages and tickets",
    Report.RESPONSE: "Time to the first answer",
    Report.RESOLUTION: "Time until it is done",
    Report.SLA: "Promises",
    Report.BACKLOG: "Backlog",
    Report.LOAD: "Load",
    Report.COMPLAINTS: "Complaints",
    Report.RATINGS: "Ratings",
    Report.CALLS: "Calls, visits, letters",
}
_BY = {
    By.DAY: "By day",
    By.WEEK: "By week",
    By.MONTH: "By month",
    By.QUEUE: "By queue",
    By.CHANNEL: "By channel",
    By.PERSON: "By person",
    By.POLICY: "By policy",
    By.CAUSE: "By cause",
}
_COLUMN = {
    "opened": "Tickets opened",
    "in": "Messages in",
    "out": "Messages out",
    "closed": "Tickets done",
    "response": "First answers",
    "resolution": "Tickets done",
    "median_s": "Half within",
    "p90_s": "Nine of ten within",
    "met": "Promises kept",
    "missed": "Promises broken",
    "met_percent": "Kept, %",
    "first_response_percent": "First answer, %",
    "next_response_percent": "Next answer, %",
    "resolution_percent": "Solution, %",
    "open": "Open now",
    "day": "Up to a day",
    "three_days": "Up to 3 days",
    "week": "Up to 7 days",
    "month": "Up to 30 days",
    "older": "Older than 30 days",
    "calls_in": "Calls in",
    "calls_out": "Calls out",
    "minutes": "Minutes",
    "visits": "Visits",
    "letters": "Letters",
    "complaints": "Complaints",
    "accepted": "Result accepted",
    "refused": "Result refused",
    "accepted_percent": "Accepted, %",
    "rated": "Ratings",
    "mean": "Average rating",
    "low": "Ratings of 1 and 2",
    "low_percent": "1 and 2, %",
}
WRONG = {
    "from": "Expected: a day like 2026-03-01, not after the last one and at most ten years before it.",
    "to": "Expected: a day like 2026-03-31.",
}
# What a chart draws: at most two columns of the same unit.
DRAWN = {
    Report.VOLUMES: ("in", "out"),
    Report.RESPONSE: ("median_s",),
    Report.RESOLUTION: ("median_s",),
    Report.SLA: ("met", "missed"),
    Report.BACKLOG: ("open",),
    Report.LOAD: ("open", "closed"),
    Report.COMPLAINTS: ("complaints", "refused"),
    Report.RATINGS: ("rated", "low"),
    Report.CALLS: ("calls_in", "calls_out"),
}


def report(language: str, wanted: Report) -> str:
    return texts.say(language, _REPORT[wanted])


def by(language: str, wanted: By) -> str:
    return texts.say(language, _BY[wanted])


def column(language: str, name: str) -> str:
    return texts.say(language, _COLUMN[name])


def wrong(language: str, field: str) -> str:
    return texts.say(language, WRONG[field])


def value(language: str, name: str, number: Value) -> str:
    """A number as it is read: a length of time in words, a dash where there is none."""
    if number is None:
        return "–"
    if name.endswith("_s"):
        return timeleft.span(language, timedelta(seconds=number))
    return str(format_decimal(number, locale=texts.locale(language)))


def moment(language: str, at: datetime) -> str:
    """An aware time, in its own zone."""
    return str(format_datetime(at, "medium", tzinfo=at.tzinfo, locale=texts.locale(language)))


def span(language: str, wanted: By, first: date) -> str:
    """A line that is a day, a week or a month."""
    locale = texts.locale(language)
    if wanted is By.MONTH:
        return str(format_date(first, "LLLL y", locale=locale))
    day = str(format_date(first, "medium", locale=locale))
    return texts.say(language, "Week of {day}", day=day) if wanted is By.WEEK else day
