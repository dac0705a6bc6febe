"""The verb of tags."""

from __future__ import annotations

from bot.calls import Answer, Call
from bot.grammar import Verb
from kernel import errors
from tickets import tagging


async def tag(call: Call) -> Answer:
    """`+vip` or `vip` adds, `-vip` removes."""
    words = call.rest.replace(",", " ").split()
    if not words:
        raise errors.Invalid(f"Which tags? /tag {call.the_ticket.name} +vip -card. Nothing was done.")
    remove = [word[1:] for word in words if word.startswith("-")]
    add = [word.removeprefix("+") for word in words if not word.startswith("-")]
    standing = await tagging.tag(call.work, call.actor, call.the_ticket, add, remove)
    return Answer(f"{call.the_ticket.name} tags: {', '.join(standing) or 'none'}.")


VERBS = (Verb("tag", tag, "add and remove tags", "/tag T12 +vip -card", ("tg",)),)
