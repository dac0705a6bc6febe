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
from kernel import errors, folding, times
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
    zone = ZoneInfo(call.actor.zone)
    if number is not None:
        found = await incident_book.by_number(call.work, number)
        action = folding.fold(words[1]) if len(words) > 1 else "show"
        rest = call.rest.split(maxsplit=2)[2] if len(words) > 2 else ""
        if action not in _ACTS:
            raise errors.Invalid(f"{words[1][:40]}? {_HOW}. Nothing was done.")
        return await _ACTS[action](call, found, rest)
    if folding.fold(call.rest) in ("", "list"):
        return Answer(incident_views.listing(await incident_book.live(call.work), zone, call.work.now))
    if call.ticket is None:
        raise errors.Invalid(f"Of which ticket? {_HOW}. Nothing was done.")
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
    return Answer(f"{found.name}/{revision.number} goes out now.")


async def drop(call: Call) -> Answer:
    """News that were shown are forgotten."""
    await incidents.drop(call.work, await _drafted(call))
    return Answer("Dropped. Nobody was told.")


# -- acts ------------------------------------------------------------------------------------------------------------


async def _propose(call: Call, title: str) -> Answer:
    found = await incidents.propose(call.work, title, [call.the_ticket.id], by=call.actor)
    if found is None:
        raise errors.Conflict("Such an incident is there already: /incident list. Nothing was done.")
    count = await incident_telling.count(call.work, call.house, found, 0, incident_telling.FIRST)
    text = incident_views.proposal(found, count, call.work.now, incidents.NEWS, ZoneInfo(call.actor.zone))
    return Answer(text, incident_views.proposal_buttons(found))


async def _show(call: Call, found: Incident, rest: str) -> Answer:
    ticket_ids = await incident_book.tickets(call.work, found.id, limit=NAMED)
    known = await visible.by_ids(call.work, ticket_ids)
    text = incident_views.shown(
        found,
        await incident_book.revisions(call.work, found.id),
        await incident_book.told(call.work, found.id),
        [known[one].name for one in ticket_ids],
        ZoneInfo(call.actor.zone),
        call.work.now,
    )
    return Answer(text)


async def _join(call: Call, found: Incident, rest: str) -> Answer:
    joined = await incidents.begin(call.work, call.actor, found)
    said = f"{found.name} is open: {incident_views.tickets(joined)} joined, opened by {call.actor.name}."
    await loop.edit(call.work, call.house, found, f"{said} {found.title}")
    return Answer(said)


async def _no(call: Call, found: Incident, rest: str) -> Answer:
    await incidents.dismiss(call.work, found)
    said = f"{found.name} is none, says {call.actor.name}. Nobody was told."
    await loop.edit(call.work, call.house, found, said)
    return Answer(said)


async def _add(call: Call, found: Incident, rest: str) -> Answer:
    if found.state is not incident_book.State.OPEN:
        raise errors.Conflict(f"{found.name} is {found.state.value}, not open. Nothing was done.", code="closed")
    tickets = [one.id for one in await _named(call, rest)]
    joined = await incidents.join(call.work, found, tickets, by=call.actor)
    if not joined:
        raise errors.Conflict("They belong to an open incident already. Nothing was done.", code="joined")
    return Answer(f"{found.name}: {incident_views.tickets(len(joined))} joined. Their customers are told that we know.")


async def _remove(call: Call, found: Incident, rest: str) -> Answer:
    tickets = await _named(call, rest)
    for one in tickets:
        await incidents.leave(call.work, call.actor, found, one.id)
    await targets.again(call.work, call.house.desk, [one.id for one in tickets if not one.is_done])
    return Answer(f"{' '.join(one.name for one in tickets)} taken out of {found.name}. The clock runs again.")


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
        raise errors.Invalid(f"What is behind it? /incident {found.name} cause O-12, or some words. Nothing was done.")
    await incidents.explain(call.work, found, cause, outage_id=outage.id if outage else None)
    return Answer(f"{found.name}: cause noted.")


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
    shown = incident_views.preview(found, revision, count, ZoneInfo(call.actor.zone), call.work.now)
    return Answer(shown, incident_views.preview_buttons(revision, count))


# -- what is meant ---------------------------------------------------------------------------------------------------


def _timed(text: str, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, str]:
    """`next 15:00 …`: when there will be news again, and the words. Pure."""
    said = _NEXT.match(text)
    if said is None:
        return None, text
    try:
        found = times.leading(text[said.end() :], now=now, zone=zone, after=now)
    except ValueError as error:
        raise errors.Invalid(f"When are the next news? {error}. Nothing was sent.") from error
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
        raise errors.Invalid(f"Which tickets? Up to {MOST}: /incident I-3 add T15 T16. Nothing was done.")
    found = []
    for number in dict.fromkeys(wanted):
        one = await visible.by_number(call.work, number, call.scope)
        if one is None:
            raise errors.NotFound(f"There is no {numbers.written(number)}. Nothing was done.")
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
    _pressed("join-all", join_all, "the tickets of a suggestion are one incident", OPEN),
    _pressed("not-one", not_one, "they are not", DISMISS),
    _pressed("send-news", send, "news of an incident go to all", SEND),
    _pressed("drop-news", drop, "news of an incident are dropped", DROP),
)
