"""The overview of those who lead: what waits, what is late, who has it, how the channels are; each number its list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from channels import overview as messages
from channels.overview import Pile
from console import desk, figures, frame, gate, leafing, timeleft
from console.figures import Figure
from crmcore import staff
from kernel import errors, texts
from routing import incident_book
from routing import overview as routing
from routing.incident_book import State
from routing.overview import AlertView
from tickets import overview, surveys
from tickets.overview import Slice, Wanted

PATH = "/manager"
Kind = TypeVar("Kind", bound=StrEnum)


class Row(Struct, frozen=True):
    """A queue or a colleague, and a figure a slice."""

    name: str
    figures: list[Figure]
    href: str = ""


def routes() -> list[web.RouteDef]:
    return [
        web.get(PATH, gate.staff(show)),
        web.get(f"{PATH}/alerts", gate.staff(show_alerts)),
        web.get(f"{PATH}/tickets/{{slice}}", gate.staff(show_tickets)),
        web.get(f"{PATH}/answered/{{who}}", gate.staff(show_answered)),
        web.get(f"{PATH}/messages/{{pile}}", gate.staff(show_messages)),
    ]


async def show(request: web.Request) -> web.Response:
    """One look, all of the same instant."""
    own, scope, language = gate.office(request), gate.visitor(request).scope, frame.language(request)
    reader = own.store.reading()
    counted, on = await overview.counted(reader, scope), await routing.alerts(reader, scope)
    piles = await messages.counts(reader)
    causes = len([one for one in await incident_book.live(reader) if one.state is not State.PROPOSED])
    incidents = Figure(figures.incidents(language), causes, "/incidents", "late" if causes else "")
    alerts = Figure(figures.alerts(language), len(on), f"{PATH}/alerts", "late" if on else "")
    is_quiet = own.watch.is_quiet()
    return await desk.page(
        request,
        "manager.html",
        is_quiet=is_quiet,
        tiles=[
            *_slices(language, counted.all),
            alerts,
            incidents,
            *_piles(language, piles, is_quiet=is_quiet),
        ],
        heads=[*(figures.slice(language, one) for one in Slice), figures.answered(language)],
        queues=_queues(request, counted.queues),
        people=await _people(request, counted.people),
        channels=await _channels(request),
        rated=await surveys.lately(reader, scope),
        **await _alerts(request, on),
    )


async def show_alerts(request: web.Request) -> web.Response:
    reader = gate.office(request).store.reading()
    on = await routing.alerts(reader, gate.visitor(request).scope)
    return await desk.page(request, "manager_alerts.html", **await _alerts(request, on))


async def show_tickets(request: web.Request) -> web.Response:
    """The tickets of a number: of all, or of one queue or colleague."""
    own, scope, language = gate.office(request), gate.visitor(request).scope, frame.language(request)
    chosen = _one_of(Slice, request.match_info["slice"])
    who, queue = request.query.get("who", ""), request.query.get("queue")
    wanted = Wanted(chosen, queue, _number(who) if who else None)
    page, reader = leafing.page(request), own.store.reading()
    found, total = await overview.listed(reader, scope, wanted, limit=desk.LISTED, after=page * desk.LISTED)
    of = queue or ""
    if wanted.staff_id is not None:
        colleague = (await staff.by_ids(reader, [wanted.staff_id])).get(wanted.staff_id)
        of = colleague.name if colleague else ""
    return await desk.page(
        request,
        "manager_tickets.html",
        head=figures.slice(language, chosen),
        of=of,
        found=desk.listed(request, found),
        total=total,
        **leafing.ways(request, page, total, desk.LISTED),
    )


async def show_answered(request: web.Request) -> web.Response:
    """The tickets on which a colleague has written to a customer today, whatever became of them."""
    own, scope, page = gate.office(request), gate.visitor(request).scope, leafing.page(request)
    staff_id, reader = _number(request.match_info["who"]), own.store.reading()
    found, total = await overview.answered_by(
        reader, scope, staff_id, _midnight(request), limit=desk.LISTED, after=page * desk.LISTED
    )
    colleague = (await staff.by_ids(reader, [staff_id])).get(staff_id)
    return await desk.page(
        request,
        "manager_tickets.html",
        head=figures.answered(frame.language(request)),
        of=colleague.name if colleague else "",
        found=desk.listed(request, found),
        total=total,
        **leafing.ways(request, page, total, desk.LISTED),
    )


async def show_messages(request: web.Request) -> web.Response:
    """The messages of a pile: when, by which channel and why; their words stand in their tickets."""
    own, language, page = gate.office(request), frame.language(request), leafing.page(request)
    pile, reader = _one_of(Pile, request.match_info["pile"]), own.store.reading()
    found = await messages.listed(reader, pile, limit=desk.LISTED, after=page * desk.LISTED)
    total = (await messages.counts(reader))[pile]
    lines = [
        {"message": one, "at": _moment(request, one.at), "channel": own.lines.label(one.channel),
         "state": "" if pile is Pile.PARKED else timeleft.delivery(language, one.state)}
        for one in found
    ]  # fmt: skip
    return await desk.page(
        request,
        "manager_messages.html",
        head=figures.pile(language, pile),
        advice=figures.advice(language, pile),
        pile=pile.value,
        found=lines,
        total=total,
        **leafing.ways(request, page, total, desk.LISTED),
    )


# -- parts of the page ---------------------------------------------------------------------------------------------


def _slices(language: str, numbers: Mapping[Slice, int], **of: str) -> list[Figure]:
    said = f"?{urlencode(of)}" if of else ""
    return [
        Figure(
            figures.slice(language, one),
            numbers.get(one, 0),
            f"{PATH}/tickets/{one.value}{said}",
            figures.tone(one) if numbers.get(one) else "",
        )
        for one in Slice
    ]


def _piles(language: str, numbers: Mapping[Pile, int], *, is_quiet: bool) -> list[Figure]:
    shown = [pile for pile in Pile if pile is not Pile.WITHHELD or is_quiet or numbers[pile]]
    return [
        Figure(
            figures.pile(language, pile),
            numbers[pile],
            f"{PATH}/messages/{pile.value}",
            "late" if numbers[pile] and pile in (Pile.FAILED, Pile.PARKED) else "",
        )
        for pile in shown
    ]


def _queues(request: web.Request, counted: Mapping[str, Mapping[Slice, int]]) -> list[Row]:
    language, known = frame.language(request), gate.office(request).desk.queues
    names = [*known, *(name for name in sorted(counted) if name not in known)]
    return [Row(name, _slices(language, counted.get(name, {}), queue=name)) for name in names]


async def _people(request: web.Request, counted: Mapping[int, Mapping[Slice, int]]) -> list[Row]:
    """Everybody who works here, and whoever has left and still has something."""
    language, reader = frame.language(request), gate.office(request).store.reading()
    done = await overview.answered(reader, gate.visitor(request).scope, _midnight(request))
    names = {int(one.id): one.name for one in await staff.listed(reader)}
    left = await staff.by_ids(reader, [one for one in {*counted, *done} if one not in names])
    names |= {staff_id: one.name for staff_id, one in left.items()}
    return [
        Row(
            name,
            [
                *(one for one in _slices(language, counted.get(staff_id, {}), who=str(staff_id)) if not one.is_free),
                Figure(figures.answered(language), done.get(staff_id, 0), f"{PATH}/answered/{staff_id}"),
            ],
        )
        for staff_id, name in names.items()
    ]


async def _channels(request: web.Request) -> list[dict[str, object]]:
    """Each channel with how it is, its last signs of life, and what it still has to send."""
    own, language = gate.office(request), frame.language(request)
    waits, now = await messages.waiting(own.store.reading()), own.store.clock.now()
    shown = []
    for one in own.watch.channels():
        line = waits.get(one.account)
        oldest = timeleft.span(language, now - line.oldest_at) if line else ""
        shown.append(
            {
                "state": one,
                "said": figures.how(language, one),
                "in": _moment(request, one.last_in_at),
                "out": _moment(request, one.last_out_at),
                "queued": line.count if line else 0,
                "oldest": oldest,
            }
        )
    return shown


async def _alerts(request: web.Request, on: list[AlertView]) -> dict[str, Any]:
    """Alerts with their buttons, and whom a ticket may be given to."""
    own, language, zone = gate.office(request), frame.language(request), gate.visitor(request).zone
    now = own.store.clock.now()
    lines = [
        {
            "alert": one,
            "since": _moment(request, one.since),
            "back": _moment(request, one.back_at),
            "left": timeleft.left(language, one.ticket, now, zone),
            "choices": [button for button in own.commands.alert(one.ticket, one.id) if not _is_done(one, button.label)],
        }
        for one in on
    ]
    colleagues = [one.name for one in await staff.listed(own.store.reading())]
    return {"alerts": lines, "colleagues": colleagues, "loud": sum(one.is_loud for one in on)}


def _is_done(alert: AlertView, label: str) -> bool:
    return label == "Ack" and alert.is_acked


# -- what an address says ------------------------------------------------------------------------------------------


def _one_of(kinds: type[Kind], word: str) -> Kind:
    found = next((kind for kind in kinds if kind == word), None)
    if found is None:
        raise errors.NotFound
    return found


def _number(word: str) -> int:
    """A colleague's id. Raises NotFound for what is none."""
    if not (word.isascii() and word.isdigit() and len(word) <= 18):
        raise errors.NotFound
    return int(word)


def _midnight(request: web.Request) -> datetime:
    """When the reader's today began."""
    own, who = gate.office(request), gate.visitor(request)
    return own.store.clock.now().astimezone(who.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(request: web.Request, at: datetime | None) -> str:
    if at is None:
        return "–"
    own, who = gate.office(request), gate.visitor(request)
    return texts.moment(frame.language(request), at, who.zone, now=own.store.clock.now())
