"""`centrala migrate`: bring the database up to this version."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from hub.cli import Late, options

if TYPE_CHECKING:
    from hub import database
    from kernel import errors
else:
    database = Late("hub.database")
    errors = Late("kernel.errors")

app = options.application()


@app.command()
def migrate(config: options.Config = None) -> None:
    """Apply the migrations that are missing. Stop the hub and back up first."""
    settings = options.settings(config)
    try:
        applied = asyncio.run(database.migrate(settings.database.url))
    except errors.TryLater as error:
        print(f"centrala: {error}. Nothing was done.", file=sys.stderr)
        sys.exit(options.NO_STORE)
    print("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")
