"""`centrala go-live`: end quiet mode, once somebody has seen what it withheld."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, options

if TYPE_CHECKING:
    from channels import quiet
    from crmcore import audit
    from hub import quiet as ending
    from kernel import errors
    from kernel.unit import Store
else:
    audit = Late("crmcore.audit")
    errors = Late("kernel.errors")
    quiet = Late("channels.quiet")
    ending = Late("hub.quiet")

app = options.application()


@app.command()
def golive(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, config: options.Config = None
) -> None:
    """Write quiet = false into the settings file; a hub that runs takes it up within two seconds."""

    async def count(store: Store, settings: Any) -> tuple[Any, Any]:
        return settings, await quiet.counts(store.reading())

    settings, found = options.on_store(config, count)
    if not settings.quiet:
        print("Quiet mode is off: messages leave already. Nothing was changed.")
        return
    print(f"{found.came_in} messages came in; {found.withheld} would have left and were withheld.")
    print("To read them: centrala messages list --withheld. None of them is sent by itself when you go live;")
    print("answers among them can be sent or dropped afterwards: centrala withheld list")
    if not yes and not _agreed():
        print("Nothing was changed.", file=sys.stderr)
        sys.exit(options.REFUSED)

    try:
        ending.write(settings.file)
    except errors.Conflict as error:
        options.refuse(error)
    options.on_store(config, _note)
    print("Live: what is written from now on leaves. A hub that runs takes it up within two seconds.")


async def _note(store: Store, settings: Any) -> None:
    """For the history of the settings: an operator has done it."""
    async with store.unit() as work:
        await audit.note(work, audit.SETTINGS, 0, {"quiet": "true"}, {"quiet": "false"}, by=None)


def _agreed() -> bool:
    """Asked once; without a terminal nobody can answer."""
    if not sys.stdin.isatty():
        print("Nobody can be asked here: add --yes.", file=sys.stderr)
        return False
    return input("Go live? [y/N] ").strip().casefold() in ("y", "yes")
