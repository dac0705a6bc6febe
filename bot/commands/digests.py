"""Verbs about digests: wanted, not wanted, or read at once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import staff
from crmcore.staff import Colleague
from kernel import errors, texts
from routing import digest_book, digest_facts, digest_lines, digests
from routing.digests import Kind, Slot

_OWN_CHAT = "Write /digest to me in our own chat: what it tells is what you may see."
_WHICH = "Which? /digest on, /digest off, /digest now, or /digest now weekly. Nothing was changed."


async def digest(call: Call) -> Answer:
    """On, off, or the one of this moment; without a word, how it stands."""
    if call.chat.group:
        raise errors.Forbidden(_OWN_CHAT, code=errors.ELSEWHERE)
    words = call.rest.split()
    colleague = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id]
    if not words:
        return Answer(_standing(call, colleague))
    if words[0] == "now" and len(words) <= 2:
        return await _now(call, colleague, words[1] if len(words) == 2 else Kind.MORNING.value)
    if words not in (["on"], ["off"]):
        raise errors.Invalid(_WHICH)
    await staff.keep_digest(call.work, call.actor.id, words[0])
    if words == ["off"]:
        return Answer(
            texts.say(
                call.language,
                "No digests come to you any more. /digest on brings them back, /digest now tells one at once.",
            )
        )
    plan = call.house.digests
    await digest_book.pass_over(call.work, call.actor.id, digests.due(plan, ZoneInfo(colleague.zone), call.work.now))
    return Answer(
        texts.say(call.language, "Digests come to you {times}. /digest off ends them.", times=_times(call, colleague))
    )


async def _now(call: Call, colleague: Colleague, kind: str) -> Answer:
    if kind not in tuple(Kind):
        raise errors.Invalid("Which digest? One of: {names}. Nothing was done.", names=", ".join(Kind))
    zone, plan = ZoneInfo(colleague.zone), call.house.digests
    slot = Slot(Kind(kind), call.work.now.astimezone(zone).date(), call.work.now)
    facts = await digest_facts.read(call.work, call.house.desk, plan, colleague, slot, call.language)
    return Answer(digest_lines.text(facts, plan.address) or digest_lines.nothing(facts))


def _standing(call: Call, colleague: Colleague) -> str:
    if not digests.is_wanted(call.house.digests, colleague.role, colleague.digest):
        return texts.say(
            call.language, "No digests come to you. /digest on brings them, /digest now tells one at once."
        )
    said = "Digests come to you {times}. /digest off ends them, /digest now tells one at once."
    return texts.say(call.language, said, times=_times(call, colleague))


def _times(call: Call, colleague: Colleague) -> str:
    return f"{digest_lines.when(call.house.digests, call.language)} ({colleague.zone})"


VERBS = (
    Verb(
        "digest",
        digest,
        "what is open, late and new, in one message: on, off, or now",
        "/digest now",
        needs_ticket=False,
        in_chat_only=True,
    ),
)
