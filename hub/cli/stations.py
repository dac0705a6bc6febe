"""`centrala stations`: bring stations up to a file, and list them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, importing, options, printing

if TYPE_CHECKING:
    from crmcore import stations
    from crmcore.exchange import stations as sheet
    from crmcore.stations import Station
    from kernel.unit import Store
else:
    sheet = Late("crmcore.exchange.stations")
    stations = Late("crmcore.stations")

app = options.application()


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: code, name, city, address, region, zone, services, nearest.")],
    zone: Annotated[str, typer.Option(help="Time zone of stations whose line names none.")] = "",
    skip_bad: importing.SkipBad = False,
    dry_run: importing.DryRun = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Add new stations, update changed ones. The same file again changes nothing."""
    content = importing.content(file)

    async def act(store: Store, settings: Any) -> importing.Done:
        found, problems = sheet.read(content, zone=zone)
        importing.must_be_right(problems, skip_bad=skip_bad)
        tally = await importing.in_units(store, found, stations.upsert, size=stations.CHUNK, dry_run=dry_run)
        return importing.Done(tally, problems)

    importing.tell(options.on_store(config, act), "stations", dry_run=dry_run, as_json=as_json)


@app.command("list")
def list_stations(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all stations by code."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        while page := await stations.listed(store.reading(), after=after):
            found += [_row(one) for one in page]
            after = page[-1].code
        return found

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    keys = ("code", "name", "address", "region", "zone", "services")
    printing.columns([key.upper() for key in keys], [[row[key] for key in keys] for row in found])


def _row(one: Station) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "code": one.code,
        "name": one.name,
        "address": one.address,
        "region": one.region,
        "zone": one.zone,
        "services": one.services,
        "nearest": list(one.nearest),
    }
