"""What stands in the box in which one answers: what was typed, and a canned answer behind it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from console.canned import BROKEN, Answer, Canned
from crmcore.access import Actor
from kernel import errors, texts
from tickets.visible import TicketView

CHOSEN, BLANK = "canned", "blank-"  # the form's fields: which answer, and before the names of its blanks
VALUE_LIMIT = 500
_WRONG = {
    False: "With that it becomes too long for an answer. Write less. Nothing was filled in.",
    True: "This canned answer is broken. An administrator can mend it in the settings. Nothing was filled in.",
}


class Draft(Struct, frozen=True):
    """The box, and the row of canned answers over it. `blanks`: what the chosen one wants, as given so far.

    `told`: what was done, or what is left to do; `wrong`: why nothing was filled in.
    """

    offered: Sequence[Answer]
    chosen: str = ""
    blanks: tuple[tuple[str, str], ...] = ()
    text: str = ""
    told: str = ""
    wrong: str = ""


def opened(offered: Sequence[Answer]) -> Draft:
    """An empty box."""
    return Draft(offered)


def filled(known: Canned, ticket: TicketView, actor: Actor, given: Mapping[str, str], language: str) -> Draft:
    """The chosen answer behind what was typed, once all its blanks are given."""
    offered, typed = known.offered(ticket), given.get("words", "").replace("\r\n", "\n")
    chosen = next((one for one in offered if one.name == given.get(CHOSEN)), None)
    if chosen is None:
        return Draft(offered, text=typed, wrong=texts.say(language, "Choose a canned answer. Nothing was filled in."))
    blanks = tuple((name, given.get(f"{BLANK}{name}", "").strip()[:VALUE_LIMIT]) for name in chosen.blanks)
    if not all(value for _, value in blanks):
        told = texts.say(language, "This answer needs more: write it above and press the button again.")
        return Draft(offered, chosen.name, blanks, typed, told)
    try:
        answer = known.filled(chosen.name, ticket, actor, dict(blanks))
    except errors.Invalid as error:
        wrong = texts.say(language, _WRONG[error.code == BROKEN])
        return Draft(offered, chosen.name, blanks, typed, wrong=wrong)
    told = texts.say(language, "Filled in. Read it, change it, and send it.")
    if chosen.follows:
        told += " " + texts.say(language, "Here only the text is taken: tags and closing are left to you.")
    return Draft(offered, text="\n\n".join(filter(None, (typed.strip(), answer))), told=told)
