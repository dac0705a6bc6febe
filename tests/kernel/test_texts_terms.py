"""One word a concept in each language, as docs/glossary.md has it in English: tickets and queues have one name each."""

from __future__ import annotations

import re

import pytest

from tests.kernel.test_texts_catalogues import LANGUAGES, catalogue

# What a ticket is called, where English says "ticket".
TICKET = {"pl": r"zgłosze", "sk": r"požiadav", "hu": r"ügy(?!f)|üggy", "ru": r"обращен"}
QUEUE = {"pl": r"kolej", "sk": r"\brad(u|e|om|y|ov|och)?\b", "hu": r"\bsor", "ru": r"очеред"}
# Other words of other desks' for the two; colleagues would take them for other things.
FORBIDDEN = {
    "pl": r"\b(bilet|tiket|ticket)",
    "sk": r"\b(tiket|ticket|líst(o|k)|lístk|front[aeyu]|hláseni[ea]\b)",
    "hu": r"\b(jegy(ek|et|hez|ben|ről|re|nek|ei|eit|eket|e)?|tiket|ticket|hibajegy\w*)\b",
    "ru": r"\b(тикет|билет|заявк|заявок)",
}
NAMED = re.compile(r"\{[^}]*\}|/[\w-]+|\w+[:.]\w+|\"[^\"]*\"")  # places, commands, settings and what is quoted
OF_OTHER_THINGS = ("one of queue, channel and person",)  # names of settings


def pairs(language: str) -> list[tuple[str, str]]:
    """English and its translation, with their plural forms, and what is no word left out."""
    found = []
    for message in catalogue(language):
        if message.id:
            parts = [
                " ".join(one) if isinstance(one, tuple | list) else str(one) for one in (message.id, message.string)
            ]
            found.append((NAMED.sub(" ", parts[0]), re.sub(r"\{[^}]*\}", " ", parts[1])))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_catalogue_calls_a_ticket_or_a_queue_by_another_word(language: str) -> None:
    """M-8: the console and the bot speak of the same things."""
    said = pairs(language)
    assert len(said) > 1_000
    assert [text for _, text in said if re.search(FORBIDDEN[language], text, re.IGNORECASE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("english", "words"), [("ticket", TICKET), ("queue", QUEUE)], ids=["ticket", "queue"])
def test_what_is_a_ticket_in_english_is_one_in_every_language(
    language: str, english: str, words: dict[str, str]
) -> None:
    """M-8: where the English text names it, the translation does."""
    texts = [pair for pair in pairs(language) if re.search(rf"\b{english}s?\b", pair[0], re.IGNORECASE)]
    named = [pair for pair in texts if not pair[0].strip().startswith(OF_OTHER_THINGS)]
    assert len(named) > 20
    assert [pair for pair in named if not re.search(words[language], pair[1], re.IGNORECASE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_search_for_terms_finds_what_it_forbids(language: str) -> None:
    """The patterns themselves: each of the words, and not those that only begin like them."""
    wrong = {"pl": ["tiket"], "sk": ["Tiket", "Lístok", "fronta", "hlásenie"], "hu": ["Jegy", "jegyet", "jegyhez"]}
    right = {"sk": ["prihlásenie", "odhlásené"], "hu": ["jegyzet", "számjegy", "feljegyezve", "megjegyzés"]}
    for word in wrong.get(language, ["тикет", "заявка"]):
        assert re.search(FORBIDDEN[language], f"a {word} b", re.IGNORECASE), word
    for word in right.get(language, []):
        assert not re.search(FORBIDDEN[language], f"a {word} b", re.IGNORECASE), word
