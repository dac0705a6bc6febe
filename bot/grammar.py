"""The command language: one registry of verbs, and how a line of text becomes one of them. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from difflib import SequenceMatcher
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crmcore.models.staff import Role
from kernel import errors, folding
from tickets import numbers

NEAR = 0.75


class Verb(Struct, frozen=True):
    """One command. `button`: its code in buttons; `example`: how it is typed, with what follows.

    `needs_ticket`: refused without one; `takes_ticket`: one that is named or meant is looked at, others pass it over.
    `least`: the rank it needs. `reads`: it changes nothing.
    `in_chat_only`: too far-reaching, or too secret, for a text message or a letter. `takes_words`: a ticket's
    number is no more than the first of the words that follow. `takes_one`: another ticket right behind the first is
    refused, as no part of what follows. `takes_many`: a list of tickets is done one after the other; `foretells`: what
    else that brings, in words. `asks`: it reaches far, so what it would do is shown first and confirmed; None from it
    where this once nothing needs to be. `by_code`: with a code behind it it is anybody's, from anywhere.
    """

    name: str
    run: Callable[[Any], Awaitable[Any]]
    effect: str
    example: str
    shorts: tuple[str, ...] = ()
    button: str = ""
    needs_ticket: bool = True
    takes_ticket: bool = False
    takes_text: bool = False
    takes_files: bool = False
    least: Role = Role.AGENT
    reads: bool = False
    in_chat_only: bool = False
    takes_words: bool = False
    takes_one: bool = False
    takes_many: bool = False
    foretells: Callable[[Any, Any], Awaitable[str]] | None = None
    asks: Callable[[Any], Awaitable[Any]] | None = None
    by_code: bool = False

    @property
    def typed(self) -> str:
        """How it is typed in a chat, without what follows."""
        return f"/{self.name}"

    @property
    def is_typed(self) -> bool:
        """False for what only a button carries."""
        return self.example.startswith("/")


class Said(Struct, frozen=True):
    """A line that means to be a command: its first word, the ticket it names, and the rest as written.

    `bot`: whom it was addressed to (`/take@that_bot`), "" if nobody. `more`: the further tickets where it begins with a
    list of them, and `after`: what follows that list; to a verb for one ticket all behind the first is `rest`.
    """

    word: str
    number: int | None
    rest: str
    bot: str = ""
    more: tuple[int, ...] = ()
    after: str = ""

    @property
    def names(self) -> str:
        """Its tickets as they are written, "" if it names none."""
        return ", ".join(numbers.written(one) for one in (self.number, *self.more) if one is not None)


def for_words(verb: Verb, said: Said) -> Said:
    """A number is no ticket that is meant where the verb takes words, and a list none where it takes one.

    Raises Invalid for two where it takes one, and for two that nothing joins where it takes many.
    """
    if said.more and verb.takes_many:
        return replace(said, rest=said.after)
    second = said.more[0] if said.more else numbers.leading(said.rest)[0]
    is_second = said.number is not None and second is not None
    if is_second and verb.takes_many:
        raise errors.Invalid(
            "Is {ticket} meant, too? Nothing was done. Several have a comma between them: {verb} {first}, {ticket}",
            verb=verb.typed,
            first=numbers.written(said.number or 0),
            ticket=numbers.written(second or 0),
        )
    is_list_first = bool(said.more) and said.rest == said.after  # a text: T1 T2 note x
    if is_second and (verb.takes_one or is_list_first):
        first = numbers.written(said.number or 0)
        form = verb.example.replace("T12", first) if "T12" in verb.example else f"{verb.typed} {first}"
        raise errors.Invalid(
            "{typed} is for one ticket, and you wrote {first} and {ticket}. Nothing was done. One at a time: {form}",
            typed=verb.typed,
            first=first,
            ticket=numbers.written(second or 0),
            form=form,
        )
    said = replace(said, more=(), after="")
    if not verb.takes_words or said.number is None:
        return said
    words = " ".join(part for part in (numbers.written(said.number), said.rest) if part)
    return replace(said, number=None, rest=words)


class Registry:
    """All verbs by every word they answer to. Raises ValueError if two verbs claim one word."""

    def __init__(self, verbs: Iterable[Verb]) -> None:
        self.verbs = tuple(verbs)
        self._by_word: dict[str, Verb] = {}
        self._by_button: dict[str, Verb] = {}
        self.is_learnt = False  # the verbs' words in our languages
        for verb in self.verbs:
            for word in (verb.name, *verb.shorts):
                _claim(self._by_word, word, verb)
            if verb.button:
                _claim(self._by_button, verb.button, verb)

    def claim(self, word: str, verb: Verb) -> None:
        """Let the verb answer to one more word, too. Raises ValueError if another does."""
        _claim(self._by_word, folding.fold(word), verb)

    def find(self, word: str) -> Verb | None:
        """The verb of exactly that word, case and accents folded."""
        return self._by_word.get(folding.fold(word))

    def pressed(self, button: str) -> Verb | None:
        return self._by_button.get(button)

    def near(self, word: str) -> Verb | None:
        """The verb that was probably meant: suggested, never run. Those that only buttons carry are never meant."""
        typed = [verb.name for verb in self.verbs if verb.is_typed]
        scored = [(SequenceMatcher(None, folding.fold(word), name).ratio(), name) for name in typed]
        score, name = max(scored)
        return self._by_word[name] if score >= NEAR else None


def is_command(text: str) -> bool:
    """A text that begins with a slash and a letter. `//text` is a literal slash."""
    return len(text) > 1 and text[0] == "/" and text[1].isalpha()


def read(text: str) -> Said:
    """`/verb@bot T12 rest` taken apart. The number may be absent; line breaks of the rest are kept."""
    head, _, tail = _cut(text[1:])
    word, _, bot = head.partition("@")
    return parted(word, tail, bot)


def parted(word: str, tail: str, bot: str = "") -> Said:
    """What follows a verb: the ticket it begins with, or a list of them, and the rest."""
    number, rest = numbers.leading(tail)
    found, after = numbers.several(tail)
    return Said(word, number, rest, bot, found[1:], after) if len(found) > 1 else Said(word, number, rest, bot)


def literal(text: str) -> str:
    """Plain text as meant: one slash of a leading `//` taken away."""
    return text[1:] if text.startswith("//") else text


def _cut(text: str) -> tuple[str, str, str]:
    """The first word and what follows it, whatever white space parts them."""
    for place, char in enumerate(text):
        if char.isspace():
            return text[:place], char, text[place + 1 :].lstrip(" \t")
    return text, "", ""


def _claim(words: dict[str, Verb], word: str, verb: Verb) -> None:
    other = words.setdefault(word, verb)
    if other is not verb:
        raise ValueError(f"{word!r} is claimed by {other.name} and {verb.name}")
