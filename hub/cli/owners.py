"""`centrala owners`: for whom we act, the groups that share inside, and who acts for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, listing, options

if TYPE_CHECKING:
    from crmcore import owners, staff
    from crmcore.owners import Owner
    from kernel.unit import Store
else:
    owners = Late("crmcore.owners")
    staff = Late("crmcore.staff")

app = options.application()
Name = Annotated[str, typer.Argument(metavar="OWNER", help="The owner's name, or its beginning.")]
Group = Annotated[str, typer.Option(help="A group of the owner.")]


@app.command("list")
def list_owners(as_json: options.AsJson = False, config: options.Config = None) -> None:
    """List owners with their groups and who is assigned to them."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [_row(one) for one in await owners.listed(store.reading())]

    listing.tell(options.on_store(config, act), ("name", "tax_number", "groups", "members"), as_json=as_json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The company on whose behalf we act.")],
    country: Annotated[str, typer.Option(help="Two letters: PL.")] = "",
    tax: Annotated[str, typer.Option(help="Its tax number.")] = "",
    address: Annotated[str, typer.Option(help="Its address.")] = "",
    phone: Annotated[str, typer.Option(help="Its phone.")] = "",
    mail: Annotated[str, typer.Option(help="Its e-mail address.")] = "",
    web: Annotated[str, typer.Option(help="Its page.")] = "",
    config: options.Config = None,
) -> None:
    """Add an owner. The first one takes over the companies registered before it had a name."""
    facts = {"country": country, "tax_number": tax, "address": address, "phone": phone, "mail": mail, "web": web}

    async def act(store: Store, settings: Any) -> None:
        async with store.unit() as work:
            await owners.add(work, name, facts)

    options.on_store(config, act)
    print(f"{name} is added.")


@app.command()
def group(owner: Name, name: Annotated[str, typer.Argument(help="The group.")], config: options.Config = None) -> None:
    """Add a group. From the first on, only groups share: companies in none are seen by who answers for them."""

    async def act(store: Store, settings: Any) -> Owner:
        async with store.unit() as work:
            await work.change("UPDATE owners SET name = name WHERE id = 0")  # a unit begins with a write
            found = await owners.named(work, owner)
            await owners.add_group(work, found, name)
            return found

    print(f"{options.on_store(config, act).shown} has a group {name}.")


@app.command()
def join(owner: Name, colleague: str, group: Group = "", config: options.Config = None) -> None:
    """A colleague acts for the owner, and shares with the group if one is named."""

    async def act(store: Store, settings: Any) -> tuple[Owner, str]:
        async with store.unit() as work:
            await work.change("UPDATE owners SET name = name WHERE id = 0")  # a unit begins with a write
            found, who = await owners.named(work, owner), await staff.named(work, colleague)
            group_id = owners.group_named(found, group) if group else None
            await owners.join(work, found.id, who.id, group_id)
            return found, who.name

    found, who = options.on_store(config, act)
    print(f"{who} acts for {found.shown}{f', in the group {group}' if group else ''}.")


@app.command()
def leave(owner: Name, colleague: str, config: options.Config = None) -> None:
    """A colleague acts for the owner no more."""

    async def act(store: Store, settings: Any) -> tuple[Owner, str, bool]:
        async with store.unit() as work:
            await work.change("UPDATE owners SET name = name WHERE id = 0")  # a unit begins with a write
            found, who = await owners.named(work, owner), await staff.named(work, colleague)
            return found, who.name, await owners.leave(work, found.id, who.id)

    found, who, did = options.on_store(config, act)
    print(f"{who} acts for {found.shown} no more." if did else f"{who} was not assigned to {found.shown}.")


def _row(one: Owner) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.shown,
        **one.facts,
        "groups": list(one.groups.values()),
        "members": list(one.members),
    }
