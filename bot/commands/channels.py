"""The verb about one's own channels: by which of them one is told, and in which order."""

from __future__ import annotations

from bot import reach
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import staff
from kernel import errors, texts

DEFAULT = "default"


async def channels(call: Call) -> Answer:
    """Show or change the order: the first that reaches him tells him, the next ones if it fails."""
    words = call.rest.replace(",", " ").split()
    if words:
        chosen = [] if words == [DEFAULT] else _chosen(call, words)
        await staff.tell_by(call.work, call.actor.id, chosen)
    mine = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id]
    found = await reach.chats(call.work, call.house, mine)
    if not found:
        return Answer(
            texts.say(
                call.language, "No channel reaches you. /phone adds your number; an administrator adds an address."
            )
        )
    first, *others = [chat.line.capabilities.label for chat in found]
    order = ", ".join([first, *(texts.say(call.language, "then {name}", name=one) for one in others)])
    return Answer(
        texts.say(
            call.language,
            "You are told by {order}. /channels sms telegram changes the order, /channels default resets it.",
            order=order,
        )
    )


def _chosen(call: Call, words: list[str]) -> list[str]:
    """The channels that are meant, as they are stored. Raises Invalid."""
    lines = reach.lines(call.house)
    found = []
    for word in words:
        labels = call.house.lines.called(word)
        meant = [one.channel for one in lines if one.capabilities.label in labels]
        if len(meant) != 1:
            known = ", ".join(one.capabilities.label for one in lines)
            raise errors.Invalid(
                "Which channel is {word}? There are: {known}. Nothing was changed.", word=word[:20], known=known
            )
        found.append(meant[0])
    return list(dict.fromkeys(found))


VERBS = (
    Verb(
        "channels",
        channels,
        "by which channels you are told, in which order",
        "/channels sms telegram",
        needs_ticket=False,
        in_chat_only=True,
    ),
)
