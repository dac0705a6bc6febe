"""The channels of the settings: how each is, what is set of it, tried again, and the way to change one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from console import doing, figures, frame, gate
from console.connecting import Found, Known
from console.pages import settings
from console.watch import ChannelState
from kernel import texts

PATH = "/settings/channels"
TEST, CHANGE = "test", "change"


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show)), web.post(PATH, gate.staff(take))]


async def show(request: web.Request) -> web.Response:
    """Managers read it; an administrator has the buttons."""
    return await _page(request)


async def take(request: web.Request) -> web.Response:
    """Try a channel and show what was found, or open the door to where it is changed. Nothing is changed here."""
    sent, known = await request.post(), gate.office(request).connections
    name, order = str(sent.get("channel", "")), sent.get("do")
    if known is None or order not in (TEST, CHANGE):
        raise doing.unfinished(request)
    language = frame.language(request)
    if order == CHANGE:
        return gate.to(known.door(name, staff_id=gate.visitor(request).actor.id, language=language))
    return await _page(request, tried=name, found=await known.tried(name, language))


async def _page(request: web.Request, *, tried: str = "", found: Sequence[Found] = ()) -> web.Response:
    own, language = gate.office(request), frame.language(request)
    states = {one.name: one for one in own.watch.channels()}
    known = own.connections.known(language) if own.connections else ()
    named = {one.name: one for one in known}
    others = [Known(name, state.label) for name, state in states.items() if name not in named]
    shown = [_shown(request, one, states.get(one.name)) for one in (*known, *others)]
    may_change = own.connections is not None and own.connections.may_change()
    return await settings.page(
        request,
        "settings_channels.html",
        shown=sorted(shown, key=lambda one: one["state"] is None),
        tried=tried,
        found=found,
        testable=frozenset(named),
        may_change=may_change and gate.visitor(request).ranks("admin"),
        is_admin=gate.visitor(request).ranks("admin"),
    )


def _shown(request: web.Request, one: Known, state: ChannelState | None) -> dict[str, Any]:
    """A channel as the page shows it. `said`: how it is."""
    language, zone = frame.language(request), gate.visitor(request).zone
    never = texts.say(language, "not yet")

    def at(when: Any) -> str:
        return texts.dated(language, when, zone) if when else never

    return {
        "known": one,
        "state": state,
        "title": state.label if state else one.title,
        "said": figures.how(language, state) if state else texts.say(language, "not set up"),
        "in": at(state.last_in_at) if state else "",
        "out": at(state.last_out_at) if state else "",
    }
