"""What a colleague was refused for want of right is written down: who, which verb, why, and by which way he came.

No address, no code, nothing that he or a customer wrote. Whoever is no colleague says no commands: he leaves no line.
Where somebody else may have said it in his name, he is told another way, so that a forgery is noticed.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot import cards, codes, grammar, mail_grammar, reach, short
from bot.entrance import Entrance
from bot.grammar import Registry
from bot.house import House
from channels import outbox
from channels.contract import Capabilities, Kind
from channels.messages import Arrived
from crmcore import refused, staff
from crmcore.refused import Proof, Refused
from kernel import errors, sentences, texts
from kernel.unit import Work

REPLY = "reply"  # plain words
MOST, HOUR = 60, timedelta(hours=1)
HEARSAY = frozenset({Proof.NUMBER, Proof.CODE, Proof.DMARC, Proof.NAME})  # what others may come by, too
NO_ANSWER = "it answers no letter of ours to you."  # a line of history
_IN_YOUR_NAME = "A command in your name ({what}, {label}) was refused: {why} If it was not you, tell an administrator."


async def note(
    work: Work,
    entrance: Entrance,
    arrived: Arrived,
    staff_id: int,
    error: errors.CentralaError,
    *,
    can: Capabilities,
) -> None:
    """Write it down if it was his right that was missing, and not something that he can mend himself; tell him."""
    if refused.is_for_want_of_right(error):
        known, verb = proof(arrived, can), verb_of(entrance.registry, arrived, can)
        one = Refused(staff_id, verb, sentences.refused(error), arrived.channel, known)
        await _noted(work, entrance.house, arrived, one)


async def unheard(work: Work, entrance: Entrance, arrived: Arrived, staff_id: int) -> None:
    """A letter in his name with commands at its top that answers none of ours: anybody's words, and he is told."""
    if arrived.inbound.automatic or arrived.inbound.history:
        return
    words = [one.word for one in mail_grammar.read(arrived.inbound.text).commands]
    verbs = dict.fromkeys(known.name for word in words if (known := entrance.registry.find(word)) is not None)
    if verbs:
        one = Refused(staff_id, ", ".join(verbs), sentences.line(NO_ANSWER), arrived.channel, Proof.NAME)
        await _noted(work, entrance.house, arrived, one)


async def _noted(work: Work, house: House, arrived: Arrived, one: Refused) -> None:
    """The line; and the word to him, once an hour at most. Of a letter's token the letters tell themselves."""
    is_told = one.proof in HEARSAY and not await refused.was_lately(work, one.by_id, HEARSAY, work.now - HOUR)
    if one.proof is Proof.NAME:  # anybody may write as many letters in his name as he likes
        await refused.note_some(work, one, most=MOST, within=HOUR)
    else:
        await refused.note(work, one)
    if is_told:
        await _tell(work, house, arrived, one)


async def _tell(work: Work, house: House, arrived: Arrived, one: Refused) -> None:
    """By another way of his than it came, a chat that proves him first; nobody is told where he has none."""
    whole = (await staff.by_ids(work, [one.by_id])).get(one.by_id)
    found = await reach.chats(work, house, whole) if whole is not None and whole.active else []
    others = [chat for chat in found if chat.address != arrived.inbound.sender and chat.line.account != arrived.account]
    if not others:
        return
    chat = next((one for one in others if one.line.capabilities.proves_sender), others[0])
    text = texts.say(
        chat.language, _IN_YOUR_NAME, label=house.lines.label(arrived.channel), what=one.verb or "–",
        why=texts.into(chat.language, one.why),
    )  # fmt: skip
    await outbox.enqueue(work, [replace(cards.plain(chat, "notice", text), priority=outbox.URGENT)])


def verb_of(registry: Registry, arrived: Arrived, can: Capabilities) -> str:
    """The verbs that he meant, by our own names for them, "" for words that are none. Pure."""
    inbound = arrived.inbound
    if inbound.kind is Kind.PRESS:
        pressed = codes.read(inbound.code)
        known = registry.pressed(pressed.verb) if pressed else None
        return known.name if known else ""
    if can.commands == "token":
        words = [one.word for one in mail_grammar.read(inbound.text).commands] or [REPLY]
    elif can.commands == "code":
        words = [short.read(inbound.text).word]
    else:
        words = [grammar.read(inbound.text).word] if grammar.is_command(inbound.text) else [REPLY]
    return ", ".join(dict.fromkeys(known.name for word in words if (known := registry.find(word))))


def proof(arrived: Arrived, can: Capabilities) -> Proof:
    """How we know that it was he. Pure."""
    if arrived.inbound.kind is not Kind.PRESS and can.commands == "token":
        return Proof.DMARC if arrived.inbound.proven else Proof.TOKEN
    if can.commands == "code":
        return Proof.CODE if short.read(arrived.inbound.text).code else Proof.NUMBER
    return Proof.ACCOUNT if can.proves_sender else Proof.SESSION
