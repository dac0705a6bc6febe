"""An import taken back at the command line: what is restored, what is kept, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from crmcore.exchange import batches, kinds, lookups, undoing
from crmcore.exchange.undoing import Back
from hub.cli import options
from hub.cli.tallying import say_json
from kernel.unit import Store


def run(kind: str, code: str, config: Path | None, *, as_json: bool) -> None:
    """Exit 0 if all of it is taken back, 1 if something was kept."""

    async def act(store: Store, settings: Any) -> list[Back]:
        batch = await batches.named(store.reading(), kind, code)
        found = await lookups.load(store.reading(), None)
        return [back async for some in undoing.undo(store, kinds.of(kind), batch, found) for back in some]

    backs = options.on_store(config, act, wired=True)
    kept = [back for back in backs if back.kept]
    for back in kept:
        if as_json:
            say_json({"row": back.done.line, "record": back.label, "kept": list(back.kept)})
        else:
            print(f"line {back.done.line} {back.label} is kept: {'; '.join(back.kept)}", file=sys.stderr)
    archived, restored = sum(back.archived for back in backs), sum(bool(back.restored) for back in backs)
    if as_json:
        say_json({"kind": kind, "archived": archived, "restored": restored, "kept": len(kept)})
    else:
        print(f"{kind}: {archived} archived, {restored} restored, {len(kept)} kept as they are.")
    sys.exit(options.REFUSED if kept else options.OK)
