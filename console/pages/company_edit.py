"""A company changed: its fields as they were seen, its people, and its place in the archive."""

from __future__ import annotations

from collections import defaultdict

from aiohttp import web
from msgspec.structs import replace

from console import company_form, desk, doing, frame, gate
from console.pages import companies as pages
from crmcore import audit, companies, persons
from crmcore.visible import CompanyView
from kernel import errors, texts
from kernel.errors import Problem
from kernel.unit import Work
from tickets import people

PERSON = "/people/{id:\\d{1,19}}"
REASON_LIMIT = 300


def routes() -> list[web.RouteDef]:
    return [
        web.get(pages.PATH + "/edit", gate.staff(show)),
        web.post(pages.PATH + "/edit", gate.staff(save)),
        # a form that was refused stands at its own address, and the page looks there again
        *(web.get(pages.PATH + form, gate.staff(pages.show)) for form in ("/archive", "/people", PERSON)),
        web.post(pages.PATH + "/archive", gate.staff(archive)),
        web.post(pages.PATH + "/people", gate.staff(add)),
        web.post(pages.PATH + PERSON, gate.staff(change)),
        web.post(pages.PATH + PERSON + "/end", gate.staff(end)),
    ]


async def show(request: web.Request) -> web.Response:
    return await _form(request, await pages.seen(request))


async def save(request: web.Request) -> web.Response:
    """Compare and set: what another has saved meanwhile is shown beside what was meant, and nothing is overwritten."""
    company, given, who = await pages.seen(request), await doing.sent(request), gate.visitor(request)
    language = frame.language(request)
    sent = given.get("version", "")
    version = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else 0

    async def act(work: Work) -> str:
        await companies.change(work, who.actor, replace(company, version=version), company_form.changed(given))
        return texts.say(language, "Saved.")

    try:
        return doing.back(f"/companies/{company.code}", await doing.once(request, act))
    except errors.Conflict as error:
        if error.code == "stale":
            return await _form(request, await pages.seen(request), given=given, is_stale=True, status=409)
        wrong = {"tax_number": texts.say(language, "Another company has this tax number already. Nothing was saved.")}
    except errors.Forbidden:
        name = "source" if "source" in company_form.changed(given) else "group"
        wrong = {name: texts.say(language, "This is not yours to change. Nothing was saved.")}
    except (errors.Invalid, errors.NotFound) as error:
        wrong = doing.wrong(request, error)
    return await _form(request, company, given=given, wrong=wrong, status=400)


async def archive(request: web.Request) -> web.Response:
    """Off all lists with a reason, or back; the reason stands in the history."""
    company, given, who = await pages.seen(request), await doing.sent(request), gate.visitor(request)
    language, is_back = frame.language(request), company.archived_at is not None
    reason = " ".join(given.get("reason", "").split())[:REASON_LIMIT]

    async def act(work: Work) -> str:
        if not reason:
            raise errors.Invalid("nothing was done", problems=(Problem("reason", ""),))
        await companies.archive(work, who.actor, company, back=is_back)
        await audit.note(work, "company", company.id, {}, {"reason": reason}, by=who.actor.id)
        if is_back:
            return texts.say(language, "{company} is back on all lists.", company=company.label)
        return texts.say(language, "{company} is archived.", company=company.label)

    try:
        return doing.back(f"/companies/{company.code}", await doing.once(request, act))
    except errors.Invalid as error:
        wrong = doing.wrong(request, error)
    except errors.Conflict as error:
        if error.code not in ("stale", "exists"):
            raise
        wrong = {"reason": texts.say(language, "The company has changed meanwhile. Look again. Nothing was done.")}
    return await pages.page(request, company, given=given, wrong=wrong, status=400, open_form="archive")


async def add(request: web.Request) -> web.Response:
    """A new person there, or one we know by his number on the list of customers."""
    company, given, who = await pages.seen(request), await doing.sent(request), gate.visitor(request)
    language, known = frame.language(request), given.get("contact", "")
    values = _values(given)

    async def act(work: Work) -> str:
        name = given.get("name", "")
        if known.isdecimal() and len(known) < 19:
            found = await people.by_id(work, int(known), who.scope)
            if found is None:
                raise errors.NotFound
            await persons.link(work, who.actor, company, found.id, values)
            name = found.name
        else:
            await persons.add(work, who.actor, company, name, values)
        return texts.say(language, "{name} is at {company}.", company=company.label, name=name)

    try:
        return doing.back(f"/companies/{company.code}", await doing.once(request, act))
    except errors.Invalid as error:
        wrong = doing.wrong(request, error)
        return await pages.page(request, company, given=given, wrong=wrong, status=400, open_form="add")


async def change(request: web.Request) -> web.Response:
    company, given, who = await pages.seen(request), await doing.sent(request), gate.visitor(request)
    language, contact_id = frame.language(request), await _theirs(request, company)

    async def act(work: Work) -> str:
        if any(f"was-{name}" not in given for name in (*persons.FIELDS, "name")):
            raise doing.unfinished(request)
        name, was = given.get("name", ""), {one: given[f"was-{one}"] for one in (*persons.FIELDS, "name")}
        await persons.change(work, who.actor, company, contact_id, name, _values(given), was=was)
        return texts.say(language, "Saved.")

    try:
        return doing.back(f"/companies/{company.code}", await doing.once(request, act))
    except errors.Invalid as error:
        wrong, status = doing.wrong(request, error), 400
    except errors.Conflict as error:
        if error.code != "stale":
            raise
        said = "Saved meanwhile: {value}"
        wrong, status = {one.field: texts.say(language, said, value=one.expected or "–") for one in error.problems}, 409
    meant = await _meant(request, company, contact_id, given)
    return await pages.page(request, company, given=meant, wrong=wrong, status=status, open_form=str(contact_id))


async def end(request: web.Request) -> web.Response:
    company, who, language = await pages.seen(request), gate.visitor(request), frame.language(request)
    contact_id = await _theirs(request, company)

    async def act(work: Work) -> str:
        await persons.unlink(work, who.actor, company, contact_id)
        return texts.say(language, "The person is there no more; what has passed stays in the history.")

    return doing.back(f"/companies/{company.code}", await doing.once(request, act))


async def _theirs(request: web.Request, company: CompanyView) -> int:
    """A person of this very company. Raises NotFound."""
    reader, contact_id = gate.office(request).store.reading(), int(request.match_info["id"])
    if contact_id not in {one.contact_id for one in await persons.of_company(reader, company.id, limit=1_000)}:
        raise errors.NotFound
    return contact_id


async def _meant(request: web.Request, company: CompanyView, contact_id: int, given: dict[str, str]) -> dict[str, str]:
    """The form again: what the sender has changed, and of the rest what stands there by now."""
    found = await persons.of_company(gate.office(request).store.reading(), company.id, limit=1_000)
    [now] = [one for one in found if one.contact_id == contact_id]
    left = [
        one for one in (*persons.FIELDS, "name") if given.get(one, "").strip() == given.get(f"was-{one}", "").strip()
    ]
    return {**given, **{one: getattr(now, one) for one in left}}


async def _form(
    request: web.Request,
    company: CompanyView,
    *,
    given: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    is_stale: bool = False,
    status: int = 200,
) -> web.Response:
    reader, who, language = gate.office(request).store.reading(), gate.visitor(request), frame.language(request)
    known = await company_form.choices(reader, who.actor, company, language)
    version = (given or {}).get("version", "")
    return await desk.page(
        request,
        "company_edit.html",
        status=status,
        company=company,
        version=version if version.isdecimal() and wrong and not is_stale else company.version,
        groups=company_form.fields(company, known, language, given, wrong),
        wrong=defaultdict(str, wrong or {}),
        is_stale=is_stale,
        here=f"/companies/{company.code}",
    )


def _values(given: dict[str, str]) -> dict[str, str]:
    return {name: given.get(name, "") for name in persons.FIELDS}
