"""The verbs of business relations: company, call, card; and source, how a customer heard of us."""

from __future__ import annotations

import re

from bot import company_views, views
from bot.calls import Answer, Call
from bot.company_views import PastLine
from bot.grammar import Verb
from crmcore import codes, companies, company_names, owners, persons, phone_calls, taxes
from crmcore import visible as seen
from crmcore.phone_calls import Direction, Said
from crmcore.visible import CompanyView
from kernel import errors, texts
from tickets import actions, sources, visible

NAME_WORDS = 6  # of a company's name at most, before what was said
_OWNER = re.compile(r"\s@(?P<owner>[^@]+)$")
_TAX = re.compile(r"\s(?P<tax>(?:[A-Za-z]{2}\s?)?\d(?:[\d./-]|\s(?=\d)){5,18}\d)$")
_DETAILS = re.compile(r"(?:(?P<way>in|out)\s+)?(?P<minutes>\d{1,4})\s?(?:m|min)\b[\s,:.]*|(?P<plain>in|out):\s*", re.I)
_ALONE = "Others read here who may not see it. Write {command} to me alone. Nothing was done."


async def company(call: Call) -> Answer:
    """Find the company or register it by its name alone, and say that the ticket's customer is there."""
    name, tax, owner = _parted(call.rest)
    if not name:
        raise errors.Invalid("Which company? /company T12 Orlik Trans 526-104-08-28. Nothing was done.")
    owner_id = (await owners.named(call.work, owner, call.actor.standing)).id if owner else None
    values = await _tax(call, tax, owner_id)
    found, is_new = await companies.register(call.work, call.actor, name, values, owner_id=owner_id)
    if not is_new and values and not found.tax_number:
        found = await companies.change(call.work, call.actor, found, values)
    known = "{company} is registered." if is_new else "{company} is known already."
    said = texts.say(call.language, known, company=f"{found.code} {views.short(name, 80)}")
    if call.ticket:
        tied = await persons.link(call.work, call.actor, found, call.ticket.contact_id)
        there = "{contact} ({ticket}) is there." if tied else "{contact} ({ticket}) is there already."
        contact = views.short(call.ticket.contact, 60)
        said += f" {texts.say(call.language, there, contact=contact, ticket=call.ticket.name)}"
    return Answer(f"{said} /card {found.code}")


async def note_call(call: Call) -> Answer:
    """Write down what was said: with a ticket's customer, or with a company by its name or number."""
    if call.ticket:
        return await _called_customer(call)
    found, text = await _named(call, call.rest)
    await phone_calls.note(call.work, call.actor, _said(text, company_id=found.id))
    return Answer(texts.say(call.language, "Call with {company} written down. /card {company}", company=found.code))


async def card(call: Call) -> Answer:
    """Everything about a customer in one message."""
    await _must_be_alone(call, "/card")
    if call.ticket:
        places = await seen.of_contacts(call.work, [call.ticket.contact_id], call.scope)
        if not places:
            return Answer(await _customer(call))
        if len(places) > 1:
            labels = "; ".join(one.label for one in places)
            return Answer(
                texts.say(
                    call.language,
                    "{contact} is at: {labels}. /card {company}",
                    contact=views.short(call.ticket.contact, 60),
                    labels=labels,
                    company=places[0].code,
                )
            )
        return Answer(await _card(call, places[0]))
    if not call.rest.strip():
        raise errors.Invalid("Whose card? /card Orlik, /card B12 or /card T12.")
    return Answer(await _card(call, await seen.meant(call.work, call.rest, call.scope)))


async def source(call: Call) -> Answer:
    """How the customer heard of us; the first one stays with him."""
    if not call.rest.strip():
        words = [one.code for one in (await codes.book(call.work, "source")).values() if one.active]
        raise errors.Invalid(
            "Which source? One of {names}: /source {ticket} {example}.",
            names=", ".join(words),
            ticket=call.the_ticket.name,
            example=words[0],
        )
    code = await sources.note(call.work, call.actor, call.the_ticket, call.rest.strip())
    return Answer(texts.say(call.language, "{ticket}: source {source}.", ticket=call.the_ticket.name, source=code))


# -- what was typed ----------------------------------------------------------------------------------------------------


def _parted(text: str) -> tuple[str, str, str]:
    """A company's name, its tax number and @owner, as they were typed one after the other. Pure."""
    rest, found = f" {' '.join(text.split())}", {"owner": "", "tax": ""}
    for name, pattern in (("owner", _OWNER), ("tax", _TAX)):
        if match := pattern.search(rest):
            found[name], rest = match[name].strip(), rest[: match.start()]
    return rest.strip(), found["tax"], found["owner"]


def _said(text: str, *, company_id: int | None = None, contact_id: int | None = None) -> Said:
    """`in 5m he asks for cards`: who called, how long, and what was said. Pure."""
    details = _DETAILS.match(text)
    if details is None:
        return Said(text, company_id, contact_id)
    way = (details["way"] or details["plain"] or "out").lower()
    minutes = int(details["minutes"]) if details["minutes"] else None
    return Said(text[details.end() :], company_id, contact_id, Direction(way), minutes)


# -- steps -------------------------------------------------------------------------------------------------------------


async def _tax(call: Call, number: str, owner_id: int | None) -> dict[str, str]:
    """The number with the country whose arithmetic it fits: the owner's own before others, none if it is not sure."""
    if not number:
        return {}
    own = [one.facts["country"] for one in await owners.listed(call.work) if one.id in _meant(call, owner_id)]
    fits = taxes.countries(number)
    near = [country for country in own if country in fits] or (fits if len(fits) == 1 else [])
    return {"tax_number": number, "country": near[0]} if near else {"tax_number": number}


def _meant(call: Call, owner_id: int | None) -> frozenset[int]:
    return call.actor.standing.owners if owner_id is None else frozenset({owner_id})


async def _called_customer(call: Call) -> Answer:
    """With the company too, where it can only be one. Colleagues on the ticket read it there."""
    ticket = call.the_ticket
    places = await seen.of_contacts(call.work, [ticket.contact_id], call.scope)
    said = _said(call.rest, company_id=places[0].id if len(places) == 1 else None, contact_id=ticket.contact_id)
    await phone_calls.note(call.work, call.actor, said)
    await actions.note(call.work, call.actor, ticket, f"Call: {said.text}")
    return Answer(texts.say(call.language, "Call on {ticket} written down.", ticket=ticket.name))


async def _named(call: Call, text: str) -> tuple[CompanyView, str]:
    """The company at the beginning of the text: its number, or as many words as are a name; and what follows."""
    words = text.split()
    if len(words) < 2:
        raise errors.Invalid("With whom, and what was said? /call Orlik 5m asks for two cards. Nothing was done.")
    if seen.parse(words[0]) is None:
        for count in range(min(NAME_WORDS, len(words) - 1), 0, -1):
            name = company_names.parted(" ".join(words[:count])).folded
            found = await seen.named(call.work, name, call.scope) if name else []
            if len(found) == 1:
                return found[0], _after(text, count)
        await _must_be_alone(call, "/call")  # who else has such a name is not told in company
    return await seen.meant(call.work, words[0].rstrip(":,"), call.scope), _after(text, 1)


def _after(text: str, count: int) -> str:
    """What follows the first words, line breaks kept. Pure."""
    parts = text.split(maxsplit=count)
    return parts[count] if len(parts) > count else ""


async def _must_be_alone(call: Call, command: str) -> None:
    """In a staff chat colleagues of every owner and group read: where there is a wall, nothing of it is shown there."""
    if call.chat.group and not await owners.is_open(call.work):
        raise errors.Forbidden(_ALONE, code=errors.ELSEWHERE, command=command)


async def _card(call: Call, company: CompanyView) -> str:
    people = await persons.of_company(call.work, company.id)
    contact_ids = [one.contact_id for one in people]
    cases = await visible.of_contacts(call.work, contact_ids, call.scope)
    past = [
        PastLine(one.at, f"{one.who}: {one.text}" if one.who else one.text)
        for one in await phone_calls.history(call.work, company.id)
    ]
    past += await _passed(call, contact_ids)
    chosen = {
        "relation": company.relation,
        "activity": company.activity,
        "area": company.area,
        "channel": company.sales_channel,
        "source": company.source,
    }
    labels = await codes.labels(call.work, chosen, call.language)
    limit = call.chat.line.capabilities.text_limit
    return company_views.card(call.reading, company, labels, people, cases, past, limit=limit)


async def _customer(call: Call) -> str:
    """A customer of whom no company is known, or none that the reader may see."""
    ticket = call.the_ticket
    cases, total = await visible.of_contacts(call.work, [ticket.contact_id], call.scope)
    names = ", ".join(one.name for one in cases)
    none = texts.say(call.language, "{contact}: no company that you can see.", contact=views.short(ticket.contact, 60))
    standing = texts.say(call.language, "Open cases: {count}", count=total)
    says = texts.say(call.language, "/company {ticket} and its name says where he is.", ticket=ticket.name)
    return f"{none} {standing} {names}".rstrip() + f"\n{says}"


async def _passed(call: Call, contact_ids: list[int]) -> list[PastLine]:
    found = await visible.past(call.work, contact_ids, call.scope, limit=company_views.HISTORY_SHOWN)
    return [PastLine(one.at, f"{one.ticket} {one.kind}: {one.text}".rstrip(": ")) for one in found]


VERBS = (
    Verb(
        "company",
        company,
        "find or register the customer's company",
        "/company T12 Orlik Trans",
        ("co", "firm"),
        needs_ticket=False,
        takes_ticket=True,
    ),
    Verb(
        "call",
        note_call,
        "write down a phone call with a customer or company",
        "/call T12 in 5m asks for two cards",
        needs_ticket=False,
        takes_ticket=True,
    ),
    Verb(
        "card",
        card,
        "all about a customer: company, people, cases, history",
        "/card Orlik",
        ("k",),
        needs_ticket=False,
        takes_ticket=True,
    ),
    Verb("source", source, "how the customer heard of us", "/source T12 fair", ("src",)),
)
