"""`centrala withheld`: answers that quiet mode kept from leaving; sent or dropped once somebody has decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from kernel import errors
    from kernel.unit import Store
    from tickets import withheld
    from tickets.withheld import Answer
else:
    errors = Late("kernel.errors")
    withheld = Late("tickets.withheld")

app = options.application()
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, as `withheld list` shows them.")]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]


@app.callback()
def family() -> None:
    """Answers that quiet mode withheld. None of them leaves by itself."""


@app.command("list")
def list_withheld(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List withheld answers, the oldest first."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [_row(one) for one in await _every(store)]

    listing.tell(options.on_store(config, act), ("id", "ticket", "contact", "author", "channel", "at"), as_json=as_json)


@app.command()
def send(ids: Ids = None, every: Every = False, config: options.Config = None) -> None:
    """Send withheld answers now; the hub has to be live: centrala withheld send --all"""

    async def act(store: Store, settings: Any) -> int:
        if settings.quiet:
            raise errors.Conflict("it is still quiet: nothing leaves. First: centrala go-live. Nothing was done.")
        return await _do(store, withheld.send, ids, every)

    print(f"{options.on_store(config, act)} go out now.")


@app.command()
def drop(ids: Ids = None, every: Every = False, config: options.Config = None) -> None:
    """Decide that withheld answers never leave: centrala withheld drop --all"""

    async def act(store: Store, settings: Any) -> int:
        return await _do(store, withheld.drop, ids, every)

    print(f"{options.on_store(config, act)} dropped: they never leave.")


async def _do(store: Store, what: Any, ids: list[str] | None, every: bool) -> int:
    """Page by page, each in a unit of its own. Raises Invalid for what is no id, NotFound if none was withheld."""
    wanted = [options.whole(one) for one in ids or []]
    if bool(wanted) == every or None in wanted:
        raise errors.Invalid("name ids as `centrala withheld list` shows them, or --all, not both. Nothing was done.")
    chosen = [one.id for one in await _every(store) if every or one.id in wanted]
    done = 0
    for start in range(0, len(chosen), withheld.AT_ONCE):
        async with store.unit() as work:
            done += await what(work, chosen[start : start + withheld.AT_ONCE])
    if not done:
        raise errors.NotFound("no withheld answer has that id; `centrala withheld list` shows them. Nothing was done.")
    return done


async def _every(store: Store) -> list[Answer]:
    return await listing.whole(lambda after: withheld.listed(store.reading(), after=after), lambda one: one.id, first=0)


def _row(one: Answer) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "ticket": one.ticket,
        "contact": one.contact,
        "author": one.author,
        "channel": one.channel,
        "at": printing.utc(one.at),
        "text": one.text,
    }
