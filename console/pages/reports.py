"""The reports: what was done in a time, as a chart and a table; each number leads to the tickets it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from console import charts, desk, frame, gate, leafing, report_words
from console.charts import Chart
from crmcore import codes, staff
from kernel import errors, texts
from kernel.unit import Reader
from routing import reporting
from tickets.reports import asking, behind, current
from tickets.reports.asking import BREAKDOWNS, Asked, By, Report
from tickets.reports.shares import Measure
from tickets.reports.telling import Key, Line, Told

PATH = "/reports"


class Number(Struct, frozen=True):
    """A number of the table. `href` "": nothing is behind it; `is_count`: it is how many are."""

    column: str
    said: str
    href: str
    is_count: bool = True


class Dealing(Struct, frozen=True):
    """A call, visit or letter as it is read. `sort`: which of them, in words."""

    at: str
    sort: str
    who: str
    told: reporting.Dealt


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show)), web.get(f"{PATH}/tickets", gate.staff(show_tickets))]


async def show(request: web.Request) -> web.Response:
    """A report of everybody for those who lead, of himself for everybody else."""
    own, language = gate.office(request), frame.language(request)
    asked, wrong = _asked(request)
    left = await current.bring(own.store, own.zone)
    reader = own.store.reading()
    told = await reporting.tell(reader, asked, own.zone, gate.visitor(request).scope)
    names = await _names(request, reader, asked, told)
    rows = [(names[line.key], _numbers(request, asked, told, line, names[line.key])) for line in told.lines]
    together = texts.say(language, "All together")
    return await desk.page(
        request,
        "reports.html",
        asked=asked,
        head=report_words.report(language, asked.report),
        reports=[(one.value, report_words.report(language, one)) for one in Report],
        breakdowns=[(one.value, report_words.by(language, one)) for one in BREAKDOWNS[asked.report]],
        titles=[report_words.column(language, one) for one in told.columns],
        rows=rows,
        total=_numbers(request, asked, told, told.total, together),
        chart=_chart(language, asked, told, names),
        drawn=[report_words.column(language, one) for one in report_words.DRAWN[asked.report]],
        wrong={one: report_words.wrong(language, one) if one in wrong else "" for one in report_words.WRONG},
        is_own=asked.staff_id is not None,
        days=urlencode({"from": asked.since.isoformat(), "to": asked.until.isoformat()}),
        percent=await current.built_percent(own.store),
        left=left,
        zone=own.zone.key,
        status=400 if wrong else 200,
    )


async def show_tickets(request: web.Request) -> web.Response:
    """The tickets of one number."""
    own, language, column = (
        gate.office(request),
        frame.language(request),
        request.query.get("column", Measure.OPENED.value),
    )
    asked, wrong = _asked(request)
    if not wrong and asked.report is Report.CALLS and column in reporting.COLUMNS:
        return await _show_calls(request, asked, column)
    if wrong or not behind.can(asked, column):
        raise errors.NotFound
    page, reader, scope = leafing.page(request), own.store.reading(), gate.visitor(request).scope
    key = request.query.get("key")
    lengths: list[str] = []
    if column in behind.LENGTHS:
        slice_ = {"limit": desk.LISTED, "after": page * desk.LISTED}
        timed, total = await behind.longest(reader, scope, asked, column, key, **slice_)
        found = [one.ticket for one in timed]
        lengths = [report_words.value(language, column, one.length_s) for one in timed]
    else:
        found, total = await behind.listed(
            reader, scope, asked, column, key, limit=desk.LISTED, after=page * desk.LISTED
        )
    return await desk.page(
        request,
        "report_tickets.html",
        up=f"{PATH}?{urlencode(_query(asked))}",
        head=report_words.column(language, column),
        of=await _name_of(request, reader, asked, key),
        found=desk.listed(request, found, lengths),
        is_timed=bool(lengths),
        total=total,
        **leafing.ways(request, page, total, desk.LISTED),
    )


async def _show_calls(request: web.Request, asked: Asked, column: str) -> web.Response:
    """The calls, visits or letters of one number; what was said stands with the customer."""
    own, language, page = gate.office(request), frame.language(request), leafing.page(request)
    reader, scope, key = own.store.reading(), gate.visitor(request).scope, request.query.get("key")
    found, total = await reporting.listed(
        reader, scope, asked, own.zone, column, key, limit=desk.LISTED, after=page * desk.LISTED
    )
    known = await staff.by_ids(reader, [one.staff_id for one in found if one.staff_id])
    nobody = texts.say(language, "Nobody")
    return await desk.page(
        request,
        "report_calls.html",
        up=f"{PATH}?{urlencode(_query(asked))}",
        head=report_words.column(language, column),
        of=await _name_of(request, reader, asked, key),
        found=[
            Dealing(
                report_words.moment(language, one.at.astimezone(own.zone)),
                report_words.column(language, one.sort),
                known[one.staff_id].name if one.staff_id in known else nobody,
                one,
            )
            for one in found
        ],
        **leafing.ways(request, page, total, desk.LISTED),
    )


def _asked(request: web.Request) -> tuple[Asked, list[str]]:
    """What the address asks for, and the fields that are wrong; these are then as if they were not said."""
    own, given = gate.office(request), request.query
    report = next((one for one in Report if one == given.get("report", Report.VOLUMES)), None)
    if report is None:
        raise errors.NotFound
    by = given.get("by", "") if given.get("by") in BREAKDOWNS[report] else ""
    visitor = gate.visitor(request)
    whose = None if visitor.ranks("lead") else int(visitor.actor.id)
    today = own.store.clock.now().astimezone(own.zone).date()
    try:
        return asking.check(report, given.get("from", ""), given.get("to", ""), by, today, whose), []
    except errors.Invalid as error:
        return asking.check(report, "", "", by, today, whose), [problem.field for problem in error.problems]


def _query(asked: Asked) -> dict[str, str]:
    days = {"from": asked.since.isoformat(), "to": asked.until.isoformat()}
    return {"report": asked.report.value, **days, "by": asked.by.value}


def _numbers(request: web.Request, asked: Asked, told: Told, line: Line, name: str) -> list[Number]:
    language = frame.language(request)
    is_total, found = line is told.total, []
    for column in told.columns:
        number = line.values[column]
        href = ""
        if (
            number is not None
            and (number or behind.is_computed(column))
            and (asked.report is Report.CALLS or behind.can(asked, column))
        ):
            more = {} if is_total else {"key": str(line.key)}
            href = f"{PATH}/tickets?{urlencode({**_query(asked), 'column': column, **more})}"
        said = report_words.value(language, column, number)
        found.append(Number(report_words.column(language, column), said, href, not behind.is_computed(column)))
    return found


async def _names(request: web.Request, reader: Reader, asked: Asked, told: Told) -> Mapping[Key, str]:
    """What each line is called."""
    language, own = frame.language(request), gate.office(request)
    keys = [line.key for line in told.lines]
    if asked.by is By.PERSON:
        known = await staff.by_ids(reader, [key for key in keys if isinstance(key, int) and key])
        nobody = texts.say(language, "Nobody")
        return {key: known[key].name if isinstance(key, int) and key in known else nobody for key in keys}
    if asked.by is By.CHANNEL:
        return {key: own.lines.label(str(key)) for key in keys}
    if asked.by in (By.POLICY, By.CAUSE):
        words = await _words(request, reader, asked)
        return {key: words.get(str(key), str(key)) for key in keys}
    return {key: report_words.span(language, asked.by, key) if isinstance(key, date) else str(key) for key in keys}


async def _name_of(request: web.Request, reader: Reader, asked: Asked, key: str | None) -> str:
    """What the line of a list is called; "" of the total."""
    if key is None:
        return ""
    language = frame.language(request)
    if asked.by is By.PERSON:
        staff_id = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0
        known = await staff.by_ids(reader, [staff_id])
        return known[staff_id].name if staff_id in known else texts.say(language, "Nobody")
    if asked.by in asking.TIMES:
        try:
            return report_words.span(language, asked.by, date.fromisoformat(key))
        except ValueError:
            raise errors.NotFound from None
    if asked.by in (By.POLICY, By.CAUSE):
        return (await _words(request, reader, asked)).get(key, key)
    return gate.office(request).lines.label(key) if asked.by is By.CHANNEL else key


async def _words(request: web.Request, reader: Reader, asked: Asked) -> dict[str, str]:
    """What policies and causes are called where that is not their name."""
    language = frame.language(request)
    if asked.by is By.POLICY:
        queues = gate.office(request).desk.queues.values()
        own = {
            one.name: texts.say(language, "Queue {name}", name=queue.name) for queue in queues for one in queue.policies
        }
        return {"": texts.say(language, "Not kept"), **own}
    known = await codes.book(reader, "cause")
    return {"": texts.say(language, "Not given"), **{name: one.label(language) for name, one in known.items()}}


def _chart(language: str, asked: Asked, told: Told, names: Mapping[Key, str]) -> Chart | None:
    drawn = [one for one in report_words.DRAWN[asked.report] if one in told.columns]
    series = [
        (report_words.column(language, one), [float(line.values[one] or 0) for line in told.lines]) for one in drawn
    ]
    return charts.columns([names[line.key] for line in told.lines], series)
