"""Verbs about digests: wanted, not wanted, or read at once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import staff
from crmcore.staff import Colleague
from kernel import errors
from routing import digest_book, digest_facts, digests
from routing.digests import Kind, Slot

EXPECTED = "/digest on, /digest off, /digest now, or /digest now weekly"


async def digest(call: Call) -> Answer:
    """On, off, or the one of this moment; without a word, how it stands."""
    if call.chat.group:
        raise errors.Forbidden("Write /digest to me in our own chat: what it tells is what you may see.")
    words = call.rest.split()
    colleague = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id]
    if not words:
        return Answer(_standing(call, colleague))
    if words[0] == "now" and len(words) <= 2:
        return await _now(call, colleague, words[1] if len(words) == 2 else Kind.MORNING.value)
    if words not in (["on"], ["off"]):
        raise errors.Invalid(f"Which? {EXPECTED}. Nothing was changed.")
    await staff.keep_digest(call.work, call.actor.id, words[0])
    if words == ["off"]:
        return Answer("No digests come to you any more. /digest on brings them back, /digest now tells one at once.")
    plan = call.house.digests
    await digest_book.pass_over(call.work, call.actor.id, digests.due(plan, ZoneInfo(colleague.zone), call.work.now))
    return Answer(f"Digests come to you {_times(call, colleague)}. /digest off ends them.")


async def _now(call: Call, colleague: Colleague, kind: str) -> Answer:
    if kind not in tuple(Kind):
        raise errors.Invalid(f"Which digest? One of: {', '.join(Kind)}. Nothing was done.")
    zone, plan = ZoneInfo(colleague.zone), call.house.digests
    slot = Slot(Kind(kind), call.work.now.astimezone(zone).date(), call.work.now)
    facts = await digest_facts.read(call.work, call.house.desk, plan, colleague, slot)
    return Answer(digests.text(facts, plan.address) or digests.nothing(facts))


def _standing(call: Call, colleague: Colleague) -> str:
    if digests.is_wanted(call.house.digests, colleague.role, colleague.digest):
        return f"Digests come to you {_times(call, colleague)}. /digest off ends them, /digest now tells one at once."
    return "No digests come to you. /digest on brings them, /digest now tells one at once."


def _times(call: Call, colleague: Colleague) -> str:
    return f"{digests.when(call.house.digests)} ({colleague.zone})"


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
