"""`centrala reminders`: list what colleagues want to be reminded of, as an operator sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, options, printing

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
        found: list[dict[str, Any]] = []
        after = 0
        while page := await visible.listed(store.reading(), every=every, after=after):
            found += [_row(one) for one in page]
            after = page[-1].number
        return found

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    keys = ("number", "state", "kind", "who", "due_at", "zone", "ticket", "text")
    printing.columns([key.upper() for key in keys], [[row[key] for key in keys] for row in found])


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
