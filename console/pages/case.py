"""What a ticket is: its state, kind and fields; merge, split and ties; and what happened to it, each with its undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from console import case_form, desk, doing, frame, gate, refusals, spoken
from console.case_form import FIELD, Shown
from console.office import Office
from console.pages import ticket as tickets
from crmcore import access
from kernel import errors, texts
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.unit import Work
from routing import asking_again
from tickets import actions, casework, changes, merging, moving, numbers, undoing, values, visible
from tickets.kinds import Kind
from tickets.visible import TicketView

SHOWN, ACTS = 40, 60
FRESH = ("close", "merge", "split")  # acts on all that the ticket is: whoever orders them has seen it as it is
PATH = tickets.PATH + "/case"
Act = Callable[[web.Request, Work, TicketView, dict[str, str]], Awaitable[str]]


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show)), web.post(PATH, gate.staff(take))]


async def show(request: web.Request) -> web.Response:
    return await _page(request, await tickets.seen(request))


async def take(request: web.Request) -> web.Response:
    """One act of the page, in a unit of its own; a refusal stands beside what it is about."""
    ticket, given = await tickets.seen(request), await doing.sent(request)
    given["entries"] = ",".join(str(one) for one in (await request.post()).getall("entry", []))
    act = _ACTS.get(given.get("act", ""))
    if act is None:
        raise doing.unfinished(request)

    async def do(work: Work) -> str:
        await work.change("UPDATE tickets SET version = version WHERE id = ?", ticket.id)
        fresh = await visible.by_id(work, ticket.id, gate.visitor(request).scope)
        if fresh is None:
            raise refusals.unseen(request, is_there=True)
        if given["act"] in FRESH:
            _must_be_fresh(request, fresh, given)
        return await act(request, work, fresh, given)

    path = f"/tickets/{ticket.name}/case"
    try:
        key = await doing.once(request, do)
    except (errors.Invalid, errors.Conflict, errors.Forbidden) as error:
        status = 409 if isinstance(error, errors.Conflict) else 400
        return await _page(request, await tickets.seen(request), given=given, error=error, status=status)
    still = await visible.by_id(gate.office(request).store.reading(), ticket.id, gate.visitor(request).scope)
    return doing.back(path if still else "/my", key)


async def _save(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    """Whatever the sender has changed, each as an act of its own; all or nothing."""
    house, actor = gate.office(request).desk, gate.visitor(request).actor
    kind = house.kinds.of(ticket.kind)
    wanted = case_form.changed(given, case_form.held(ticket, await values.of(work, ticket.id)), kind)
    own = {name.removeprefix(FIELD): value for name, value in wanted.items() if name.startswith(FIELD)}
    await values.put(work, actor, ticket, kind, own)
    if "tags" in wanted:
        await casework.set_tags(work, actor, await _again(work, ticket), wanted["tags"].split(","))
    if "kind" in wanted:
        await casework.set_kind(work, actor, await _again(work, ticket), house.kinds.chosen(wanted["kind"]))
    await _place(request, work, ticket, wanted, reason=given.get("reason", ""), keep="keep" in given)
    return texts.say(frame.language(request), "Saved.")


async def _place(
    request: web.Request, work: Work, ticket: TicketView, wanted: dict[str, str], *, reason: str, keep: bool
) -> None:
    """Priority, state and queue. Raises Conflict for a closed ticket, which keeps them as they are."""
    house, actor = gate.office(request).desk, gate.visitor(request).actor
    if "priority" in wanted:
        written = wanted["priority"]
        priority = int(written) if written in ("1", "2", "3", "4") else 0
        if await casework.set_priority(work, actor, await _again(work, ticket), priority):
            await asking_again.again(work, house, ticket.id)
    if "state" in wanted:
        fresh, word = await _again(work, ticket), house.states.chosen(wanted["state"])
        await casework.set_state(work, actor, fresh, word, reason=reason, terms=house.terms(fresh))
    if "queue" in wanted:
        if wanted["queue"] not in house.queues:
            raise errors.Invalid(
                "Nothing was saved",
                problems=(Problem("queue", Phrase("one of {names}", names=", ".join(house.queues))),),
            )
        if await casework.move(work, actor, await _again(work, ticket), wanted["queue"], keep=keep):
            await asking_again.again(work, house, ticket.id)


async def _close(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    reason = " ".join(f"{given.get('reason', '')} {given.get('words', '')}".split())[:500]
    terms = gate.office(request).desk.terms(ticket)
    await actions.close(work, gate.visitor(request).actor, ticket, reason=reason, terms=terms)
    return texts.say(frame.language(request), "{ticket} is closed.", ticket=ticket.name)


async def _merge(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    other = await _named(request, work, given)
    await merging.merge(work, gate.visitor(request).actor, ticket, other)
    language = frame.language(request)
    return texts.say(language, "{ticket} is merged into {other}.", ticket=ticket.name, other=other.name)


async def _relate(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    other = await _named(request, work, given)
    await casework.relate(work, gate.visitor(request).actor, ticket, other)
    language = frame.language(request)
    return texts.say(language, "{ticket} and {other} are tied together.", ticket=ticket.name, other=other.name)


async def _split(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    written = given["entries"].split(",")
    chosen = [int(one) for one in written if one.isascii() and one.isdigit() and len(one) < 19]
    actor = gate.visitor(request).actor
    number = await merging.split(work, actor, ticket, chosen, subject=given.get("subject", ""))
    name = numbers.written(number)
    return texts.say(frame.language(request), "{other} was taken out of {ticket}.", ticket=ticket.name, other=name)


async def _watch(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    actor, language = gate.visitor(request).actor, frame.language(request)
    if given.get("to") not in ("begin", "end"):
        raise doing.unfinished(request)
    if given["to"] == "begin":
        await casework.watch(work, actor, ticket)
        return texts.say(language, "You see {ticket} wherever it goes.", ticket=ticket.name)
    await casework.unwatch(work, actor, ticket)
    return texts.say(language, "You watch {ticket} no more.", ticket=ticket.name)


async def _undo(request: web.Request, work: Work, ticket: TicketView, given: dict[str, str]) -> str:
    written = given.get("change", "")
    is_id = written.isascii() and written.isdigit() and len(written) < 19
    done = await changes.by_id(work, int(written)) if is_id else None
    if done is None or ticket.id not in (done.ticket_id, done.other_id):
        raise errors.Forbidden(undoing.NOT_YOURS)
    said = await undoing.undo(work, gate.visitor(request).actor, done)
    return texts.say(frame.language(request), "Taken back: {what}", what=said)


_ACTS: dict[str, Act] = {
    "save": _save,
    "close": _close,
    "merge": _merge,
    "relate": _relate,
    "split": _split,
    "watch": _watch,
    "undo": _undo,
}


def _must_be_fresh(request: web.Request, ticket: TicketView, given: dict[str, str]) -> None:
    """Raises Conflict for a page that shows the ticket as it was: what its reader decided by is gone."""
    if "seen" not in given:
        raise doing.unfinished(request)
    if given["seen"] != str(ticket.version):
        language = frame.language(request)
        why = "{ticket} has changed since you opened this page. Nothing was done. Look at it, and press once more."
        raise errors.Conflict(texts.say(language, why, ticket=ticket.name), language=language)


async def _again(work: Work, ticket: TicketView) -> TicketView:
    return await visible.by_id(work, ticket.id) or ticket


async def _named(request: web.Request, work: Work, given: dict[str, str]) -> TicketView:
    """The other ticket, if the visitor may see it. Raises Invalid."""
    number = numbers.parse(given.get("other", ""))
    found = await visible.by_number(work, number, gate.visitor(request).scope) if number is not None else None
    if found is None:
        language = frame.language(request)
        why = texts.say(language, "There is no such ticket, or it is not yours to see. Nothing was done.")
        raise errors.Invalid(why, language=language)
    return found


async def _page(
    request: web.Request,
    ticket: TicketView,
    *,
    given: dict[str, str] | None = None,
    error: errors.CentralaError | None = None,
    status: int = 200,
) -> web.Response:
    own, language = gate.office(request), frame.language(request)
    reader, act, sent = own.store.reading(), (given or {}).get("act", ""), given or {}
    kind, saved = own.desk.kinds.of(ticket.kind), sent if act == "save" else {}
    holds = case_form.held(ticket, await values.of(reader, ticket.id))
    usual = case_form.usual(language, own.desk, holds, saved)
    fields = await case_form.own(reader, language, kind, holds, saved)
    said, wrong = _refused(request, kind, [*usual, *fields], error)
    return await desk.page(
        request,
        "case.html",
        status=status,
        ticket=ticket,
        usual=usual,
        fields=fields,
        wrong=defaultdict(str, wrong),
        kind=case_form.kind_label(language, kind),
        reasons=await case_form.reasons(reader, language),
        watches=await casework.watches(reader, gate.visitor(request).actor, ticket),
        needs_reason=own.desk.terms(ticket).needs_reason,
        refused=defaultdict(str, {act: said}),
        given=defaultdict(str, sent),
        acts=await _acts(request, ticket),
        parts=await _parts(request, ticket),
    )


def _refused(
    request: web.Request, kind: Kind, fields: Sequence[Shown], error: errors.CentralaError | None
) -> tuple[str, dict[str, str]]:
    """What stands over the form that was refused, and field → what was expected there."""
    language = frame.language(request)
    if error is None:
        return "", {}
    if error.code == "stale" and error.problems:
        return case_form.overtaken(language, fields, error.problems), {}
    if error.code == "incomplete":
        return str(doing.unfinished(request)), {}
    wrong = case_form.wrong(language, kind, error.problems)
    return wrong.pop("", "") or ("" if wrong else spoken.refusal(language, error)), wrong


async def _acts(request: web.Request, ticket: TicketView) -> list[dict[str, Any]]:
    """What happened, the newest first; with an undo where the visitor may."""
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    now = own.store.clock.now()
    found = await changes.of(own.store.reading(), ticket.id, limit=ACTS)
    return [
        {
            "id": one.id,
            "at": one.at,
            "time": texts.moment(language, one.at, who.zone, now=now),
            "said": texts.into(language, one.said),
            "proof": _proof(own, language, one.proof),
            "is_undone": one.undone_at is not None,
            "may_undo": one.may_undo(now) and (one.actor_id == who.actor.id or who.ranks("lead")),
        }
        for one in found
    ]


def _proof(own: Office, language: str, proof: str) -> str:
    """How we knew who did it: by which channel he came, or what it was that did it."""
    known = {
        access.SESSION: texts.say(language, "signed in to the page"),
        "rule": texts.say(language, "a rule"),
        "incident": texts.say(language, "an incident"),
    }
    return known.get(proof) or own.lines.label(proof)


async def _parts(request: web.Request, ticket: TicketView) -> list[dict[str, Any]]:
    """The last messages and notes, to choose what becomes a ticket of its own."""
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    reader, now = own.store.reading(), own.store.clock.now()
    movable = set(await moving.movable(reader, ticket.id))
    found = [one for one in await visible.entries(reader, ticket.id, limit=SHOWN) if one.id in movable]
    return [
        {
            "id": one.id,
            "author": one.author,
            "time": texts.moment(language, one.at, who.zone, now=now),
            "text": one.text[:120],
        }
        for one in found
    ]
