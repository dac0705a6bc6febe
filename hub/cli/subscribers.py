"""`centrala subscribers`: who wants to hear of which stations, from a file, and as a list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, importing, options, printing

if TYPE_CHECKING:
    from channels import contract
    from crmcore import stations, subscribers
    from crmcore.exchange import subscribers as sheet
    from crmcore.subscribers import Listed
    from kernel.unit import Store
else:
    contract = Late("channels.contract")
    sheet = Late("crmcore.exchange.subscribers")
    stations = Late("crmcore.stations")
    subscribers = Late("crmcore.subscribers")

app = options.application()
# What may stand above a column of addresses, and in the column of preferred channels: here a person names channels.
SCHEMES = {
    "telegram": ("telegram id", "telegram user", "id telegram", "chat id"),
    "tel": ("phone", "telephone", "mobile", "sms", "telefon", "komorka", "mobil", "телефон"),
    "mailto": ("email", "e mail", "mail", "adres e mail", "почта"),
}
CHANNELS = {
    "telegram": "telegram",
    "tg": "telegram",
    "sms": "tel",
    "phone": "tel",
    "email": "mailto",
    "mail": "mailto",
}


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV: name, company, e-mail, phone, telegram id, language, stations, channel, zone.")
    ],
    skip_bad: importing.SkipBad = False,
    dry_run: importing.DryRun = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Bring contacts and subscriptions up to the file. Lines that share an address are one person."""
    content = importing.content(file)

    async def act(store: Store, settings: Any) -> importing.Done:
        codes = await _codes(store)
        found, problems = sheet.read(content, codes, schemes=SCHEMES, channels=CHANNELS)
        found, doubtful = await subscribers.gathered(store.reading(), found)
        problems += doubtful
        importing.must_be_right(problems, skip_bad=skip_bad)
        tally = await importing.in_units(store, found, subscribers.upsert, size=subscribers.CHUNK, dry_run=dry_run)
        return importing.Done(tally, problems)

    importing.tell(options.on_store(config, act), "subscribers", dry_run=dry_run, as_json=as_json)


@app.command("list")
def list_subscribers(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all subscribers."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = 0
        while page := await subscribers.listed(store.reading(), after=after):
            found += [_row(one) for one in page]
            after = page[-1].contact_id
        return found

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    printing.columns(
        ("NAME", "COMPANY", "LANGUAGE", "STATIONS", "ADDRESSES"),
        [
            (one["name"], one["company"], one["language"], " ".join(one["stations"]), ", ".join(one["addresses"]))
            for one in found
        ],
    )


async def _codes(store: Store) -> set[str]:
    codes: set[str] = set()
    after = ""
    while page := await stations.listed(store.reading(), after=after):
        codes |= {one.code for one in page}
        after = page[-1].code
    return codes


def _row(one: Listed) -> dict[str, Any]:
    return {
        "id": str(one.contact_id),
        "name": one.name,
        "company": one.company,
        "language": one.language or None,
        "stations": ["all"] if one.every else list(one.stations),
        "addresses": [str(contract.Address(address.scheme, address.value)) for address in one.addresses],
    }
