"""`centrala macros`: canned answers as the settings have them, listed and tried."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, listing, options

if TYPE_CHECKING:
    from bot import filling, macros
    from kernel import errors
else:
    filling = Late("bot.filling")
    macros = Late("bot.macros")
    errors = Late("kernel.errors")

app = options.application()


@app.callback()
def family() -> None:
    """Canned answers: [macros.NAME] of the settings."""


@app.command("list")
def list_macros(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List them with their languages, queues and what they want to be told."""
    rows = [
        {
            "name": one.name,
            "languages": " ".join(sorted(one.texts)),
            "queues": " ".join(one.queues) or "all",
            "wants": " ".join(sorted(one.wants)),
            "then": " ".join([*(f"+{tag}" for tag in one.tags), *(["close"] if one.closes else [])]),
        }
        for one in options.settings(config).macros.values()
    ]
    listing.tell(rows, ("name", "languages", "queues", "wants", "then"), as_json=as_json)


@app.command()
def test(
    name: Annotated[str, typer.Argument(help="The macro.")],
    values: Annotated[list[str] | None, typer.Argument(help="Values: amount=20.")] = None,
    language: Annotated[str, typer.Option(help="The customer's language.")] = "en",
    config: options.Config = None,
) -> None:
    """Show what a customer would read, with example facts."""
    known = options.settings(config).macros
    if name not in known:
        print(f"centrala: there is no macro {name}. There are: {', '.join(known) or 'none'}.", file=sys.stderr)
        sys.exit(options.REFUSED)
    facts = dict(zip(macros.FACTS, ("Eszter Nagy", "Anna", "T12", "Card blocked", "inbox"), strict=True))
    given = dict(one.partition("=")[::2] for one in values or [])
    try:
        print(filling.filled(known[name], facts, given, language))
    except errors.Invalid as error:
        print(f"centrala: {error}", file=sys.stderr)
        sys.exit(options.REFUSED)
