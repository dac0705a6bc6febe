"""Verbs about oneself: the time zone one lives in, and the way to one's own page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import asked, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import staff
from kernel import errors, texts


async def zone(call: Call) -> Answer:
    """Show or change by whose clocks the colleague reads and says times."""
    wanted = call.rest.strip()
    if not wanted:
        return Answer(
            texts.say(
                call.language,
                "Your zone is {zone}: {now}. /zone Europe/Warsaw changes it.",
                zone=call.actor.zone,
                now=_now(call, call.actor.zone),
            )
        )
    if staff.known_zone(wanted) is None:
        raise errors.Invalid(
            "There is no time zone {zone}. Write it like Europe/Warsaw. Nothing was changed.",
            zone=views.short(wanted, 40),
        )
    moved = await staff.move(call.work, call.actor.id, wanted)
    return Answer(
        texts.say(
            call.language,
            "Your zone is {zone} now: {now}. Reminders already set stay at their instants.",
            zone=moved,
            now=_now(call, moved),
        )
    )


async def lang(call: Call) -> Answer:
    """Show or change the language in which the colleague is written to where nobody else reads it."""
    wanted = call.rest.strip()
    if not wanted:
        own = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id]
        return Answer(_speaks(call.house.reads(own)))
    asked_for = asked.read(f"lang {wanted}")
    if asked_for is None or not asked_for.chosen:
        raise errors.Invalid(
            "There is no language {name}. There are: {names}. Nothing was changed.",
            name=views.short(wanted, 40),
            names=", ".join(texts.LANGUAGES),
        )
    await staff.speak(call.work, call.actor.id, asked_for.chosen)
    return Answer(_speaks(asked_for.chosen))


def _speaks(language: str) -> str:
    """In that very language, wherever it was asked."""
    said = "I write to you in English, here if we are alone, and by text and mail. /lang pl changes it: {names}."
    return texts.say(language, said, names=", ".join(texts.LANGUAGES))


async def web(call: Call) -> Answer:
    """A link that signs the colleague in to the console: only where nobody else reads it."""
    if call.chat.group:
        raise errors.Forbidden(
            "Write /web to me in our own chat: whoever presses the link is signed in as you.", code=errors.ELSEWHERE
        )
    if call.house.sign_in is None:
        raise errors.NotFound("There is no console here. Nothing was done.")
    link = await call.house.sign_in(call.work, call.actor.id)
    return Answer(
        texts.say(
            call.language,
            "Open this within 5 minutes and press the button there. It works once, and for you alone:\n{link}",
            link=link,
        )
    )


def _now(call: Call, name: str) -> str:
    return texts.say(call.language, "it is {time}", time=texts.in_full(call.language, call.work.now, ZoneInfo(name)))


VERBS = (
    Verb("zone", zone, "your time zone, shown or changed", "/zone Europe/Warsaw", needs_ticket=False),
    Verb(
        "lang",
        lang,
        "the language in which I write to you alone, shown or changed",
        "/lang pl",
        ("language",),
        needs_ticket=False,
    ),
    Verb("web", web, "a link to your work on a page", "/web", needs_ticket=False, in_chat_only=True),
)
