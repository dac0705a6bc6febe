"""The verb that lists the verbs: only those this person may use, with an example each."""

from __future__ import annotations

from collections.abc import Sequence

from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import access
from kernel import folding, texts

_OR = "Or reply to a customer's message to answer it, and to a card to write a note."


def verb(others: Sequence[Verb]) -> Verb:
    """`/commands`; `/help`, which everybody tries first; `/start`, which Telegram sends when a chat is opened."""

    async def commands(call: Call) -> Answer:
        mine = [one for one in [*others, own] if access.ranks(call.actor, one.least) and one.is_typed]
        wanted = call.rest.strip().lstrip("/")
        chosen = [one for one in mine if wanted and folding.fold(wanted) in _words(one, call.language)]
        lines = [line(one, call.language) for one in chosen or mine]
        if not chosen:
            lines.append(texts.say(call.language, _OR))
        return Answer("\n".join(lines))

    own = Verb(
        "commands", commands, "what you can do here", "/commands", ("help", "start"), needs_ticket=False, reads=True
    )
    return own


def _words(one: Verb, language: str) -> tuple[str, ...]:
    return (one.name, *one.shorts, folding.fold(texts.say(language, one.typed).removeprefix("/")))


def line(one: Verb, language: str) -> str:
    """/wez T12 (/take, /tk) — what it does: the language's own word, and all others that mean it."""
    word = texts.say(language, one.typed)
    others = [other for other in (one.typed, *(f"/{short}" for short in one.shorts)) if other != word]
    shown = f" ({', '.join(others)})" if others else ""
    return f"{one.example.replace(one.typed, word, 1)}{shown} — {texts.say(language, one.effect)}"
