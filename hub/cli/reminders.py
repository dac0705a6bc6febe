"""`centrala reminders`: list what colleagues want to be reminded of, as an operator sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from kernel.unit import Store
    from routing import visible
    from routing.visible import ReminderView
else:
    visible = Late("routing.visible")

app = options.application()


@app.callback()
def family() -> None:
    """Reminders and planned contacts of colleagues."""


@app.command("list")
def list_reminders(
    every: Annotated[bool, typer.Option("--all", help="Those that are done or dropped too.")] = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """List reminders by number: those that wait, and those told but not done."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        found = await listing.whole(
            lambda after: visible.listed(store.reading(), every=every, after=after), lambda one: one.number, first=0
        )
        return [_row(one) for one in found]

    keys = ("number", "state", "kind", "who", "due_at", "zone", "ticket", "text")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


def _row(one: ReminderView) -> dict[str, Any]:
    return {
        "number": one.name,
        "state": one.state.value,
        "kind": one.kind.value,
        "who": one.who,
        "ticket": f"T{one.ticket}" if one.ticket is not None else None,
        "text": one.text,
        "due_at": printing.utc(one.due_at),
        "zone": one.zone,
        "late": one.late,
        "created_by": one.created_by,
        "created_at": printing.utc(one.created_at),
        "fired_at": printing.utc(one.fired_at),
        "ended_at": printing.utc(one.ended_at),
        "outcome": one.outcome,
    }
