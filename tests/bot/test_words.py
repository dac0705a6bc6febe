"""Words of the verbs in five languages: each belongs to one verb, and none to a carrier, a customer or a code."""

from __future__ import annotations

import pytest

from bot import grammar, mail_grammar, short, words
from bot.commands import registry
from bot.grammar import Registry, Verb
from crmcore import staff_orders
from kernel import texts

LEARNT = registry()
words.learn(LEARNT)
TYPED = [verb for verb in LEARNT.verbs if verb.is_typed]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_word_finds_its_verb_in_all_three_spellings(language: str) -> None:
    """Issue 5: typed in a chat, by text and in a letter, folded or not."""
    for verb in TYPED:
        word = texts.say(language, verb.typed).removeprefix("/")
        for typed in (word, word.upper(), words.word_of(verb, language)):
            assert LEARNT.find(grammar.read(f"/{typed} T1 x").word) is verb
            assert LEARNT.find(short.read(f"T1 {typed} x").word) is verb
            assert LEARNT.find(mail_grammar.read(f"#{typed} x").commands[0].word) is verb


def test_every_word_is_written_folded() -> None:
    """As people type on a phone; what is typed with accents is folded before it is looked up."""
    for language in texts.LANGUAGES:
        for verb in TYPED:
            assert words.word_of(verb, language) == texts.say(language, verb.typed).removeprefix("/")


@pytest.mark.parametrize("word", ["stop", "cancel", "yes", "wypisz", "k7q2", "", "two words"])
def test_a_word_that_cannot_be_one_is_refused(word: str) -> None:
    """2.1: a carrier's, a customer's wish, a code."""
    with pytest.raises(ValueError, match=r"."):
        words.usable(word)


def test_a_word_of_two_verbs_is_refused() -> None:
    async def run(call: object) -> None: ...

    verbs = Registry([Verb("take", run, "x", "/take"), Verb("close", run, "x", "/close")])
    with pytest.raises(ValueError, match="claimed by take and close"):
        verbs.claim("take", verbs.verbs[1])


def test_menus_have_every_verb_in_every_language() -> None:
    """setMyCommands: names of a-z, 0-9 and _, at most 100, descriptions of 1 to 256 characters."""
    menus = words.menus(LEARNT.verbs)
    assert set(menus) == {"", "pl", "sk", "hu", "ru"}
    for language, menu in menus.items():
        assert [name for name, _ in menu] == [verb.name for verb in TYPED]
        assert all(name.isascii() and name.isalnum() and 1 <= len(text) <= 256 for name, text in menu)
        assert language == "" or menu != menus[""]


def test_codes_are_no_words_and_no_numbers() -> None:
    """2.5: 359,744 of them, none a verb, none a ticket's number."""
    for _ in range(2000):
        code = staff_orders.new_code()
        assert staff_orders.code_in(code.lower()) == code
        assert LEARNT.find(code) is None
        assert short.read(f"{code} take") == short.Short(code, None, "take", "")
        assert not set(code) & set("ILOT01")


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "code alone": ("k7q2", short.Short("K7Q2")),
        "code and verb": ("K7Q2 z 1h", short.Short("K7Q2", None, "z", "1h")),
        "code with a colon": ("K7Q2: take", short.Short("K7Q2", None, "take", "")),
        "ticket alone": ("T123", short.Short("", 123)),
        "ticket apart": ("T 123 close done", short.Short("", 123, "close", "done")),
        "Cyrillic": ("Т123 закрыть", short.Short("", 123, "закрыть", "")),
        "verb first": ("/close T12 done", short.Short("", 12, "close", "done")),
        "verb alone": ("my", short.Short("", None, "my", "")),
        "lines kept": ("K7Q2 r One\nTwo", short.Short("K7Q2", None, "r", "One\nTwo")),
        "no code: begins with T": ("TK7Q", short.Short("", None, "TK7Q", "")),
        "nothing": ("  ", short.Short()),
    }.values(),
)
def test_a_text_is_read_by_its_first_word(text: str, expected: short.Short) -> None:
    """2.5."""
    assert short.read(text) == expected
