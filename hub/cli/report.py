"""`centrala report NAME`: what was done in a time, in numbers; `report rebuild` counts everything anew."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from crmcore import staff
    from crmcore.exchange import sinks
    from kernel.unit import Store
    from routing import reporting
    from tickets.reports import asking, current, rebuild, targets
    from tickets.reports.asking import Asked
    from tickets.reports.targets import Judged
    from tickets.reports.telling import Line, Told
else:
    staff = Late("crmcore.staff")
    sinks = Late("crmcore.exchange.sinks")
    asking = Late("tickets.reports.asking")
    current = Late("tickets.reports.current")
    rebuild = Late("tickets.reports.rebuild")
    targets = Late("tickets.reports.targets")
    reporting = Late("routing.reporting")

app = options.application()
REBUILD = "rebuild"
TARGETS = "targets"
JUDGED = {True: "yes", False: "no", None: ""}
TOTAL = "total"
NAMES = "volumes, response, resolution, sla, backlog, load, complaints, ratings, calls, targets"


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{NAMES}; or the one word: rebuild.")],
    since: Annotated[str, typer.Option("--from", help="The first day, like 2026-03-01. Default: 30 days.")] = "",
    until: Annotated[str, typer.Option("--to", help="The last day, like 2026-03-31. Default: today.")] = "",
    by: Annotated[str, typer.Option("--by", help="day, week, month, queue, channel, person, policy or cause.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write it into this file, - is the screen.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write it into this file, for Excel.")] = None,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Tell a report: centrala report response --from 2026-03-01 --to 2026-03-31 --by queue

    Days are those of the company's zone. Lengths of time are in seconds, medians and 90th percentiles at most 5 % off.
    """
    if name == REBUILD:
        _rebuild(config, as_json=as_json)
        return
    if name == TARGETS:
        _targets(config, (since, until), csv, xlsx, as_json=as_json)
        return

    async def act(store: Store, settings: Any) -> tuple[Told, list[dict[str, Any]], int]:
        zone = ZoneInfo(settings.company.zone)
        asked = asking.check(name, since, until, by, store.clock.now().astimezone(zone).date())
        await current.bring(store, zone, units=None)
        told = await reporting.tell(store.reading(), asked, zone)
        return told, await _rows(store, asked, told), await current.built_percent(store)

    told, rows, percent = options.on_store(config, act)
    if percent < 100:
        said = f"centrala: older tickets are being counted ({percent} %); all at once: centrala report rebuild"
        print(said, file=sys.stderr)
    _write(rows, [str(next(iter(rows[-1]))), *told.columns], csv, xlsx, as_json=as_json)


def _write(rows: list[dict[str, Any]], keys: list[str], csv: Path | None, xlsx: Path | None, *, as_json: bool) -> None:
    cells = [keys, *([_cell(row[key]) for key in keys] for row in rows)]
    if csv is not None and str(csv) == "-":
        sinks.to_csv(sys.stdout, cells)
    elif csv is not None:
        with csv.open("w", encoding="utf-8", newline="") as out:
            sinks.to_csv(out, cells, mark=True)
    if xlsx is not None:
        with xlsx.open("wb") as binary:
            sinks.to_xlsx(binary, cells, "report")
    if csv is None and xlsx is None:
        listing.tell(rows, keys, as_json=as_json)


def _targets(config: Any, days: tuple[str, str], csv: Path | None, xlsx: Path | None, *, as_json: bool) -> None:
    """How the targets of the settings stood over these days."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        zone = ZoneInfo(settings.company.zone)
        asked = asking.check("volumes", *days, "", store.clock.now().astimezone(zone).date())
        await current.bring(store, zone, units=None)
        people = {one.name: int(one.id) for one in await staff.listed(store.reading())}
        judged = await targets.judged(store.reading(), settings.targets, asked.since, asked.until, people)
        return [_judged(one) for one in judged]

    keys = ("target", "measure", "of", "at_most", "at_least", "found", "met")
    _write(options.on_store(config, act), list(keys), csv, xlsx, as_json=as_json)


def _judged(one: Judged) -> dict[str, Any]:
    target = one.target
    return {
        "target": target.name,
        "measure": target.measure,
        "of": target.key or "all",
        "at_most": target.limit if target.at_most else None,
        "at_least": None if target.at_most else target.limit,
        "found": _round(one.found),
        "met": JUDGED[one.is_met],
    }


async def _rows(store: Store, asked: Asked, told: Told) -> list[dict[str, Any]]:
    names: dict[Any, str] = {0: "nobody"}
    if asked.by is asking.By.PERSON:
        ids = [line.key for line in told.lines if isinstance(line.key, int) and line.key]
        names |= {staff_id: one.name for staff_id, one in (await staff.by_ids(store.reading(), ids)).items()}
    lines = [_row(asked, line, names) for line in told.lines]
    whole = {name: _round(value) for name, value in told.total.values.items()}
    return [*lines, {asked.by.value: TOTAL, **whole}]


def _row(asked: Asked, line: Line, names: dict[Any, str]) -> dict[str, Any]:
    key = line.key.isoformat() if isinstance(line.key, date) else names.get(line.key, str(line.key))
    return {asked.by.value: key, **{name: _round(value) for name, value in line.values.items()}}


def _round(value: float | None) -> float | None:
    return round(value, 1) if isinstance(value, float) else value


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _rebuild(config: Any, *, as_json: bool) -> None:
    async def act(store: Store, settings: Any) -> dict[str, Any]:
        zone = ZoneInfo(settings.company.zone)
        known = await rebuild.progress(store.reading())
        now = known if known is not None and not known.is_over else None
        if now is None:
            async with store.unit() as work:
                now = await rebuild.begin(work, zone)
        said = 0
        while not now.is_over:
            async with store.unit() as work:
                now = await rebuild.step(work, zone)
            if sys.stderr.isatty() and now.percent != said:
                said = now.percent
                print(f"\r{said} %", end="", file=sys.stderr, flush=True)
        return {"tickets": now.done, "waiting": await current.bring(store, zone, units=None)}

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    print(f"Everything is counted: {found['tickets']} tickets.")
