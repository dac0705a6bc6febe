"""The verbs of incidents: one cause of many tickets is named, confirmed, told of, and closed once for all."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import incident_telling, incident_views
from bot import incidents as loop
from bot.calls import Answer, Call
from bot.grammar import Verb
from bot.incident_views import DISMISS, DROP, OPEN, SEND
from crmcore import ledger
from crmcore.access import Role
from kernel import errors, folding, texts, times
from routing import incident_book, incidents, targets
from routing.incident_book import Change, Incident, Revision
from tickets import numbers, visible

EXAMPLE = '/incident T12 "card terminals down"'
_HOW = f"{EXAMPLE}; /incident I-3 add T15, remove T15, update, close, cause, join, no; /incident list"
_NEXT = re.compile(r"next\s+(?=\S)", re.IGNORECASE)
NAMED = 20  # tickets that are named of one
MOST = 50  # tickets added at once


async def incident(call: Call) -> Answer:
    """`incident T12 "title"` proposes one, `incident I-3 …` works on one, `incident list` says what stands."""
    words = call.rest.split()
    number = incident_book.parse(words[0]) if words else None
    if number is not None:
        found = await incident_book.by_number(call.work, number)
        action = folding.fold(words[1]) if len(words) > 1 else "show"
        rest = call.rest.split(maxsplit=2)[2] if len(words) > 2 else ""
        if action not in _ACTS:
            raise errors.Invalid("{word}? {how}. Nothing was done.", word=words[1][:40], how=_HOW)
        return await _ACTS[action](call, found, rest)
    if folding.fold(call.rest) in ("", "list"):
        return Answer(incident_views.listing(call.reading, await incident_book.live(call.work)))
    if call.ticket is None:
        raise errors.Invalid("Of which ticket? {how}. Nothing was done.", how=_HOW)
    return await _propose(call, call.rest.strip().strip('"„”“'))


async def join_all(call: Call) -> Answer:
    """The button under a suggestion."""
    return await _join(call, await incident_book.by_id(call.work, call.number), "")


async def not_one(call: Call) -> Answer:
    """The button beside it."""
    return await _no(call, await incident_book.by_id(call.work, call.number), "")


async def send(call: Call) -> Answer:
    """News that were shown go to all."""
    revision = await _drafted(call)
    found = await incident_book.by_id(call.work, revision.incident_id)
    await incidents.publish(call.work, call.actor, found, revision)
    return Answer(
        texts.say(call.language, "{incident}/{number} goes out now.", incident=found.name, number=revision.number)
    )


async def drop(call: Call) -> Answer:
    """News that were shown are forgotten."""
    await incidents.drop(call.work, await _drafted(call))
    return Answer(texts.say(call.language, "Dropped. Nobody was told."))


# -- acts ------------------------------------------------------------------------------------------------------------


async def _propose(call: Call, title: str) -> Answer:
    found = await incidents.propose(call.work, title, [call.the_ticket.id], by=call.actor)
    if found is None:
        raise errors.Conflict("Such an incident is there already: /incident list. Nothing was done.")
    count = await incident_telling.count(call.work, call.house, found, 0, incident_telling.FIRST)
    text = incident_views.proposal(call.reading, found, count, incidents.NEWS)
    return Answer(text, incident_views.proposal_buttons(call.language, found))


async def _show(call: Call, found: Incident, rest: str) -> Answer:
    ticket_ids = await incident_book.tickets(call.work, found.id, limit=NAMED)
    known = await visible.by_ids(call.work, ticket_ids)
    text = incident_views.shown(
        call.reading,
        found,
        await incident_book.revisions(call.work, found.id),
        await incident_book.told(call.work, found.id),
        [known[one].name for one in ticket_ids],
    )
    return Answer(text)


async def _join(call: Call, found: Incident, rest: str) -> Answer:
    joined = await incidents.begin(call.work, call.actor, found)

    def said(language: str) -> str:
        return incident_views.opened(language, found, joined, call.actor.name)

    await loop.edit(call.work, call.house, found, lambda chat: (f"{said(chat.language)} {found.title}", ()))
    return Answer(said(call.language))


async def _no(call: Call, found: Incident, rest: str) -> Answer:
    await incidents.dismiss(call.work, found)

    def said(language: str) -> str:
        none = "{incident} is none, says {name}. Nobody was told."
        return texts.say(language, none, incident=found.name, name=call.actor.name)

    await loop.edit(call.work, call.house, found, lambda chat: (said(chat.language), ()))
    return Answer(said(call.language))


async def _add(call: Call, found: Incident, rest: str) -> Answer:
    if found.state is not incident_book.State.OPEN:
        raise errors.Conflict(
            "{incident} is {state}, not open. Nothing was done.",
            code="closed",
            incident=found.name,
            state=incident_views.state(call.language, found),
        )
    tickets = [one.id for one in await _named(call, rest)]
    joined = await incidents.join(call.work, found, tickets, by=call.actor)
    if not joined:
        raise errors.Conflict("They belong to an open incident already. Nothing was done.", code="joined")
    return Answer(
        texts.say(
            call.language,
            "{incident}: {tickets} joined. Their customers are told that we know.",
            incident=found.name,
            tickets=incident_views.tickets(call.language, len(joined)),
        )
    )


async def _remove(call: Call, found: Incident, rest: str) -> Answer:
    tickets = await _named(call, rest)
    for one in tickets:
        await incidents.leave(call.work, call.actor, found, one.id)
    await targets.again(call.work, call.house.desk, [one.id for one in tickets if not one.is_done])
    return Answer(
        texts.say(
            call.language,
            "{names} taken out of {incident}. The clock runs again.",
            names=" ".join(one.name for one in tickets),
            incident=found.name,
        )
    )


async def _update(call: Call, found: Incident, rest: str) -> Answer:
    next_news_at, text = _timed(rest, ZoneInfo(call.actor.zone), call.work.now)
    return await _preview(call, found, Change.UPDATE, text, next_news_at)


async def _close(call: Call, found: Incident, rest: str) -> Answer:
    return await _preview(call, found, Change.CLOSE, rest, None)


async def _cause(call: Call, found: Incident, rest: str) -> Answer:
    number = ledger.parse(rest.split()[0]) if rest.split() else None
    outage = await ledger.by_number(call.work, number) if number is not None else None
    cause = rest.split(maxsplit=1)[1] if outage and len(rest.split()) > 1 else "" if outage else rest
    if not cause and outage is None:
        raise errors.Invalid(
            "What is behind it? /incident {incident} cause O-12, or some words. Nothing was done.", incident=found.name
        )
    await incidents.explain(call.work, found, cause, outage_id=outage.id if outage else None)
    return Answer(texts.say(call.language, "{incident}: cause noted.", incident=found.name))


_ACTS = {
    "show": _show,
    "join": _join,
    "open": _join,
    "no": _no,
    "add": _add,
    "remove": _remove,
    "update": _update,
    "close": _close,
    "cause": _cause,
}


async def _preview(call: Call, found: Incident, change: Change, text: str, next_news_at: datetime | None) -> Answer:
    revision = await incidents.draft(call.work, call.actor, found, change, text, next_news_at)
    count = await incident_telling.count(call.work, call.house, found, revision.number, incident_telling.NEWS)
    shown = incident_views.preview(call.reading, found, revision, count)
    return Answer(shown, incident_views.preview_buttons(call.language, revision, count))


# -- what is meant ---------------------------------------------------------------------------------------------------


def _timed(text: str, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, str]:
    """`next 15:00 …`: when there will be news again, and the words. Pure."""
    said = _NEXT.match(text)
    if said is None:
        return None, text
    try:
        found = times.leading(text[said.end() :], now=now, zone=zone, after=now)
    except ValueError as error:
        raise errors.Invalid("When are the next news? {why}. Nothing was sent.", why=error.args[0]) from error
    if found is None:
        return None, text
    if found.at <= now:
        raise errors.Invalid("The next news have to lie ahead. Nothing was sent.")
    return found.at, found.rest.lstrip(" ,;:")


async def _named(call: Call, rest: str) -> list[visible.TicketView]:
    """The tickets that are named, each one the actor may see. Raises Invalid, NotFound."""
    words = rest.replace(",", " ").split()
    parsed = [numbers.parse(word) for word in words]
    wanted = [number for number in parsed if number is not None]
    if not wanted or len(wanted) < len(words) or len(wanted) > MOST:
        raise errors.Invalid("Which tickets? Up to {most}: /incident I-3 add T15 T16. Nothing was done.", most=MOST)
    found = []
    for number in dict.fromkeys(wanted):
        one = await visible.by_number(call.work, number, call.scope)
        if one is None:
            raise errors.NotFound("There is no {ticket}. Nothing was done.", ticket=numbers.written(number))
        found.append(one)
    return found


async def _drafted(call: Call) -> Revision:
    found = await incident_book.one_revision(call.work, call.number)
    if found is None:
        raise errors.NotFound("There is no such news any more. Nothing was done.")
    return found


def _pressed(name: str, run: Callable[[Call], Awaitable[Answer]], effect: str, button: str) -> Verb:
    return Verb(name, run, effect, "(a button)", (), button, needs_ticket=False, least=Role.LEAD, in_chat_only=True)


VERBS = (
    Verb(
        "incident",
        incident,
        "many tickets of one cause: join, tell and close them together",
        EXAMPLE,
        ("inc",),
        needs_ticket=False,
        takes_ticket=True,
        least=Role.LEAD,
        in_chat_only=True,
    ),
    _pressed("joinall", join_all, "the tickets of a suggestion are one incident", OPEN),
    _pressed("notone", not_one, "they are not", DISMISS),
    _pressed("sendnews", send, "news of an incident go to all", SEND),
    _pressed("dropnews", drop, "news of an incident are dropped", DROP),
)
