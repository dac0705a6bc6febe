"""What a colleague was refused for want of right is written down: who, which verb, why, and by which way he came.

No address, no code, nothing that he or a customer wrote. Whoever is no colleague says no commands: he leaves no line.
"""

from __future__ import annotations

from bot import codes, grammar, mail_grammar, short
from bot.grammar import Registry
from channels.contract import Capabilities, Kind
from channels.messages import Arrived
from crmcore import refused
from crmcore.refused import Proof, Refused
from kernel import errors, sentences
from kernel.unit import Work

REPLY = "reply"  # plain words


async def note(
    work: Work,
    registry: Registry,
    arrived: Arrived,
    staff_id: int,
    error: errors.CentralaError,
    *,
    can: Capabilities,
) -> None:
    """Write it down if it was his right that was missing, and not something that he can mend himself."""
    if refused.is_for_want_of_right(error):
        why, verb = sentences.refused(error), verb_of(registry, arrived, can)
        await refused.note(
            work, Refused(staff_id, verb=verb, why=why, channel=arrived.channel, proof=proof(arrived, can))
        )


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
