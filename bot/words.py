"""The verbs in our languages: the word each answers to, and the menu that says what it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.grammar import Registry, Verb
from crmcore import consent, staff_orders
from kernel import folding, texts, threads

# Words that carriers and providers act on before we do, whoever says them.
_CARRIERS = "stop stopall unsubscribe cancel end quit revoke optout start unstop yes help info"
RESERVED = frozenset(_CARRIERS.split())
MENU_LIMIT = 256  # characters of a description


def learn(registry: Registry) -> None:
    """Let every verb answer to its words in our languages, too. Raises ValueError for a word that cannot be one."""
    for language in texts.LANGUAGES:
        for verb in registry.verbs:
            if verb.is_typed:
                registry.claim(usable(word_of(verb, language)), verb)
    registry.is_learnt = True


async def learnt(registry: Registry) -> None:
    """The same in a thread, unless it was done: it reads every catalogue."""
    if not registry.is_learnt:
        await threads.run(lambda: learn(registry), name="words")


def word_of(verb: Verb, language: str) -> str:
    """What the verb is called in a language, folded."""
    return folding.fold(texts.say(language, verb.typed).removeprefix("/"))


def usable(word: str) -> str:
    """The word itself. Raises ValueError if it is a carrier's, a wish of customers, or looks like a code."""
    if word in RESERVED and word not in ("help", "start"):
        raise ValueError(f"{word!r} is reserved: carriers act on it")
    if consent.wish(word) is not None and word not in ("help", "start"):
        raise ValueError(f"{word!r} is how customers opt out or ask for help")
    if staff_orders.code_in(word):
        raise ValueError(f"{word!r} looks like a code")
    if " " in word or not word:
        raise ValueError(f"{word!r} is not one word")
    return word


def menus(verbs: Sequence[Verb]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Language → the typed verbs under their own names, each with what it does; "" for all other languages."""
    typed = [verb for verb in verbs if verb.is_typed]
    return {
        "" if language == "en" else language: [(verb.name, described(verb, language)) for verb in typed]
        for language in texts.LANGUAGES
    }


def described(verb: Verb, language: str) -> str:
    """What the verb does, in a language."""
    return texts.say(language, verb.effect)[:MENU_LIMIT]
