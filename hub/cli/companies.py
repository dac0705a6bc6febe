"""`centrala companies`: list, show, add, change, import and export business relations. The operator sees all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, exchange, listing, options, printing

if TYPE_CHECKING:
    from crmcore import companies, completeness, owners, persons, phone_calls, visible
    from crmcore.visible import CompanyView
    from kernel.unit import Store
else:
    companies = Late("crmcore.companies")
    completeness = Late("crmcore.completeness")
    owners = Late("crmcore.owners")
    persons = Late("crmcore.persons")
    phone_calls = Late("crmcore.phone_calls")
    visible = Late("crmcore.visible")

app = options.application()
exchange.add(app, "companies")
Which = Annotated[str, typer.Argument(metavar="COMPANY", help="Its number (B12), name or tax number.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", help="A field and its value, for example city=Gdynia; may be given several times."),
]


@app.command("list")
def list_companies(
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Only what lacks something, the worst first.")
    ] = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """List all companies that are not archived."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        return [_row(one) async for one in visible.export(store.reading(), None)]

    found = options.on_store(config, act)
    keys = ["number", "name", "city", "relation", "state", "owner", "responsible"]
    if incomplete:
        found = sorted((one for one in found if one["missing"]), key=lambda one: one["known_percent"])
        keys += ["known_percent", "missing"]
    listing.tell(found, keys, as_json=as_json)


@app.command()
def show(company: Which, as_json: options.AsJson = False, config: options.Config = None) -> None:
    """Show one company with its people and history, archived ones too (by number)."""

    async def act(store: Store, settings: Any) -> dict[str, Any]:
        reader = store.reading()
        found = await visible.meant(reader, company, None)
        people = await persons.of_company(reader, found.id)
        past = await phone_calls.history(reader, found.id, limit=200)
        return {
            **_row(found),
            **{name: getattr(found, name) for name in _MORE.split()},
            "persons": [
                {"id": str(one.contact_id), "name": one.name, "function": one.function, "phone": one.phone}
                for one in people
            ],
            "history": [
                {"at": printing.utc(one.at), "kind": one.kind, "by": one.who, "text": one.text} for one in past
            ],
        }

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines([found])
        return
    for key, value in found.items():
        if not isinstance(value, list):
            print(f"{key}: {'' if value is None else value}")
    print(f"missing: {', '.join(found['missing'])}")
    for one in found["persons"]:
        print(f"person: {', '.join(part for part in (one['name'], one['function'], one['phone']) if part)}")
    for one in found["history"]:
        print(f"{one['at']} {one['by'] or 'operator'}: {one['text']}")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Its name; that is enough.")],
    tax: Annotated[str, typer.Option(help="Its tax number: PL5261040828.")] = "",
    owner: Annotated[str, typer.Option(help="For which owner, where there are several.")] = "",
    values: Values = None,
    config: options.Config = None,
) -> None:
    """Register a company. One that is there already is told and not made twice."""
    given = {**_pairs(values), **({"tax_number": tax} if tax else {})}

    async def act(store: Store, settings: Any) -> tuple[CompanyView, bool]:
        async with store.unit() as work:
            owner_id = (await owners.named(work, owner)).id if owner else None
            return await companies.register(work, None, name, given, owner_id=owner_id)

    found, is_new = options.on_store(config, act, wired=True)
    if not is_new:
        print(f"centrala: {found.label} is there already; nothing was added.", file=sys.stderr)
        sys.exit(options.REFUSED)
    print(f"{found.label} is registered.")


@app.command("set")
def set_fields(company: Which, values: Values = None, config: options.Config = None) -> None:
    """Change fields: centrala companies set B12 --set city=Gdynia --set responsible=Anna"""
    given = _pairs(values)

    async def act(store: Store, settings: Any) -> CompanyView:
        async with store.unit() as work:
            await work.change("UPDATE companies SET name = name WHERE id = 0")  # a unit begins with a write
            return await companies.change(work, None, await visible.meant(work, company, None), given)

    print(f"{options.on_store(config, act, wired=True).label} is changed.")


@app.command()
def archive(
    company: Which,
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back; name it by its number.")] = False,
    config: options.Config = None,
) -> None:
    """Take a company off all lists; its history stays."""

    async def act(store: Store, settings: Any) -> CompanyView:
        async with store.unit() as work:
            await work.change("UPDATE companies SET name = name WHERE id = 0")  # a unit begins with a write
            return await companies.archive(work, None, await visible.meant(work, company, None), back=undo)

    found = options.on_store(config, act, wired=True)
    print(f"{found.label} is {'back' if undo else 'archived'}.")


_MORE = """
group legal_form segment sales_channel source country tax_number street postcode phone mail web language payment_terms
"""


def _row(one: CompanyView) -> dict[str, Any]:
    known = completeness.of(one)
    return {
        "id": str(one.id),
        "number": one.code,
        "name": one.name,
        "city": one.city,
        "relation": one.relation,
        "area": one.area,
        "activity": one.activity,
        "state": one.state,
        "owner": one.owner,
        "responsible": one.responsible or None,
        "known_percent": known.percent,
        "missing": list(known.missing),
        "created_at": printing.utc(one.created_at),
        "archived_at": printing.utc(one.archived_at),
    }


def _pairs(values: list[str] | None) -> dict[str, str]:
    """field=value as typed; exit 2 for what is no such pair."""
    pairs = [one.partition("=") for one in values or []]
    wrong = [name for name, sign, _ in pairs if not sign]
    if wrong:
        print(f"centrala: --set takes field=value, for example city=Gdynia; got {wrong[0]}.", file=sys.stderr)
        sys.exit(options.USAGE)
    return {name.strip(): value for name, _, value in pairs}
