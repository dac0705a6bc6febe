"""`centrala retention`: let go by hand of what is kept for a while only, or see what would go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from channels import files, registry
    from hub.retention import sweep
    from hub.settings import Settings
    from kernel.unit import Store
else:
    files = Late("channels.files")
    registry = Late("channels.registry")
    sweep = Late("hub.retention.sweep")

app = options.application()


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; nothing goes.")] = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Remove what is older than [retention] keeps, and count it. The hub does it every night by itself."""

    async def act(store: Store, settings: Settings) -> Counter[str]:
        adapters = [
            registry.load(name).build(found, public_url=settings.web.public_url)
            for name, found in settings.channels.items()
        ]
        repeats = sweep.repeats_of(adapters)
        made = sweep.Sweep(store, files.FileStore(settings.data / "files"), settings.data, settings.retention, repeats)
        counts = Counter(dict.fromkeys(sweep.NAMES, 0))
        async for kind, count in made.look() if dry_run else made.run():
            counts[kind] += count
        return counts

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines({"kind": kind, "count": count, "removed": not dry_run} for kind, count in found.items())
        return
    printing.columns(["KIND", "WOULD GO" if dry_run else "WENT"], found.items())
