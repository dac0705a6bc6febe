"""How a customer is asked for a field of his case, in his language: the question, its options, what may be written."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from bot.answers import LISTED, Option
from channels.contract import Button, Buttons
from channels.lines import Line
from kernel import ids, texts
from tickets import kinds
from tickets.kinds import Field, Kind, Type

PRESS = "c:ask"
SKIP = "skip"
MOST_BUTTONS = 12
_SHIPPED = {
    "complaint/cause": "What is your complaint about?",
    "complaint/product": "Which product is it about?",
    "complaint/station": "At which station was it?",
    "complaint/accepted": "Do you accept the result of your complaint?",
    "outage/station": "At which station is it?",
}
_EXPECTED = {
    Type.TEXT: "Write it in a few words.",
    Type.NUMBER: "Write a number, for example 12.50.",
    Type.DATE: "Write a date, for example 10.3.2026.",
    Type.CHOICE: "Write the number or the word.",
    Type.CODEBOOK: "Write the number or the word.",
    Type.STATION: "Write the code of the station, for example 0412.",
    Type.YES_NO: "Write yes or no.",
}


class Question(Struct, frozen=True):
    """A field as it is asked now. `place` of `total`; `is_second`: what was written could not be used.

    `id`: of the message that asks it; its buttons carry it.
    """

    ticket: str
    kind: Kind
    asked: Field
    place: int
    total: int
    options: Sequence[Option] = ()
    is_second: bool = False
    id: int = field(default_factory=ids.new)


def asked(line: Line, language: str, one: Question) -> tuple[str, Buttons]:
    """The whole message, and the buttons where the line has them."""
    has_buttons = line.capabilities.buttons and len(one.options) <= MOST_BUTTONS and one.asked.type in _BY_BUTTON
    head = texts.say(
        language, "{number}, question {place} of {total}:", number=one.ticket, place=one.place, total=one.total
    )
    if one.is_second:
        head = texts.say(language, "We could not use that.")
    lines = [f"{head} {worded(language, one.kind, one.asked)}"]
    if one.options and not has_buttons and one.asked.type is not Type.YES_NO:
        lines += [f"{place} – {option.label}" for place, option in enumerate(one.options[:LISTED], 1)]
    if one.is_second or not (has_buttons or one.asked.type is Type.TEXT):
        lines.append(texts.say(language, _EXPECTED[one.asked.type]))
    if not one.asked.required and not line.capabilities.buttons:
        lines.append(texts.say(language, "To leave it out write SKIP."))
    if one.place == 1 and not one.is_second:
        lines.append(texts.say(language, "To talk to a person instead write HUMAN."))
    return "\n".join(lines), _buttons(line, language, one) if line.capabilities.buttons else ()


def worded(language: str, kind: Kind, one: Field) -> str:
    """As the house asks for it in that language, else as we do for what ships, else by the name of the field."""
    own = one.questions.get(language or "en")
    if own:
        return own
    shipped = _SHIPPED.get(f"{kind.name}/{one.name}")
    if shipped and one in kinds.SHIPPED[kind.name].fields:
        return texts.say(language, shipped)
    return texts.say(language, "Please tell us: {field}.", field=one.label or one.name.replace("_", " "))


_BY_BUTTON = (Type.CHOICE, Type.CODEBOOK, Type.YES_NO)


def _buttons(line: Line, language: str, one: Question) -> Buttons:
    shown: list[Button] = []
    if one.asked.type in _BY_BUTTON and len(one.options) <= MOST_BUTTONS:
        shown = [Button(option.label, f"{PRESS}:{one.id}:{place}") for place, option in enumerate(one.options)]
    rows = [tuple(shown[start : start + 2]) for start in range(0, len(shown), 2)]
    if not one.asked.required:
        rows.append((Button(texts.say(language, "Leave it out"), f"{PRESS}:{one.id}:{SKIP}"),))
    return tuple(rows)
