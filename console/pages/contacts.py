"""Customers: the list, the search, and a customer's card with everything that has passed."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from channels import optouts
from channels.contract import Address
from channels.optouts import Turn
from console import company_form, conversation, desk, doing, forms, frame, gate, refusals, timeline
from console.commands import How, Order
from crmcore import companies, persons, phone_calls
from crmcore import visible as seen
from crmcore.phone_calls import Direction, Said
from kernel import errors, texts
from kernel.errors import Problem
from kernel.unit import Work
from tickets import dealings, numbers, people, surveys, visible
from tickets.dealings import Filter, Sort
from tickets.people import IdentityView, PersonView
from tickets.search import persons as search

CASES = 20
TURNS = 20
PATH = "/contacts/{id:\\d{1,19}}"
_PROOFS = {
    "code": "proved by a code",
    "imported": "from a list of ours",
    "": "not proved",
}
_PURPOSES = {
    "notice": "outages",
    "campaign": "campaigns",
    "acknowledgement": "acknowledgements",
    "greeting": "greetings",
    "survey": "surveys",
}
_PLANS = {"call": "Phone call", "visit": "Visit", "mail": "Letter"}


class Identity(Struct, frozen=True):
    """An address as its line of the card says it."""

    label: str
    value: str
    link: str
    proof: str
    is_proved: bool
    since: str
    seen: str
    is_unreachable: bool
    opted_out: str


def routes() -> list[web.RouteDef]:
    return [
        web.get("/contacts", gate.staff(show_all)),
        web.get(PATH, gate.staff(show)),
        # a form that was refused stands at its own address, and the page looks there again
        *(web.get(f"{PATH}/{form}", gate.staff(show)) for form in ("call", "company", "plan")),
        web.post(PATH + "/call", gate.staff(write_call)),
        web.post(PATH + "/company", gate.staff(tie)),
        web.post(PATH + "/plan", gate.staff(plan)),
    ]


async def show_all(request: web.Request) -> web.Response:
    reader, scope = gate.office(request).store.reading(), gate.visitor(request).scope
    text = request.query.get("q", "").strip()[:200]
    before = request.query.get("before", "")
    if text:
        found = await search.search(reader, text, scope, limit=people.PAGE + 1)
        more = ""
    else:
        found = await people.listed(reader, scope, before=_number(before), limit=people.PAGE + 1)
        more = str(found[people.PAGE - 1].id) if len(found) > people.PAGE else ""
    return await desk.page(
        request,
        "contacts.html",
        found=found[: people.PAGE],
        total=await people.count(reader, scope),
        text=text,
        more=more,
        is_cut=bool(text) and len(found) > people.PAGE,
    )


async def show(request: web.Request) -> web.Response:
    return await _card(request, await _seen(request))


async def write_call(request: web.Request) -> web.Response:
    """With the company too, where it can only be one."""
    person, given, who = await _seen(request), await doing.sent(request), gate.visitor(request)
    places = await seen.of_contacts(gate.office(request).store.reading(), [person.id], who.scope)
    language = frame.language(request)

    async def act(work: Work) -> str:
        said = Said(
            given.get("text", ""),
            places[0].id if len(places) == 1 else None,
            person.id,
            Direction.IN if given.get("way") == "in" else Direction.OUT,
            _minutes(given.get("minutes", "")),
        )
        await phone_calls.note(work, who.actor, said)
        return texts.say(language, "The call is written down.")

    try:
        return doing.back(f"/contacts/{person.id}", await doing.once(request, act))
    except errors.Invalid as error:
        return await _card(
            request, person, given=given, wrong=doing.wrong(request, error), status=400, open_form="call"
        )


async def tie(request: web.Request) -> web.Response:
    """Find the company or register it by its name alone, and say that he is there."""
    person, given, who = await _seen(request), await doing.sent(request), gate.visitor(request)
    language = frame.language(request)

    async def act(work: Work) -> str:
        name, number = given.get("name", ""), seen.parse(given.get("name", ""))
        if number is not None:
            found = await seen.by_number(work, number, who.scope)
            if found is None:
                raise errors.Invalid("nothing was written", problems=(Problem("name", ""),))
            is_new = False
        else:
            found, is_new = await companies.register(work, who.actor, name, owner_id=_maybe(given.get("owner", "")))
        await persons.link(work, who.actor, found, person.id)
        if is_new:
            return texts.say(
                language, "{company} is registered, and {name} is there.", company=found.label, name=person.name
            )
        return texts.say(language, "{name} is at {company}.", company=found.label, name=person.name)

    try:
        return doing.back(f"/contacts/{person.id}", await doing.once(request, act))
    except companies.Exists as error:
        wrong = {"name": exists(language, error)}
    except errors.Invalid as error:
        wrong = doing.wrong(request, error)
    return await _card(request, person, given=given, wrong=wrong, status=400, open_form="company")


async def plan(request: web.Request) -> web.Response:
    """The bot's own verbs: a planned contact on a ticket of his, else a reminder that names him."""
    person, given, who = await _seen(request), await doing.sent(request), gate.visitor(request)
    when, text = given.get("when", "").strip(), " ".join(given.get("text", "").split())
    number = numbers.parse(given.get("ticket", ""))
    key = given.get("key", "")
    if not forms.is_key(key) or not when:
        wrong = {"when": doing.expected(frame.language(request), Problem("when", ""))}
        return await _card(request, person, given=given, wrong=wrong, status=400, open_form="plan")
    kind = given.get("kind") if given.get("kind") in _PLANS else "call"
    words = f"/remind {when} {kind} {person.name}: {text}"
    if number is not None:
        words = f"/plan {numbers.written(number)} {when} {kind} {text}"
    order = Order(How.COMMAND, words, key, language=frame.language(request))
    answer = await gate.office(request).commands.run(who.actor.id, order)
    if not answer.done:
        wrong = {"when": doing.expected(frame.language(request), Problem("when", ""))}
        return await _card(request, person, given=given, wrong=wrong, status=400, open_form="plan")
    return doing.back(f"/contacts/{person.id}", key)


def exists(language: str, error: companies.Exists) -> str:
    """That a company is there, without a word of what is known of it."""
    if error.whom:
        return texts.say(
            language, "This company exists and is not yours to see. Ask {name}. Nothing was done.", name=error.whom
        )
    return texts.say(language, "This company exists and is not yours to see. Ask a lead. Nothing was done.")


# -- the card ----------------------------------------------------------------------------------------------------------


async def _card(
    request: web.Request,
    person: PersonView,
    *,
    given: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
    open_form: str = "",
) -> web.Response:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    reader, now = own.store.reading(), own.store.clock.now()
    narrowed, after = _filter(request), request.query.get("after", "")
    found, more = await dealings.of_contacts(reader, [person.id], who.scope, narrowed, after=after)
    cases, total = await visible.of_contacts(reader, [person.id], who.scope, limit=CASES)
    known_at = await people.identities(reader, person.id)
    identities = [_identity(request, one) for one in known_at]
    turns = await optouts.ledger(reader, [Address(one.scheme, one.value) for one in known_at], limit=TURNS)
    known = {**dict(request.query)}
    known.pop("after", None)
    known.pop("form", None)
    return await desk.page(
        request,
        "contact.html",
        status=status,
        person=person,
        speaks=company_form.LANGUAGES.get(person.language, ""),
        identities=identities,
        turns=[_turn(request, one) for one in turns],
        ratings=await surveys.of_contact(reader, person.id, who.scope),
        lines=timeline.of_contact(found, own.lines, conversation.Reader(language, who.zone, who.actor.id, now)),
        enclosed=await desk.enclosures(request, (one.message_id for one in found)),
        older=f"?{urlencode({**known, 'after': more})}" if more else "",
        is_narrowed=narrowed != Filter() or bool(after),
        narrowed=narrowed,
        narrowed_ticket=request.query.get("ticket", ""),
        sorts=timeline.sorts(language),
        channels=[(line.channel, own.lines.label(line.channel)) for line in own.lines.ordered()],
        cases=desk.listed(request, cases),
        total=total,
        plans=[(name, texts.say(language, _PLANS[name])) for name in _PLANS],
        given=defaultdict(str, given or {}),
        wrong=defaultdict(str, wrong or {}),
        open_form=open_form,
        here=f"/contacts/{person.id}",
    )


async def _seen(request: web.Request) -> PersonView:
    """The contact of the address, if the visitor may see him: one and the same page for "no" and "none"."""
    contact_id = int(request.match_info["id"])
    reader, scope = gate.office(request).store.reading(), gate.visitor(request).scope
    found = await people.by_id(reader, contact_id, scope) if contact_id < 2**63 else None
    if found is None:
        raise refusals.unseen(request, is_there=contact_id < 2**63 and await persons.is_there(reader, contact_id))
    return found


def _filter(request: web.Request) -> Filter:
    asked = request.query
    return Filter(
        channel=asked.get("channel", "")[:40],
        sort=next((one for one in Sort if one == asked.get("kind", "")), None),
        ticket=numbers.parse(asked.get("ticket", "")),
        text=asked.get("q", "").strip()[:200],
    )


def _turn(request: web.Request, one: Turn) -> dict[str, str]:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    purpose = texts.say(language, _PURPOSES[one.purpose]) if one.purpose in _PURPOSES else one.purpose
    said = texts.say(language, "wants again: {purpose}", purpose=purpose)
    if not one.is_wanted:
        said = texts.say(language, "stopped: {purpose}", purpose=purpose)
    return {
        "said": said,
        "at": texts.moment(language, one.at, who.zone, now=own.store.clock.now()),
        "by": own.lines.label(one.channel) if one.channel else "",
        "text": one.text[:80],
    }


def _identity(request: web.Request, one: IdentityView) -> Identity:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    now, line = own.store.clock.now(), own.lines.to(one.scheme)
    proof = _PROOFS.get(one.proven, "")
    purposes = [texts.say(language, _PURPOSES[name]) for name in one.opted_out if name in _PURPOSES]
    return Identity(
        label=line.capabilities.label if line else _kind(language, one.scheme),
        value=Address(one.scheme, one.value).value,
        link=f"{one.scheme}:{one.value}" if one.scheme in ("tel", "mailto") else "",
        proof=texts.say(language, proof) if proof else one.proven,
        is_proved=bool(one.proven),
        since=texts.moment(language, one.since, who.zone, now=now),
        seen=texts.moment(language, one.seen_at, who.zone, now=now) if one.seen_at else "",
        is_unreachable=one.unreachable_since is not None,
        opted_out=", ".join(purposes),
    )


def _kind(language: str, scheme: str) -> str:
    """What an address is where no channel of ours reaches it."""
    said = {"mailto": "E-mail", "tel": "Phone"}.get(scheme)
    return texts.say(language, said) if said else scheme


def _minutes(text: str) -> int | None:
    """Raises Invalid for what is no number."""
    if not text.strip():
        return None
    if not (text.strip().isdecimal() and len(text.strip()) < 9):
        raise errors.Invalid("nothing was written", problems=(Problem("minutes", "a whole number", text[:10]),))
    return int(text)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _maybe(text: str) -> int | None:
    return _number(text) or None
