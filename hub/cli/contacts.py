"""`centrala contacts`: list, show, import and export people outside. The operator sees all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, exchange, listing, options, printing

if TYPE_CHECKING:
    from crmcore import contacts, timeline
    from crmcore.contacts import Listed
    from kernel import errors
    from kernel.unit import Store
else:
    contacts = Late("crmcore.contacts")
    errors = Late("kernel.errors")
    timeline = Late("crmcore.timeline")

app = options.application()
exchange.add(app, "contacts")


@app.command("list")
def list_contacts(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all contacts."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        found = await listing.whole(
            lambda after: contacts.listed(store.reading(), after=after), lambda one: one.id, first=0
        )
        return [_row(one) for one in found]

    keys = ("id", "name", "function", "language", "companies", "source")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


@app.command()
def show(
    contact: Annotated[str, typer.Argument(metavar="ID", help="The id that the list shows.")],
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Show one contact with his addresses and history."""

    async def act(store: Store, settings: Any) -> dict[str, Any]:
        reader, contact_id = store.reading(), int(contact) if contact.isascii() and contact.isdigit() else 0
        found = await contacts.listed(reader, only=contact_id) if contact_id < 2**63 else []
        if not found:
            raise errors.NotFound(f"There is no contact {contact}. `centrala contacts list` lists all.")
        known = await contacts.addresses(reader, contact_id)
        past = await timeline.of_contact(reader, contact_id, limit=200)
        return {
            **_row(found[0]),
            "addresses": [str(one.address) for one in known],
            "history": [
                {"at": printing.utc(one.at), "kind": one.kind, "channel": one.channel, "text": one.text} for one in past
            ],
        }

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    for key, value in found.items():
        if key != "history":
            print(f"{key}: {', '.join(value) if isinstance(value, list) else value or ''}")
    for line in found["history"]:
        print(f"{line['at']} {line['kind']}: {line['text']}".rstrip(": "))


def _row(one: Listed) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "language": one.language or None,
        "function": one.function,
        "source": one.source or None,
        "companies": list(one.companies),
    }
