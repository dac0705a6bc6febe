"""`centrala migrate`: bring the database up to this version, with a backup of what was there."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, calling, options

if TYPE_CHECKING:
    from channels import files
    from hub import database
    from hub.backups import making
    from hub.settings import Settings
    from kernel import errors, unit
else:
    files = Late("channels.files")
    database = Late("hub.database")
    making = Late("hub.backups.making")
    errors, unit = Late("kernel.errors"), Late("kernel.unit")

BACKUPS = "backups"

app = options.application()


@app.command()
def migrate(
    config: options.Config = None,
    backup: Annotated[bool, typer.Option(help="First back up a database that is to change.")] = True,
) -> None:
    """Apply the migrations that are missing. Stop the hub first."""
    settings = options.settings(config)
    try:
        if backup and (made := asyncio.run(_backup(settings))):
            print(f"Backed up to {made}; back to it with the version before: {calling.spelled('restore', str(made))}")
        applied = asyncio.run(database.migrate(settings.database.url))
    except errors.TryLater as error:
        print(f"centrala: {error}. Nothing was done.", file=sys.stderr)
        if "pg_dump" in str(error):
            print("Without a backup: centrala migrate --no-backup", file=sys.stderr)
        sys.exit(options.NO_STORE)
    except OSError as error:
        print(f"centrala: no backup could be made: {error.strerror} ({error.filename}).", file=sys.stderr)
        print("Nothing was done. Without a backup: centrala migrate --no-backup", file=sys.stderr)
        sys.exit(options.REFUSED)
    print("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")


async def _backup(settings: Settings) -> Path | None:
    """A backup in the data folder, if the database is in use and is to change."""
    await database.connect(settings.database.url)
    try:
        connection = database.connection(unit.WRITING)
        try:
            missing = await database.missing(connection)
            if not missing or await database.is_empty(connection):
                return None
        except Exception as error:
            if errors.is_passing(error):
                raise errors.TryLater(f"the database does not answer ({type(error).__name__})") from error
            raise
    finally:
        await database.close()
    folder = settings.data / BACKUPS
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    target = folder / f"before-{missing[0]}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    await making.make(settings.database.url, files.FileStore(settings.data / "files"), target)
    return target
