"""`centrala staff`: add, list, show, change and remove colleagues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crmcore.access import Role
from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from channels import contract
    from crmcore import staff
    from crmcore.staff import Colleague
    from kernel import errors
    from kernel.unit import Store
    from routing import assign
    from tickets import actions
else:
    actions = Late("tickets.actions")
    assign = Late("routing.assign")
    contract = Late("channels.contract")
    errors = Late("kernel.errors")
    staff = Late("crmcore.staff")

app = options.application()


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The colleague's name, as customers and colleagues read it.")],
    role: Annotated[Role, typer.Option(help="What he may do.")],
    telegram: Annotated[str, typer.Option(help="Numeric Telegram user id; /id to the bot tells it.")] = "",
    phone: Annotated[str, typer.Option(help="International number: +48600123456.")] = "",
    email: Annotated[str, typer.Option(help="E-mail address.")] = "",
    queue: Annotated[list[str] | None, typer.Option(help="A queue he works; may be given several times.")] = None,
    zone: Annotated[str, typer.Option(help="His time zone.")] = "UTC",
    config: options.Config = None,
) -> None:
    """Add a colleague. The running hub knows him at once."""

    async def act(store: Store, settings: Any) -> None:
        known = ", ".join(settings.queues)
        wrong = [errors.Problem("queue", f"one of: {known}", one) for one in queue or [] if one not in settings.queues]
        if wrong:
            raise errors.Invalid("nobody was added", problems=tuple(wrong))
        addresses = staff.checked(name=name, ids={"telegram": telegram, "tel": phone, "mailto": email}, zone=zone)
        async with store.unit() as work:
            staff_id = await staff.add(work, name.strip(), role, addresses, zone=zone)
            await assign.join(work, staff_id, queue or [])

    options.on_store(config, act)
    print(f"{name} is added as {role.value}.")


@app.command("list")
def list_staff(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all colleagues."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        reader = store.reading()
        return [await _row(store, one) for one in await staff.listed(reader)]

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    printing.columns(
        ("NAME", "ROLE", "QUEUES", "ADDRESSES", "ZONE"),
        [
            (one["name"], one["role"], ", ".join(one["queues"]), ", ".join(one["addresses"]), one["zone"])
            for one in found
        ],
    )


@app.command()
def show(name: str, as_json: options.AsJson = False, config: options.Config = None) -> None:
    """Show one colleague."""

    async def act(store: Store, settings: Any) -> dict[str, Any]:
        return await _row(store, await staff.named(store.reading(), name))

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    for key, value in found.items():
        print(f"{key}: {', '.join(value) if isinstance(value, list) else value}")


@app.command("set")
def set_staff(
    name: str,
    zone: Annotated[str, typer.Option(help="His time zone, for example Europe/Warsaw.")],
    config: options.Config = None,
) -> None:
    """Change a colleague: centrala staff set Anna --zone Europe/Warsaw"""

    async def act(store: Store, settings: Any) -> tuple[Colleague, str]:
        async with store.unit() as work:
            await work.change("UPDATE staff SET active = active WHERE name = ?", name)  # a unit begins with a write
            colleague = await staff.named(work, name)
            return colleague, await staff.move(work, colleague.id, zone)

    colleague, moved = options.on_store(config, act)
    print(f"{colleague.name} lives by the clocks of {moved}.")


@app.command()
def remove(name: str, config: options.Config = None) -> None:
    """Switch a colleague off: his links end at once, his open tickets are nobody's, what he did stays."""

    async def act(store: Store, settings: Any) -> Colleague:
        async with store.unit() as work:
            gone = await staff.remove(work, name)
            await actions.release(work, gone.id)
            return gone

    print(f"{options.on_store(config, act, wired=True).name} is removed.")


async def _row(store: Store, one: Colleague) -> dict[str, Any]:
    found = await store.reading().fetch("SELECT queue FROM queue_members WHERE staff_id = ? ORDER BY queue", one.id)
    return {
        "id": str(one.id),
        "name": one.name,
        "role": one.role.value,
        "queues": [row["queue"] for row in found],
        "addresses": [str(contract.Address(address.scheme, address.value)) for address in one.addresses],
        "zone": one.zone,
    }
