"""What a signed-in colleague is refused at a page for want of right stands in the audit as what the bot refuses does.

Who is not signed in leaves no line, nor does a form that is not ours or one with a wrong word in it.
"""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from console import frame
from console.office import OFFICE
from crmcore import access, refused
from crmcore.access import Actor, Role
from crmcore.refused import Proof, Refused
from kernel import errors, sentences
from kernel.phrases import Phrase

CHANNEL = "console"
MOST, WITHIN = 60, timedelta(hours=1)  # lines of one colleague; who goes on stands in the log
ADDRESS_LIMIT = 80
_NEEDS = {
    Role.AGENT: "/{verb} needs an agent (you: {role}). Nothing was done.",
    Role.LEAD: "/{verb} needs a lead (you: {role}). Nothing was done.",
    Role.MANAGER: "/{verb} needs a manager (you: {role}). Nothing was done.",
    Role.ADMIN: "/{verb} needs an admin (you: {role}). Nothing was done.",
}
_ROLES = {
    Role.AGENT: Phrase("agent"),
    Role.LEAD: Phrase("lead"),
    Role.MANAGER: Phrase("manager"),
    Role.ADMIN: Phrase("admin"),
}
_NOTED = web.RequestKey("refusal_noted", bool)  # of a request: who shows the refusal beside the form comes second


def must_rank(request: web.Request, actor: Actor, least: Role) -> None:
    """Raises NotFound, as if there were no such page: to lower ranks there is none."""
    if not access.ranks(actor, least):
        verb, role = route(request).removeprefix("/"), _ROLES[actor.role]
        raise errors.NotFound(_NEEDS[least], code=errors.HIDDEN, verb=verb, role=role)


def unseen(request: web.Request, *, is_there: bool) -> errors.NotFound:
    """For what is not there, and for what is there and not the reader's: he is shown the same page either way."""
    return errors.NotFound(
        "There is no {what}, or it is not yours to see. Nothing was done.",
        code=errors.HIDDEN if is_there else "",
        what=request.path[:ADDRESS_LIMIT],
    )


async def note(request: web.Request, error: errors.CentralaError) -> None:
    """Write it down if it was his right that was missing; once a request, in a unit of its own."""
    if _NOTED in request or not refused.is_for_want_of_right(error):
        return
    request[_NOTED] = True
    staff_id, verb = int(request[frame.VISITOR].actor.id), f"{request.method} {route(request)}"
    one = Refused(staff_id, verb, sentences.refused(error), CHANNEL, Proof.SESSION)
    async with request.app[OFFICE].store.unit() as work:
        await refused.note_some(work, one, most=MOST, within=WITHIN)


def route(request: web.Request) -> str:
    """The path of the route that answers, as it was written down: no spelling of an address gets around it."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else request.path
