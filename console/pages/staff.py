"""Settings, staff: who works here, who is invited, and how somebody comes and goes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aiohttp import web

from console import colleagues, desk, doing, forms, frame, gate, refusals
from console.colleagues import Place
from console.commands import Said
from crmcore import access, invitations
from crmcore.access import Role
from kernel import errors, texts

PATH = "/settings/staff"
_SCHEMES = {"mailto": "E-mail", "tel": "SMS"}  # as they are called where no line of ours is for them
_ROLES = {Role.AGENT: "agent", Role.LEAD: "lead", Role.MANAGER: "manager", Role.ADMIN: "administrator"}


def routes() -> list[web.RouteDef]:
    return [
        web.get("/settings", gate.staff(start)),
        web.get(PATH, gate.staff(show)),
        web.get(f"{PATH}/invite", gate.staff(show)),  # the answer to the form looks again by itself
        web.post(f"{PATH}/invite", gate.staff(invite)),
        web.post(f"{PATH}/cancel", gate.staff(cancel)),
        web.post(f"{PATH}/remove", gate.staff(remove)),
        web.get(f"{PATH}/change", gate.staff(show)),
        web.post(f"{PATH}/change", gate.staff(change)),
    ]


async def start(request: web.Request) -> web.Response:
    return gate.to(PATH)


async def show(request: web.Request) -> web.Response:
    return await _page(request)


async def invite(request: web.Request) -> web.Response:
    """Make the link and show it in this very answer: it is kept nowhere. The same form sent again makes no other."""
    own, who, sent = gate.office(request), gate.visitor(request), await request.post()
    key, name, queue = str(sent.get("key", "")), str(sent.get("name", "")).strip(), str(sent.get("queue", ""))
    role = next((role for role in Role if role == sent.get("role")), None)
    if role is None or (queue and queue not in own.desk.queues) or not forms.is_key(key):
        raise doing.unfinished(request)
    try:
        async with own.store.unit() as work:
            if not await forms.claim(work, who.actor.id, key):
                return await _page(request, again=True)
            token = await colleagues.invite(work, who.actor, name, role, queue)
            await forms.keep(work, who.actor.id, key, Said(""))
    except errors.Invalid as error:
        await refusals.note(request, error)
        typed = {"name": name, "role": role.value, "queue": queue}
        return await _page(request, wrong={one.field for one in error.problems}, typed=typed, status=400)
    return await _page(request, made=own.invitation_links(token), made_for=name)


async def cancel(request: web.Request) -> web.Response:
    own, who = gate.office(request), gate.visitor(request)
    async with own.store.unit() as work:
        await colleagues.cancel(work, who.actor, await _id(request))
    return gate.to(f"{PATH}?done=cancelled#done")


async def remove(request: web.Request) -> web.Response:
    own, who = gate.office(request), gate.visitor(request)
    async with own.store.unit() as work:
        await colleagues.remove(work, who.actor, await _id(request))
    return gate.to(f"{PATH}?done=removed#done")


async def change(request: web.Request) -> web.Response:
    """Rank, zone and queues of one colleague, from the form in his line."""
    own, who = gate.office(request), gate.visitor(request)
    was, wanted = await _place(request, "was-"), await _place(request, "")
    staff_id = await _id(request)
    try:
        async with own.store.unit() as work:
            await colleagues.change(work, who.actor, staff_id, was=was, wanted=wanted)
    except errors.Invalid as error:
        await refusals.note(request, error)
        wrong = {f"change-{one.field}" for one in error.problems}
        return await _page(request, changing=_asked(staff_id, was, wanted, {}), wrong=wrong, status=400)
    except errors.Conflict as error:
        now = {one.field: one.expected for one in error.problems}
        return await _page(request, changing=_asked(staff_id, was, wanted, now), status=409)
    return gate.to(f"{PATH}?done=changed#staff-{staff_id}")


async def _place(request: web.Request, start: str) -> Place:
    """What the form wants, or (`start`) what it showed. Raises Invalid."""
    sent, known = await request.post(), gate.office(request).desk.queues
    role = next((role for role in Role if role == sent.get(f"{start}role")), None)
    if role is None or f"{start}zone" not in sent:
        raise doing.unfinished(request)
    queues = frozenset(str(name) for name in sent.getall(f"{start}queue", []) if name in known)
    return Place(role, str(sent.get(f"{start}zone", ""))[:60], queues)


def _asked(staff_id: int, was: Place, wanted: Place, now: dict[str, str]) -> dict[str, Any]:
    """The form again. What its sender has left alone is "": there the page shows what stands by now."""
    return {
        "id": staff_id,
        "role": wanted.role.value if wanted.role != was.role else "",
        "zone": wanted.zone if wanted.zone != was.zone else "",
        "come": wanted.queues - was.queues,
        "gone": was.queues - wanted.queues,
        "now": defaultdict(str, now),
    }


async def _id(request: web.Request) -> int:
    """The row that a form is about. Raises NotFound for what is no id."""
    word = str((await request.post()).get("id", ""))
    if not (word.isascii() and word.isdigit() and len(word) <= 18):
        raise errors.NotFound
    return int(word)


async def _page(
    request: web.Request,
    *,
    wrong: set[str] | None = None,
    typed: dict[str, str] | None = None,
    made: tuple[str, ...] = (),
    made_for: str = "",
    again: bool = False,
    changing: dict[str, Any] | None = None,
    status: int = 200,
) -> web.Response:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    reader = own.store.reading()
    lines = await colleagues.lines(reader, own.desk, who.actor, now=own.now())
    return await desk.page(
        request,
        "settings_staff.html",
        status=status,
        lines=lines,
        reached=[[_reached(request, to) for to in one.addresses] for one in lines],
        changing=changing or {"id": 0},
        roles={one: texts.say(language, _ROLES[one]) for one in Role},
        may_bring=[one for one in Role if access.may_invite(who.actor.role, one)],
        queues=list(own.desk.queues),
        invited=await _invited(request),
        wrong=wrong or set(),
        typed=typed or {"name": "", "role": Role.AGENT.value, "queue": ""},
        made=made,
        made_for=made_for,
        again=again,
        done=request.query.get("done", "") if request.method == "GET" else "",
    )


def _reached(request: web.Request, to: colleagues.Reached) -> str:
    """An address as people read it: "Telegram, linked" instead of a bare number."""
    lines, language = gate.office(request).lines.ordered(), frame.language(request)
    label = next((one.capabilities.label for one in lines if one.capabilities.scheme == to.scheme), "")
    label = label or _SCHEMES.get(to.scheme, to.scheme.capitalize())
    said = texts.say(language, "{channel}, linked", channel=label)
    return " ".join(filter(None, (said, to.name or to.value)))


async def _invited(request: web.Request) -> list[dict[str, Any]]:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    found = await invitations.open_ones(own.store.reading())
    return [
        {
            "invitation": one,
            "until": texts.dated(language, one.expires_at, who.zone),
            "may_cancel": colleagues.may_cancel(who.actor, one),
        }
        for one in found
    ]
