"""A page's own acts: each form once, in a unit of its own; what came of it is shown where the reader lands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from console import forms, frame, gate, posted, refusals, spoken
from console.commands import Said
from kernel import errors, texts
from kernel.errors import Problem
from kernel.unit import Work

Act = Callable[[Work], Awaitable[str]]
# What is expected of a field, as pages say it; the packages below say it in English.
_EXPECTED = {
    "name": "1 to 200 characters, for example Orlik Trans",
    "phone": "a phone number, for example +48 601 234 567",
    "fax": "a phone number, for example +48 601 234 567",
    "mail": "an e-mail address, for example office@orlik.example",
    "web": "the address of a page, for example orlik.example",
    "country": "two letters, for example PL",
    "tax_number": "a tax number of that country, with all its digits",
    "text": "what was said, in 1 to 20,000 characters",
    "minutes": "a whole number from 0 to 1440",
    "owner": "one of the owners for whom you act",
    "reason": "a few words: colleagues read them in the history",
    "when": "a day and an hour that are still to come",
}


async def once(request: web.Request, act: Act) -> str:
    """Do it unless this very form was done before; returns the key under which the answer is kept.

    Raises what the act raises; then nothing has happened and the form may be sent again.
    """
    sent, who = await request.post(), gate.visitor(request)
    key = str(sent.get("key", ""))
    if not forms.is_key(key):
        raise unfinished(request)
    try:
        async with gate.office(request).store.unit() as work:
            if await forms.claim(work, who.actor.id, key):
                said = Said(await act(work), language=frame.language(request))
                await forms.keep(work, who.actor.id, key, said)
    except errors.CentralaError as error:
        await refusals.note(request, error)  # the page may show it beside the form and raise nothing
        raise
    return key


def unfinished(request: web.Request) -> errors.Invalid:
    """The refusal of a form that lacks what our pages put into it."""
    return posted.incomplete(request)


def back(path: str, key: str) -> web.Response:
    """To the page that shows what was answered."""
    return gate.to(f"{path}?form={key}#said")


async def sent(request: web.Request) -> dict[str, str]:
    """The texts of a form."""
    return {name: str(value).replace("\r\n", "\n") for name, value in (await request.post()).items()}


def wrong(request: web.Request, error: errors.CentralaError) -> dict[str, str]:
    """field → what was expected there, in the reader's language; under "" what belongs to no field."""
    language = frame.language(request)
    return {one.field: expected(language, one) for one in error.problems} or {"": spoken.refusal(language, error)}


def expected(language: str, problem: Problem) -> str:
    known = _EXPECTED.get(problem.field)
    what = texts.say(language, _EXPECTED[problem.field]) if known else spoken.phrase(language, problem.expected)
    return spoken.say(language, "Expected: {what}. Nothing was saved.", what=what)
