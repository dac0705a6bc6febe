"""The verb that lists the verbs: only those this person may use, with an example each."""

from __future__ import annotations

from collections.abc import Sequence

from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import access


def verb(others: Sequence[Verb]) -> Verb:
    """`/commands`; `/help`, which everybody tries first; `/start`, which Telegram sends when a chat is opened."""

    async def commands(call: Call) -> Answer:
        mine = [one for one in [*others, own] if access.ranks(call.actor, one.least) and one.is_typed]
        wanted = call.rest.strip().lstrip("/")
        chosen = [one for one in mine if wanted and wanted in (one.name, *one.shorts)]
        lines = [_line(one) for one in chosen or mine]
        if not chosen:
            lines.append("Or reply to a customer's message to answer it, and to a card to write a note.")
        return Answer("\n".join(lines))

    own = Verb(
        "commands", commands, "what you can do here", "/commands", ("help", "start"), needs_ticket=False, reads=True
    )
    return own


def _line(one: Verb) -> str:
    shorts = f" (/{', /'.join(one.shorts)})" if one.shorts else ""
    return f"{one.example}{shorts} — {one.effect}"
