"""Companies: the list with its filters, quick registration, and a company with all its people have dealt with us."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from console import company_form, conversation, desk, doing, frame, gate, refusals, timeline
from console.pages import contacts
from crmcore import audit, companies, completeness, owners, persons, phone_calls, visible
from crmcore.completeness import Completeness
from crmcore.persons import Person
from crmcore.visible import CompanyView, Filter
from kernel import errors, texts
from kernel.unit import Work
from tickets import dealings
from tickets import visible as tickets
from tickets.dealings import Sort
from tickets.search import persons as search

LISTED, CASES, PAST, FOUND = 50, 20, 60, 10
PATH = "/companies/{code:[Bb]\\d{1,9}}"


class Listed(Struct, frozen=True):
    """A company as a line of the list."""

    company: CompanyView
    known: Completeness
    relation: str
    area: str


class Contact(Struct, frozen=True):
    """A person of a company. `ticket`: an open case of his to write from, "" if there is none the reader may see."""

    person: Person
    ticket: str


def routes() -> list[web.RouteDef]:
    return [
        web.get("/companies", gate.staff(show_all)),
        web.get("/companies/new", gate.staff(show_new)),
        web.post("/companies/new", gate.staff(register)),
        web.get(PATH, gate.staff(show)),
    ]


async def show_all(request: web.Request) -> web.Response:
    reader, who, language = gate.office(request).store.reading(), gate.visitor(request), frame.language(request)
    asked = request.query
    narrowed = Filter(
        text=asked.get("q", "").strip()[:200],
        state=asked.get("state", "")[:10],
        area=asked.get("area", "")[:40],
        relation=asked.get("relation", "")[:40],
        is_incomplete="incomplete" in asked,
        is_archived="archived" in asked,
    )
    found = await visible.filtered(reader, narrowed, who.scope, after=_number(asked.get("after", "")), limit=LISTED + 1)
    known = await company_form.choices(reader, who.actor, None, language)
    kept = {name: value for name, value in asked.items() if name not in ("after", "form") and value}
    more = f"?{urlencode({**kept, 'after': found[LISTED - 1].number})}" if len(found) > LISTED else ""
    return await desk.page(
        request,
        "companies.html",
        found=[
            Listed(one, completeness.of(one), known.shown("relation", one.relation), known.shown("area", one.area))
            for one in found[:LISTED]
        ],
        total=await visible.counted(reader, narrowed, who.scope),
        narrowed=narrowed,
        is_narrowed=narrowed != Filter(),
        known=known,
        more=more,
    )


async def show_new(request: web.Request) -> web.Response:
    return await _new(request, {"name": request.query.get("name", "")[:200]}, {})


async def register(request: web.Request) -> web.Response:
    """The name alone is enough. One that is known is shown; one behind the wall is not."""
    given, who, language = await doing.sent(request), gate.visitor(request), frame.language(request)
    code: list[str] = []

    async def act(work: Work) -> str:
        values = {name: given[name] for name in ("tax_number", "city", "country", "phone", "mail") if given.get(name)}
        owner_id = _number(given.get("owner", "")) or None
        found, is_new = await companies.register(work, who.actor, given.get("name", ""), values, owner_id=owner_id)
        code.append(found.code)
        if is_new:
            return texts.say(language, "{company} is registered.", company=found.label)
        return texts.say(language, "{company} is known already; nothing was changed.", company=found.label)

    try:
        key = await doing.once(request, act)
    except companies.Exists as error:
        return await _new(request, given, {"name": contacts.exists(language, error)}, status=409)
    except errors.Invalid as error:
        return await _new(request, given, doing.wrong(request, error), status=400)
    return doing.back(f"/companies/{code[0]}" if code else "/companies", key)


async def show(request: web.Request) -> web.Response:
    """Everything about a company in one place."""
    return await page(request, await seen(request))


async def page(
    request: web.Request,
    company: CompanyView,
    *,
    given: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
    open_form: str = "",
) -> web.Response:
    """The company's page. `open_form`: the one that was refused, with what was sent and what is wrong."""
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    reader, now = own.store.reading(), own.store.clock.now()
    people = await persons.of_company(reader, company.id)
    ids = [one.contact_id for one in people]
    cases, total = await tickets.of_contacts(reader, ids, who.scope, limit=CASES)
    passed, _ = await dealings.of_contacts(reader, ids, who.scope, dealings.Filter(), limit=PAST)
    names = {one.contact_id: one.name for one in people}
    known = await company_form.choices(reader, who.actor, company, language)
    lines = timeline.of_company(
        await phone_calls.of_company(reader, company.id),
        await audit.of(reader, "company", company.id),
        [(names[one.contact_id], one) for one in passed if not (one.sort is Sort.CALL and one.about_id == company.id)],
        own.lines,
        conversation.Reader(language, who.zone, who.actor.id, now),
        known,
    )
    return await desk.page(
        request,
        "company.html",
        status=status,
        company=company,
        owner=company.owner,
        enclosed=await desk.enclosures(request, (one.message_id for one in passed)),
        complete=completeness.of(company),
        facts=company_form.facts(company, known, language),
        missing=[(name, company_form.label(language, name)) for name in company_form.missing_fields(company)],
        people=[Contact(one, next((c.name for c in cases if c.contact_id == one.contact_id), "")) for one in people],
        cases=desk.listed(request, cases),
        total=total,
        lines=lines[:PAST],
        given=defaultdict(str, given or {}),
        wrong=defaultdict(str, wrong or {}),
        open_form=open_form,
        nothing=defaultdict(str),
        **await _known(request, ids),
        here=f"/companies/{company.code}",
    )


async def _known(request: web.Request, there: list[int]) -> dict[str, Any]:
    """People we know that a visitor looks for, so that nobody is written down twice; not those who are here already."""
    sought = request.query.get("person", "").strip()[:200]
    reader, scope = gate.office(request).store.reading(), gate.visitor(request).scope
    found = await search.search(reader, sought, scope, limit=FOUND + len(there)) if sought else []
    return {"sought": sought, "known": [one for one in found if one.id not in there][:FOUND]}


async def seen(request: web.Request) -> CompanyView:
    """The company of the address, if the visitor may see it: one and the same page for "no" and "none"."""
    number = visible.parse(request.match_info["code"])
    reader, scope = gate.office(request).store.reading(), gate.visitor(request).scope
    found = await visible.by_number(reader, number, scope) if number is not None else None
    if found is None:
        is_there = number is not None and await visible.by_number(reader, number, None) is not None
        raise refusals.unseen(request, is_there=is_there)
    return found


async def _new(
    request: web.Request, given: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> web.Response:
    reader, standing = gate.office(request).store.reading(), gate.visitor(request).actor.standing
    mine = [one for one in await owners.listed(reader) if one.id in standing.owners]
    return await desk.page(
        request,
        "company_new.html",
        status=status,
        given=defaultdict(str, given),
        wrong=defaultdict(str, wrong),
        owners=mine if len(mine) > 1 else [],
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
