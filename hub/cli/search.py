"""`centrala search WORDS`: look for words in all there is, as an operator; `search rebuild` builds the index anew."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from kernel.unit import Store
    from tickets.search import index, query, rebuild, snippets, views
    from tickets.search.views import Found
else:
    index = Late("tickets.search.index")
    query = Late("tickets.search.query")
    rebuild = Late("tickets.search.rebuild")
    snippets = Late("tickets.search.snippets")
    views = Late("tickets.search.views")

app = options.application()
REBUILD = ["rebuild"]


@app.command(context_settings={"ignore_unknown_options": True})
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="As in the console; or the one word: rebuild.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many, the newest.")] = 20,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Find messages, tickets, customers and companies, the newest first: centrala search faktura from:anna

    `centrala search rebuild` builds the index anew, while the hub runs or not; `centrala search '"rebuild"'` looks for
    that word.
    """
    if words == REBUILD:
        _rebuild(config, as_json=as_json)
        return

    async def act(store: Store, settings: Any) -> tuple[list[dict[str, Any]], int]:
        page = await views.page(store.reading(), query.read(" ".join(words)), None, limit=limit)
        now = await rebuild.progress(store.reading())
        return [_row(one) for one in page.found], now.percent if now else 0

    found, percent = options.on_store(config, act)
    if percent < 100:
        print(f"centrala: the index is being built ({percent} %); older things are not found yet.", file=sys.stderr)
    listing.tell(found, ("at", "kind", "number", "title", "text"), as_json=as_json)


def _rebuild(config: Any, *, as_json: bool) -> None:
    async def act(store: Store, settings: Any) -> dict[str, Any]:
        async with store.unit() as work:
            now = await rebuild.begin(work)
        said = 0
        while not now.is_over:
            async with store.unit() as work:
                now = await rebuild.step(work)
            if sys.stderr.isatty() and now.percent != said:
                said = now.percent
                print(f"\r{said} %", end="", file=sys.stderr, flush=True)
        return {"rows": now.done, "waiting": await index.waiting(store.reading())}

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    print(f"The index is built: {found['rows']} rows.")


def _row(one: Found) -> dict[str, Any]:
    return {
        "at": printing.utc(one.at),
        "kind": "note" if one.is_note else "message" if one.kind == "entry" else one.kind,
        "number": one.code or None,
        "id": str(one.id),
        "title": one.title,
        "who": one.who,
        "text": snippets.plain(one.pieces),
    }
