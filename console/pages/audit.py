"""What colleagues were refused for want of right: who, what, why, and how we knew him. For administrators."""

from __future__ import annotations

from aiohttp import web

from console import desk, frame, gate
from console.office import Office
from crmcore import refused
from crmcore.refused import Proof, Seen
from kernel import texts

PATH = "/settings/audit"
_PROOFS = {
    Proof.ACCOUNT: "known by his account",
    Proof.SESSION: "signed in to the page",
    Proof.CODE: "a code that went to his telephone",
    Proof.NUMBER: "his number alone, which proves nobody",
    Proof.DMARC: "our letter's token, and a proven sender",
    Proof.NAME: "a letter's sender, and no proof of him",
    Proof.TOKEN: "our letter's token, and no proof of the sender",
}


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show))]


async def show(request: web.Request) -> web.Response:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    found = await refused.newest(own.store.reading(), limit=desk.LISTED)
    lines = [
        {
            "line": one,
            "at": texts.dated(language, one.at, who.zone),
            "verb": _act(language, one.verb),
            "why": texts.told(language, one.why, one.said),
            "channel": _channel(own, language, one),
            "proof": texts.say(language, _PROOFS[one.proof]),
        }
        for one in found
    ]
    return await desk.page(request, "settings_audit.html", found=lines)


def _act(language: str, verb: str) -> str:
    """Commands as they are typed; a page or a form by its address."""
    if not verb or "/" in verb:
        return verb or texts.say(language, "no command")
    return f"/{verb.replace(', ', ', /')}"


def _channel(own: Office, language: str, one: Seen) -> str:
    return texts.say(language, "console") if one.proof is Proof.SESSION else own.lines.label(one.channel)
