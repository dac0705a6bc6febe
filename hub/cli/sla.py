"""`centrala sla`: why a clock is due when it is, and running clocks given the policies of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from kernel import durations, errors
    from kernel.unit import Store
    from routing import desk as desks
    from routing import recount
    from routing.desk import Desk
    from routing.recount import Move
    from tickets import explaining, numbers, policies, visible
    from tickets.calendar import Span
    from tickets.explaining import Basis, Story
else:
    durations = Late("kernel.durations")
    errors = Late("kernel.errors")
    recount = Late("routing.recount")
    desks = Late("routing.desk")
    explaining = Late("tickets.explaining")
    numbers = Late("tickets.numbers")
    policies = Late("tickets.policies")
    visible = Late("tickets.visible")

app = options.application()
Queue = Annotated[str, typer.Option("--queue", help="Only clocks of tickets of this queue.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")]


@app.command()
def explain(number: str, as_json: options.AsJson = False, config: options.Config = None) -> None:
    """Tell by what policy each clock of a ticket runs, and what time was counted: centrala sla explain T1"""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        wanted = numbers.parse(number) or options.whole(number)
        if wanted is None:
            raise errors.Invalid(f"{number!r} is not a ticket number; write it like T12")
        ticket = await visible.by_number(store.reading(), wanted)
        if ticket is None:
            raise errors.NotFound(f"there is no {numbers.written(wanted)}; `centrala tickets list` lists all")
        return [_told(ticket.name, one) for one in await explaining.explain(store.reading(), ticket.id)]

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    if not found:
        print("This ticket has no clock. No policy and no queue had a target for it when it came.")
    for one in found:
        _print(one)


@app.command("recompute")
def recompute(
    queue: Queue = "",
    dry_run: DryRun = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Give running clocks the policies and calendars of the settings as they are now; else they keep theirs."""

    async def act(store: Store, settings: Any) -> list[Move]:
        if queue and queue not in settings.queues:
            raise errors.Invalid(f"there is no queue {queue!r}; there are: {', '.join(settings.queues)}")
        return await _recomputed(store, _desk(settings), queue or None, dry_run=dry_run)

    moved = options.on_store(config, act)
    if as_json:
        printing.json_lines([_moved(one) for one in moved])
        return
    for one in moved:
        was, now = printing.utc(one.was_due_at) or "paused", printing.utc(one.times.due_at) or "paused"
        print(f"{one.ticket} {one.kind}: {was} -> {now if one.found else 'no target any more'}")
    print(f"{len(moved)} clocks {'would change. Nothing was changed.' if dry_run else 'changed.'}")


async def _recomputed(store: Store, desk: Desk, queue: str | None, *, dry_run: bool) -> list[Move]:
    moved: list[Move] = []
    after = 0
    while True:
        planned, after = await recount.moves(store.reading(), desk, after=after, queue=queue)
        if planned and not dry_run:
            async with store.unit() as work:
                await recount.apply(work, planned)
        moved += planned
        if not after:
            return moved


def _desk(settings: Any) -> Desk:
    found: Desk = desks.Desk(settings.queues, settings.rules, policies=settings.policies)
    return found


def _moved(one: Move) -> dict[str, Any]:
    return {
        "ticket": one.ticket,
        "clock": one.kind.value,
        "was_due": printing.utc(one.was_due_at),
        "due": printing.utc(one.times.due_at),
        "policy": one.found.policy.name if one.found else None,
        "version": one.found.version if one.found else None,
    }


def _told(ticket: str, one: Story) -> dict[str, Any]:
    plain = {
        "ticket": ticket,
        "clock": one.kind.value,
        "state": one.state.value,
        "started_at": printing.utc(one.started_at),
        "due_at": printing.utc(one.due_at),
        "ended_at": printing.utc(one.ended_at),
    }
    return plain | (_based(one.basis) if one.basis else {"policy": None})


def _based(basis: Basis) -> dict[str, Any]:
    return {
        "policy": basis.terms.policy.name,
        "because": policies.why(basis.terms.policy),
        "version": basis.terms.version,
        "calendar": basis.terms.calendar.name,
        "zone": str(basis.terms.calendar.zone),
        "target": durations.format_duration(basis.target),
        "passed": durations.format_duration(basis.passed),
        "counted": [_span(one) for one in basis.counted],
        "paused": [_span(one) for one in basis.paused],
        "holidays": [{"day": one.day.isoformat(), "name": one.name} for one in basis.holidays],
        "warn": list(basis.terms.policy.warn),
    }


def _span(one: Span) -> list[str | None]:
    return [printing.utc(at) for at in one]


def _print(one: dict[str, Any]) -> None:
    print(f"{one['clock']}: {one['state']}")
    for key in ("started_at", "due_at", "ended_at", "policy", "because", "version", "calendar", "target", "passed"):
        if one.get(key) is not None:
            print(f"  {key}: {one[key]}")
    if one["policy"] is None:
        print("  It began before policies were kept: only its due time is known.")
    for key in ("counted", "paused"):
        for opens, closes in one.get(key, ()):
            print(f"  {key}: {opens} to {closes}")
    for day in one.get("holidays", ()):
        print(f"  holiday: {day['day']} {day['name']}")
