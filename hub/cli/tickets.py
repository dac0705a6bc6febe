"""`centrala tickets`: list and show tickets, as an operator sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from kernel import errors
    from kernel.unit import Store
    from tickets import complaints, numbers, visible
    from tickets.visible import EntryView, TicketView
else:
    errors = Late("kernel.errors")
    complaints = Late("tickets.complaints")
    numbers = Late("tickets.numbers")
    visible = Late("tickets.visible")

app = options.application()


@app.command("list")
def list_tickets(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all tickets by number."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        found = await listing.whole(
            lambda after: visible.listed(store.reading(), after=after), lambda one: one.number, first=0
        )
        return [_row(one) for one in found]

    keys = ("number", "state", "queue", "priority", "assignee", "contact", "channel", "first_response_due", "subject")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


@app.command()
def show(number: str, as_json: options.AsJson = False, config: options.Config = None) -> None:
    """Show one ticket with its entries: centrala tickets show T1"""

    async def act(store: Store, settings: Any) -> dict[str, Any]:
        wanted = numbers.parse(number) or options.whole(number)
        if wanted is None:
            raise errors.Invalid(f"{number!r} is not a ticket number; write it like T12")
        ticket = await visible.by_number(store.reading(), wanted)
        if ticket is None:
            raise errors.NotFound(f"there is no {numbers.written(wanted)}; `centrala tickets list` lists all")
        entries = await visible.entries(store.reading(), ticket.id, limit=1_000)
        return _row(ticket) | _elsewhere(ticket) | {"entries": [_entry(one) for one in entries]}

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    entries = found.pop("entries")
    for key, value in found.items():
        print(f"{key}: {'' if value is None else value}")
    print()
    for one in entries:
        delivery = f" [{one['delivery']}]" if one["delivery"] else ""
        dmarc = f" [dmarc={one['dmarc']}]" if one["dmarc"] else ""
        print(f"{one['at']} {one['kind']} {one['author']}{delivery}{dmarc}: {one['text']}")


@app.command("complaints")
def list_complaints(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """Say what came of complaints, by cause and product."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [asdict(one) for one in await complaints.report(store.reading())]

    keys = ("cause", "product", "total", "closed", "accepted", "refused", "explained")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


def _row(ticket: TicketView) -> dict[str, Any]:
    return {
        "number": ticket.name,
        "subject": ticket.subject,
        "state": ticket.state,
        "queue": ticket.queue,
        "priority": ticket.priority,
        "assignee": ticket.assignee,
        "contact": ticket.contact,
        "channel": ticket.channel,
        "created_at": printing.utc(ticket.created_at),
        "first_response_due": printing.utc(ticket.first_response_due),
    }


def _elsewhere(ticket: TicketView) -> dict[str, Any]:
    """Its name in another help desk, and the one there that it goes on with."""
    return {"was": ticket.origin or None, "continues": ticket.continues or None}


def _entry(one: EntryView) -> dict[str, Any]:
    return {
        "at": printing.utc(one.at),
        "kind": one.kind,
        "author": one.author,
        "channel": one.channel,
        "text": one.text,
        "delivery": one.delivery,
        "dmarc": one.dmarc,
    }
