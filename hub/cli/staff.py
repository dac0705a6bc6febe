"""`centrala staff`: add, invite, list, show, change and remove colleagues."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crmcore.access import Role
from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from channels import contract, registry
    from console import links, passwords, session
    from crmcore import invitations, refused, staff
    from crmcore.invitations import Invitation
    from crmcore.refused import Seen
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
    invitations = Late("crmcore.invitations")
    refused = Late("crmcore.refused")
    registry = Late("channels.registry")
    links = Late("console.links")
    passwords = Late("console.passwords")
    session = Late("console.session")
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
        _must_be_known(queue or [], settings, "nobody was added")
        addresses = staff.checked(name=name, ids={"telegram": telegram, "tel": phone, "mailto": email}, zone=zone)
        async with store.unit() as work:
            staff_id = await staff.add(work, name.strip(), role, addresses, zone=zone)
            await assign.join(work, staff_id, queue or [])

    options.on_store(config, act)
    print(f"{name} is added as {role.value}.")


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="The colleague's name; he opens the link himself.")],
    role: Annotated[Role, typer.Option(help="What he may do.")],
    queue: Annotated[list[str] | None, typer.Option(help="A queue he works; may be given several times.")] = None,
    days: Annotated[int, typer.Option(help="How long the link is good.", min=1, max=30)] = 7,
    config: options.Config = None,
) -> None:
    """Print a link that makes one person a colleague, once: centrala staff invite Anna --role agent"""

    async def act(store: Store, settings: Any) -> str:
        _must_be_known(queue or [], settings, "nobody was invited")
        await _must_be_new(store, name)
        is_admin = role is Role.ADMIN
        kind = invitations.ADMINISTRATOR if is_admin else invitations.COLLEAGUE
        async with store.unit() as work:
            token: str = await invitations.create(work, kind=kind, role=role, name=name, queues=queue or [], days=days)
        return f"{await _door(settings)}{token}"

    print(options.on_store(config, act))
    print(f"Good for {days} days and for one person: send it to {name.strip()} alone.", file=sys.stderr)
    print("Where no START button shows, it can be written to the bot as text.", file=sys.stderr)


@app.command("invitations")
def list_invitations(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List invitations that are still good. Their links are shown to nobody again."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [_invited(one) for one in await invitations.open_ones(store.reading())]

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    _print_invited(found)


@app.command("list")
def list_staff(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List all colleagues."""

    async def act(store: Store, settings: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        reader = store.reading()
        invited = [_invited(one) for one in await invitations.open_ones(reader)]
        return [await _row(store, one) for one in await staff.listed(reader)], invited

    found, invited = options.on_store(config, act)
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
    if invited:
        print("\nInvited and not here yet:")
        _print_invited(invited)


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


@app.command("refused")
def list_refused(
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=10_000)] = 50,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """List commands that colleagues were refused for want of right: who, what, why, by which way and proof."""

    async def act(store: Store, settings: Any) -> list[Seen]:
        return await refused.newest(store.reading(), limit=limit)

    rows = [
        {
            "at": printing.utc(one.at),
            "name": one.by,
            "verb": one.verb,
            "channel": one.channel,
            "proof": one.proof.value,
            "why": one.why,
        }
        for one in options.on_store(config, act)
    ]
    if as_json:
        printing.json_lines(rows)
        return
    printing.columns(
        [key.upper() for key in ("at", "name", "verb", "channel", "proof", "why")], [list(one.values()) for one in rows]
    )


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


@app.command()
def link(name: str, config: options.Config = None) -> None:
    """Print a link that signs a colleague in to the console, once, within 5 minutes: for the first day."""

    async def act(store: Store, settings: Any) -> str:
        async with store.unit() as work:
            await work.change("UPDATE staff SET active = active WHERE name = ?", name)  # a unit begins with a write
            colleague = await staff.named(work, name)
            return await links.issue(work, colleague.id, now=datetime.now(UTC))

    path = options.on_store(config, act)
    print(f"{options.settings(config).web.address}{path}")


@app.command("sign-out")
def sign_out(
    name: str,
    forget_password: Annotated[bool, typer.Option("--forget-password", help="Remove his password too.")] = False,
    config: options.Config = None,
) -> None:
    """End all sessions of a colleague in the console."""

    async def act(store: Store, settings: Any) -> int:
        async with store.unit() as work:
            await work.change("UPDATE staff SET active = active WHERE name = ?", name)  # a unit begins with a write
            colleague = await staff.named(work, name)
            if forget_password:
                await passwords.remove(work, colleague.id)
            return await session.end_all(work, colleague.id)

    ended = options.on_store(config, act)
    gone = " The password is removed." if forget_password else ""
    print(f"{ended} session{'' if ended == 1 else 's'} of {name} ended.{gone}")


def _must_be_known(queues: list[str], settings: Any, said: str) -> None:
    known = ", ".join(settings.queues)
    wrong = [errors.Problem("queue", f"one of: {known}", one) for one in queues if one not in settings.queues]
    if wrong:
        raise errors.Invalid(said, problems=tuple(wrong))


async def _must_be_new(store: Store, name: str) -> None:
    if not name.strip():
        problem = errors.Problem("name", "1 to 120 characters, for example Anna", name)
        raise errors.Invalid("nobody was invited", problems=(problem,))
    if any(one.name.casefold() == name.strip().casefold() for one in await staff.listed(store.reading())):
        raise errors.Conflict(f"there is a colleague called {name.strip()} already; nobody was invited")


async def _door(settings: Any) -> str:
    """How a link begins that brings a token to us, on the first channel that has such links and answers."""
    for name, found in settings.channels.items():
        ask = getattr(registry.part(name, "probe"), "door", None)
        if ask is not None and (door := await ask(found)):
            return str(door)
    return ""


def _invited(one: Invitation) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "role": one.role.value,
        "queues": list(one.queues),
        "expires_at": printing.utc(one.expires_at),
    }


def _print_invited(found: list[dict[str, Any]]) -> None:
    printing.columns(
        ("NAME", "ROLE", "QUEUES", "GOOD UNTIL"),
        [(one["name"], one["role"], ", ".join(one["queues"]), one["expires_at"]) for one in found],
    )


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
