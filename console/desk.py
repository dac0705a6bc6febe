"""The frame of a colleague's pages: his count, what his last order was answered, and a key for every form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from aiohttp import web
from msgspec import Struct

from channels import attachments
from console import clickable, enclosed, forms, frame, gate, labels, timeleft
from console.enclosed import Shown
from console.timeleft import Left
from tickets import visible
from tickets.visible import TicketView

LISTED = 100


class Listed(Struct, frozen=True):
    """A ticket as a line of a list."""

    ticket: TicketView
    left: Left
    channel: str
    length: str = ""  # how long it took, where the list is of that


async def page(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page for whoever is signed in."""
    who, reader = gate.visitor(request), gate.office(request).store.reading()
    _, mine = await visible.assigned(reader, who.actor.id, limit=1)
    kept = await forms.said(reader, who.actor.id, request.query.get("form", "")) or forms.Kept(None)
    known: dict[str, Any] = {
        "mine": mine,
        "said": kept.said,
        "said_text": clickable.said(kept.said.text) if kept.said else "",
        "kept": kept,
        "label": partial(labels.label, frame.language(request)),
        "form_key": forms.key,
        "ticket": None,
        "enclosed": {},
    }
    return frame.page(request, template, status=status, **{**known, **context})


async def enclosures(request: web.Request, message_ids: Iterable[int | None]) -> dict[int, list[Shown]]:
    """The files of messages that the visitor has been let see, as templates look them up."""
    wanted = sorted({one for one in message_ids if one is not None})
    found = await attachments.of_messages(gate.office(request).store.reading(), wanted)
    return enclosed.shown(frame.language(request), found)


def listed(request: web.Request, tickets: Sequence[TicketView], lengths: Sequence[str] = ()) -> list[Listed]:
    """Lines of a list, in the reader's language and zone. `lengths`: how long each took, where that is told."""
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    now = own.store.clock.now()
    return [
        Listed(one, timeleft.left(language, one, now, who.zone), own.lines.label(one.channel), length)
        for one, length in zip(tickets, lengths or [""] * len(tickets), strict=True)
    ]
