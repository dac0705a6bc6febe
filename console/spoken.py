"""What a page can only say in English is marked as English, so that a screen reader does not read it as Polish."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from kernel import errors
from kernel import texts as plain
from kernel.phrases import Foreign, Moment, Phrase


def english(language: str, text: str) -> str:
    """English words for a page in `language`, with their mark where that is another."""
    return Markup('<span lang="en">{}</span>').format(text) if text and language != "en" else text


def refusal(language: str, error: errors.CentralaError) -> str:
    """Why something was refused: in the reader's language, else in English with its mark."""
    said = plain.refusal(language, error)
    return said if error.language == language or said != str(error) else english(language, said)


def phrase(language: str, said: str) -> str:
    """What was expected, in the reader's language; English with its mark where that is not ours to translate."""
    if isinstance(said, Moment):
        return str(plain.into(language, said))
    text = plain.translated(language, said)
    if text is None:
        return english(language, str(said))
    if not isinstance(said, Phrase) or not said.values:
        return text
    values = {
        name: phrase(language, one) if isinstance(one, Phrase | Foreign | Moment) else one
        for name, one in said.values.items()
    }
    if not any(isinstance(one, Markup) for one in values.values()):
        return text.format(**values)
    return escape(text).format(**values)


def say(language: str, text: str, **values: Any) -> str:
    """`texts.say`, in which marked values keep their mark and all else is escaped."""
    if not any(isinstance(value, Markup) for value in values.values()):
        return plain.say(language, text, **values)
    places = {name: f"{{{name}}}" for name in values}
    return escape(plain.say(language, text, **places)).format(**values)
