"""`centrala stations`: bring stations up to a file, and list them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, importing, listing, options

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

    async def read(store: Store, content: bytes) -> importing.Found:
        return importing.Found(*sheet.read(content, zone=zone))

    how = importing.How(skip_bad=skip_bad, dry_run=dry_run, as_json=as_json)
    importing.bring(file, config, "stations", read, stations.upsert, size=stations.CHUNK, how=how)


@app.command("list")
def list_stations(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all stations by code."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [_row(one) for one in await every(store)]

    keys = ("code", "name", "address", "region", "zone", "services")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


async def every(store: Store) -> list[Station]:
    """All stations by code."""
    return await listing.whole(
        lambda after: stations.listed(store.reading(), after=after), lambda one: one.code, first=""
    )


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
