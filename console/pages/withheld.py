"""Answers that quiet mode withheld: each is sent or dropped here, or all of them; and the button that ends quiet mode.

Nothing is sent by itself.
"""

from __future__ import annotations

from aiohttp import web

from channels import quiet
from console import desk, frame, gate
from kernel import texts
from tickets import withheld

PATH = "/withheld"


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show))]


async def show(request: web.Request) -> web.Response:
    own, who = gate.office(request), gate.visitor(request)
    language, reader = frame.language(request), own.store.reading()
    total, found = await withheld.count(reader), await withheld.listed(reader, limit=desk.LISTED)
    lines = [
        {
            "answer": one,
            "at": texts.moment(language, one.at, who.zone, now=own.store.clock.now()),
            "channel": own.lines.label(one.channel),
            "choices": own.commands.withheld(one.id),
        }
        for one in found
    ]
    return await desk.page(
        request,
        "withheld.html",
        found=lines,
        total=total,
        every=own.commands.withheld(0, total) if total else (),
        is_quiet=own.watch.is_quiet(),
        counts=await quiet.counts(reader),
        golive=own.commands.golive(),
    )
