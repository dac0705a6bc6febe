"""`centrala inspect …`: what the channels make of a message, without a database and without settings."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import mails, options

app = options.application()


@app.callback()
def family() -> None:
    """What the channels make of a message: the very code that they run."""


@app.command()
def mail(
    batch: Annotated[bool, typer.Option("--batch", help="Paths on standard input; a JSON line for each.")] = False,
) -> None:
    """One raw mail on standard input, one JSON object out."""
    mails.mail(batch=batch)
