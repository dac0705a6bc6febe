"""`centrala backup FILE`: everything the hub keeps, in one file, while it runs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, options

if TYPE_CHECKING:
    from channels import files
    from hub.backups import making
    from kernel import errors
else:
    files = Late("channels.files")
    making = Late("hub.backups.making")
    errors = Late("kernel.errors")

app = options.application()


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write; must not be there yet.")],
    config: options.Config = None,
) -> None:
    """Write the database and the stored files into FILE. The hub may run. The settings file is not in it: it holds
    secrets, and belongs wherever you keep those."""
    settings = options.settings(config)
    try:
        held = asyncio.run(making.make(settings.database.url, files.FileStore(settings.data / "files"), target))
    except errors.TryLater as error:
        print(f"centrala: {error}. No backup was made.", file=sys.stderr)
        sys.exit(options.NO_STORE)
    except errors.CentralaError as error:
        options.refuse(error)
    except OSError as error:
        print(f"centrala: {target} cannot be written: {error.strerror}. No backup was made.", file=sys.stderr)
        sys.exit(options.REFUSED)
    size_mb = target.stat().st_size / 1e6
    print(f"{target}: {sum(held.rows.values())} rows and {len(held.files)} files, {size_mb:.1f} MB.")
    print("The settings file is not in it; keep that one too.")
