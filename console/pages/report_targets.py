"""The targets of the house: what was wanted of each, what was found in the days asked for, and whether it is met."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from console import desk, frame, gate, report_words
from crmcore import staff
from kernel import errors, texts
from tickets.reports import asking, current, targets
from tickets.reports.asking import By
from tickets.reports.targets import Judged

PATH = "/reports/targets"
_SCOPE = {By.QUEUE: "Queue {name}", By.CHANNEL: "Channel {name}", None: "All together"}
_WANTED = {True: "at most {limit}", False: "at least {limit}"}
_SAID = {True: "met", False: "missed", None: "nothing to count"}
_VERDICT = {True: "met", False: "missed", None: "none"}


class Shown(Struct, frozen=True):
    """A target as it is read. `verdict`: "met", "missed" or "none"; `href`: the report it was found in."""

    name: str
    of: str
    measure: str
    wanted: str
    found: str
    verdict: str
    said: str
    href: str


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show))]


async def show(request: web.Request) -> web.Response:
    """All targets; the last 30 days where no days, or wrong ones, are asked for."""
    own, language, given = gate.office(request), frame.language(request), request.query
    today = own.store.clock.now().astimezone(own.zone).date()
    wrong: list[str] = []
    try:
        asked = asking.check("volumes", given.get("from", ""), given.get("to", ""), "", today)
    except errors.Invalid as error:
        wrong = [problem.field for problem in error.problems]
        asked = asking.check("volumes", "", "", "", today)
    left = await current.bring(own.store, own.zone)
    reader = own.store.reading()
    people = {one.name: int(one.id) for one in await staff.listed(reader)}
    judged = await targets.judged(reader, own.targets, asked.since, asked.until, people)
    return await desk.page(
        request,
        "report_targets.html",
        asked=asked,
        found=[_shown(language, one) for one in judged],
        wrong={one: report_words.wrong(language, one) if one in wrong else "" for one in report_words.WRONG},
        percent=await current.built_percent(own.store),
        left=left,
        status=400 if wrong else 200,
    )


def _shown(language: str, one: Judged) -> Shown:
    target, asked = one.target, one.asked
    limit = report_words.value(language, target.column, target.limit)
    head, column = report_words.report(language, target.report), report_words.column(language, target.column)
    days = {"from": asked.since.isoformat(), "to": asked.until.isoformat()}
    return Shown(
        target.name,
        target.key if target.by is By.PERSON else texts.say(language, _SCOPE[target.by], name=target.key),
        f"{head}: {column}",
        texts.say(language, _WANTED[target.at_most], limit=limit),
        report_words.value(language, target.column, one.found),
        _VERDICT[one.is_met],
        texts.say(language, _SAID[one.is_met]),
        f"/reports?{urlencode({'report': asked.report.value, **days, 'by': asked.by.value})}",
    )
