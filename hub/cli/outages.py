"""`centrala outages`: what is out, and the ledger of who was told what, when and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from datetime import datetime

    from crmcore import ledger
    from crmcore.ledger import Line, Outage, Revision
    from kernel import errors
    from kernel.unit import Store
else:
    errors = Late("kernel.errors")
    ledger = Late("crmcore.ledger")

app = options.application()


@app.command("list")
def list_outages(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List outages, the newest first."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [_row(one, store.clock.now()) for one in await ledger.listed(store.reading())]

    keys = ("number", "state", "kind", "stations", "starts_at", "ends_at", "why")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


@app.command()
def show(number: str, as_json: options.AsJson = False, config: options.Config = None) -> None:
    """Show one outage with its revisions and its ledger: centrala outages show O-1"""

    async def act(store: Store, settings: Any) -> dict[str, Any]:
        wanted = ledger.parse(number) or (int(number) if number.isascii() and number.isdigit() else None)
        if wanted is None:
            raise errors.Invalid(f"{number!r} is not an outage's number; write it like O-12")
        reader = store.reading()
        outage = await ledger.by_number(reader, wanted)
        notices: list[dict[str, Any]] = []
        page, after = await ledger.lines(reader, outage.id)
        notices += [_line(one) for one in page]
        while after:
            page, after = await ledger.lines(reader, outage.id, after=after)
            notices += [_line(one) for one in page]
        revisions = [_revision(one) for one in await ledger.revisions(reader, outage.id)]
        return _row(outage, store.clock.now()) | {"revisions": revisions, "notices": notices}

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    revisions, notices = found.pop("revisions"), found.pop("notices")
    for key, value in found.items():
        print(f"{key}: {', '.join(value) if isinstance(value, list) else '' if value is None else value}")
    print()
    for one in revisions:
        print(f"/{one['number']} {one['change']} {one['state']}: {one['told']} told, {one['left_out']} left out")
    print()
    keys = ("revision", "contact", "company", "channel", "language", "state", "reason", "why", "at")
    printing.columns([key.upper() for key in keys], [[row[key] for key in keys] for row in notices])


def _row(one: Outage, now: datetime) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "number": one.name,
        "state": one.shown_state(now),
        "kind": "planned" if one.planned else "unplanned",
        "for_good": one.for_good,
        "stations": [station.code for station in one.stations],
        "starts_at": printing.utc(one.starts_at),
        "ends_at": printing.utc(one.ends_at),
        "why": one.why,
        "note": one.note,
        "source": one.source,
        "revision": one.revision,
    }


def _revision(one: Revision) -> dict[str, Any]:
    return {
        "number": one.number,
        "change": one.change.value,
        "state": one.stage.value,
        "starts_at": printing.utc(one.starts_at),
        "ends_at": printing.utc(one.ends_at),
        "published_at": printing.utc(one.published_at),
        "told": one.told,
        "left_out": one.left_out,
    }


def _line(one: Line) -> dict[str, Any]:
    return {
        "revision": one.revision,
        "contact": one.contact,
        "company": one.company,
        "channel": one.channel or None,
        "address": one.address or None,
        "language": one.language,
        "why": one.why,
        "state": one.state,
        "reason": one.reason or None,
        "at": printing.utc(one.at),
        "settled_at": printing.utc(one.sent_at),
        "text": one.text or None,
    }
