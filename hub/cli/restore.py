"""`centrala restore FILE`: a backup, put where the settings say."""

from __future__ import annotations

import asyncio
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, calling, options

if TYPE_CHECKING:
    from channels import files, leases
    from hub import database, migrations
    from hub.backups import restoring
    from hub.settings import Settings
    from kernel import clock, errors, unit
else:
    files, leases = Late("channels.files"), Late("channels.leases")
    database, migrations = Late("hub.database"), Late("hub.migrations")
    restoring = Late("hub.backups.restoring")
    clock, errors, unit = Late("kernel.clock"), Late("kernel.errors"), Late("kernel.unit")

app = options.application()


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `centrala backup` wrote.")],
    config: options.Config = None,
    assume_sent: Annotated[
        bool,
        typer.Option(
            "--assume-sent",
            help="Do not send again what waited to be sent when the backup was made: it has left since.",
        ),
    ] = False,
) -> None:
    """Check FILE from end to end, then put it in the place of an empty database. Stop the hub first."""
    settings = options.settings(config)
    if not source.is_file():
        print(f"centrala: there is no file {source}. Nothing was done.", file=sys.stderr)
        sys.exit(options.REFUSED)
    try:
        asyncio.run(_restore(source, settings, assume_sent=assume_sent))
    except errors.TryLater as error:
        print(f"centrala: {error}. Nothing was restored.", file=sys.stderr)
        sys.exit(options.NO_STORE)
    except errors.CentralaError as error:
        options.refuse(error)
    except OSError as error:
        print(f"centrala: {error.strerror} ({error.filename}). Nothing was restored.", file=sys.stderr)
        sys.exit(options.REFUSED)


async def _restore(source: Path, settings: Settings, *, assume_sent: bool) -> None:
    known = [module.name for module in pkgutil.iter_modules(migrations.__path__)]
    store = files.FileStore(settings.data / "files")
    held = await restoring.restore(source, settings.database.url, store, known=known)
    print(f"Restored the backup of {held.made_at}: {sum(held.rows.values())} rows and {len(held.files)} files.")
    if len(held.migrations) < len(known):
        print(f"It was made by Centrala {held.version}. Before the hub can use it: {calling.spelled('migrate')}")
        return
    await _tell_waiting(settings.database.url, assume_sent=assume_sent)


async def _tell_waiting(url: str, *, assume_sent: bool) -> None:
    """What waited then may have left since: say so, or see to it that it does not leave twice."""
    await database.connect(url)
    try:
        async with unit.Store(clock.Clock()).unit() as work:
            if assume_sent:
                print(f"Settled as maybe sent: {await leases.assume_sent(work)} messages that waited then.")
            elif waiting := await leases.count_waiting(work):
                print(f"{waiting} messages waited to be sent when the backup was made; they leave when the hub starts.")
                print("If they have left since, they would come twice: restore with --assume-sent instead.")
    finally:
        await database.close()
