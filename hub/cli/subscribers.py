"""`centrala subscribers`: who wants to hear of which stations, from a file, and as a list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, importing, listing, options
from hub.cli.stations import every

if TYPE_CHECKING:
    from channels import contract
    from crmcore import subscribers
    from crmcore.exchange import subscribers as sheet
    from crmcore.subscribers import Listed
    from kernel.unit import Store
else:
    contract = Late("channels.contract")
    sheet = Late("crmcore.exchange.subscribers")
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

    async def read(store: Store, content: bytes) -> importing.Found:
        codes = {one.code for one in await every(store)}
        found, problems = sheet.read(content, codes, schemes=SCHEMES, channels=CHANNELS)
        found, doubtful = await subscribers.gathered(store.reading(), found)
        return importing.Found(found, problems + doubtful)

    how = importing.How(skip_bad=skip_bad, dry_run=dry_run, as_json=as_json)
    importing.bring(file, config, "subscribers", read, subscribers.upsert, size=subscribers.CHUNK, how=how)


@app.command("list")
def list_subscribers(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all subscribers."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        found = await listing.whole(
            lambda after: subscribers.listed(store.reading(), after=after), lambda one: one.contact_id, first=0
        )
        return [_row(one) for one in found]

    keys = ("name", "company", "language", "stations", "addresses")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


def _row(one: Listed) -> dict[str, Any]:
    return {
        "id": str(one.contact_id),
        "name": one.name,
        "company": one.company,
        "language": one.language or None,
        "stations": ["all"] if one.every else list(one.stations),
        "addresses": [str(contract.Address(address.scheme, address.value)) for address in one.addresses],
    }
