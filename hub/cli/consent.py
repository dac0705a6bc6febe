"""`centrala consent`: what an address wants to hear from us by itself, and the messages that said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from channels import contract, optouts
    from channels.optouts import Turn
    from crmcore import addresses
    from kernel import errors
    from kernel.unit import Store
else:
    addresses = Late("crmcore.addresses")
    contract = Late("channels.contract")
    errors = Late("kernel.errors")
    optouts = Late("channels.optouts")

app = options.application()


@app.callback()
def consent() -> None:
    """What customers have stopped and wanted again, address by address."""


@app.command()
def show(
    address: Annotated[str, typer.Argument(help="+48601234567, anna@example.com, or another as telegram:123456.")],
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Show the ledger of one address, the newest first. Nothing is printed for one that has never asked."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        scheme, value = _read(address)
        turns = await optouts.ledger(store.reading(), [contract.Address(scheme, value)])
        return [_row(one) for one in turns]

    keys = ("at", "purpose", "state", "channel", "text", "source")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


def _read(written: str) -> tuple[str, str]:
    """Scheme and value as they are stored. Raises Invalid."""
    scheme, _, value = written.partition(":")
    if not value:
        scheme, value = ("mailto", written) if "@" in written else ("tel", written)
    normal = addresses.normal(scheme, value.strip())
    if not normal:
        raise errors.Invalid(
            f"{written!r} is no address. Expected +48601234567, anna@example.com or telegram:123456.",
        )
    return scheme, normal


def _row(one: Turn) -> dict[str, Any]:
    return {
        "address": str(one.address),
        "purpose": one.purpose,
        "state": "wanted" if one.is_wanted else "stopped",
        "at": printing.utc(one.at),
        "source": str(one.source_id) if one.source_id is not None else None,
        "channel": one.channel or None,
        "text": one.text or None,
    }
