"""The verb of canned answers: shown filled in, then sent or changed."""

from __future__ import annotations

from collections.abc import Sequence

from bot import codes, filling, grammar, macros, mail_grammar, performing
from bot.calls import Answer, Call
from bot.commands import held
from bot.grammar import Said, Verb
from bot.macros import Macro
from channels.contract import Button
from crmcore import staff_orders
from kernel import errors, folding, texts

EDIT = "me"
_WHICH = "Which macro? There are: {there}. Nothing was sent."
_UNKNOWN = 'There is no macro "{name}" here. There are: {there}. Nothing was sent.'
_GONE = "Nothing of yours waits under this button any more. Nothing was done."


def verbs(others: Sequence[Verb]) -> tuple[Verb, ...]:
    """`/macro T12 refund amount=20`, and the button that gives its text back to be changed."""
    by_name = {word: one for one in others for word in (one.name, *one.shorts)}

    async def macro(call: Call) -> Answer:
        """Where nothing can be pressed it goes at once: who writes its name knows what it says."""
        ticket = call.the_ticket
        name, _, rest = call.rest.strip().partition(" ")
        chosen = _chosen(call, name)
        text = filling.filled(chosen, macros.facts(ticket, call.actor.name), macros.given(rest), ticket.language)
        lines = [mail_grammar.written(one, ticket.number) for one in _acts(chosen, text)]
        if not call.chat.line.capabilities.buttons:
            done = await performing.perform(call, by_name.get, [grammar.read(line) for line in lines], ticket.id)
            return Answer("\n".join(one.text for one in done), (), done[0].purpose, done[0].ref)
        order = await staff_orders.hold(
            call.work, int(call.actor.id), call.chat.address, ticket.id, lines, version=ticket.version
        )
        head = texts.say(call.language, "{macro} for {ticket}", macro=chosen.name, ticket=ticket.name)
        after = ", ".join(texts.say(call.language, "then {name}", name=one.word) for one in _acts(chosen, text)[1:])
        shown = f"{head}{f' ({after})' if after else ''}:\n\n{text}"
        return Answer(
            shown,
            (
                (
                    held.button(texts.say(call.language, "Send"), order),
                    Button(texts.say(call.language, "Edit"), codes.write(EDIT, order)),
                ),
            ),
        )

    return (
        Verb(
            "macro",
            macro,
            "a canned answer: look at it, then send it",
            "/macro T12 refund",
            ("x",),
            takes_text=True,
        ),
        Verb("macroedit", edit, "the text of a canned answer, to be changed", "(a button)", (), EDIT, False),
    )


async def edit(call: Call) -> Answer:
    """The command that would send it, to be copied and changed."""
    order = await staff_orders.held(call.work, int(call.actor.id), call.number)
    if order is None:
        raise errors.NotFound(_GONE)
    return Answer(texts.say(call.language, "Copy this, change it and send it:\n\n{command}", command=order.commands[0]))


def _chosen(call: Call, name: str) -> Macro:
    """Offered in the ticket's queue; others are as if they were not there. Raises NotFound."""
    known = macros.offered(call.house.macros, call.the_ticket.queue)
    found = next((one for one in known if folding.fold(one.name) == folding.fold(name)), None)
    if found is None:
        none = texts.say(call.language, "none yet; an administrator writes them into the settings")
        there = ", ".join(one.name for one in known[:20]) or none
        raise errors.NotFound(_UNKNOWN if name else _WHICH, code="no_macro", name=name[:40], there=there)
    return found


def _acts(macro: Macro, text: str) -> list[Said]:
    """The answer, and what follows it."""
    tags = [Said("tag", None, " ".join(f"+{tag}" for tag in macro.tags))] if macro.tags else []
    closing = [Said("close", None, macro.reason)] if macro.closes else []
    return [Said("reply", None, text), *tags, *closing]
