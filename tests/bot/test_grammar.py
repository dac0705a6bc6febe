"""The command language as tables: what is a command, what it names, which word means which verb."""

from __future__ import annotations

from typing import Any

import pytest

from bot import grammar
from bot.commands import registry
from bot.grammar import Registry, Said, Verb
from kernel import folding

# what a word of a command must never be: carriers act on them before we see them (bot.md 0, decision 5)
RESERVED = {"stop", "cancel", "end", "quit", "yes", "info"}

READ = [
    ("/take", Said("take", None, "")),
    ("/take T12", Said("take", 12, "")),
    ("/take t12", Said("take", 12, "")),
    ("/take #T12", Said("take", 12, "")),
    ("/take T-12", Said("take", 12, "")),
    ("/take T 12", Said("take", 12, "")),
    ("/take Т12", Said("take", 12, "")),
    ("/take\tT12", Said("take", 12, "")),
    ("/take   T12  ", Said("take", 12, "")),
    ("/take@centrala_bot T12", Said("take", 12, "", "centrala_bot")),
    ("/TAKE T012", Said("TAKE", 12, "")),
    ("/reply T12 it works", Said("reply", 12, "it works")),
    ("/reply T12: it works", Said("reply", 12, "it works")),
    ("/reply T12, it works", Said("reply", 12, "it works")),
    ("/reply T12\nDear Anna,\n\nit works", Said("reply", 12, "\nDear Anna,\n\nit works")),
    ("/reply\nDear Anna", Said("reply", None, "Dear Anna")),
    ("/reply it works, T12 too", Said("reply", None, "it works, T12 too")),
    ("/reply T12x is no number", Said("reply", None, "T12x is no number")),
    ("/reply TT12", Said("reply", None, "TT12")),
    ("/reply T1234567890123", Said("reply", None, "T1234567890123")),
    ("/reply T12 T13", Said("reply", 12, "T13")),
    ("/reply  <b>x</b>", Said("reply", None, "<b>x</b>")),
]

IS_COMMAND = [
    ("/take", True),
    ("/заявка", True),
    ("/ó", True),
    ("", False),
    ("/", False),
    ("//take", False),
    ("/ take", False),
    ("/1", False),
    (" /take", False),
    ("take", False),
    ("[photo] /take", False),
    ("\u200b/take", False),
]

NEAR = [
    ("clsoe", "close"),
    ("CLOES", "close"),
    ("tke", "take"),
    ("replay", "reply"),
    ("reopne", "reopen"),
    ("asign", "assign"),
    ("command", "commands"),
    ("sendnote", None),
    ("xyz", None),
    ("", None),
    ("q" * 4000, None),
]


@pytest.mark.parametrize(("text", "said"), READ, ids=[text for text, _ in READ])
def test_a_command_is_taken_apart(text: str, said: Said) -> None:
    """M-9: bot.md 2.1."""
    assert grammar.read(text) == said


@pytest.mark.parametrize(("text", "expected"), IS_COMMAND)
def test_a_command_begins_with_a_slash_and_a_letter(text: str, expected: bool) -> None:
    """M-9."""
    assert grammar.is_command(text) is expected


@pytest.mark.parametrize(("text", "meant"), [("//x", "/x"), ("///x", "//x"), ("/x", "/x"), ("x//y", "x//y"), ("", "")])
def test_two_slashes_mean_one(text: str, meant: str) -> None:
    """M-9."""
    assert grammar.literal(text) == meant


@pytest.mark.parametrize(("word", "verb"), NEAR)
def test_a_near_miss_is_suggested_and_only_what_can_be_typed(word: str, verb: str | None) -> None:
    """M-9: bot.md 2.1."""
    found = registry().near(word)
    assert (found.name if found else None) == verb


@pytest.mark.parametrize("word", ["close", "CLOSE", "Close", "clóse", "c"])
def test_a_verb_is_found_by_its_words_with_case_and_accents_folded(word: str) -> None:
    """M-9."""
    found = registry().find(word)
    assert found is not None and found.name == "close"


@pytest.mark.parametrize("word", ["clos", "close ", "/close", "closed", "t", ""])
def test_a_verb_must_match_exactly(word: str) -> None:
    """M-9: nothing is executed on a guess."""
    found = registry().find(word)
    assert found is None or word.strip() == found.name


def test_no_word_is_reserved_and_none_looks_like_a_ticket_number() -> None:
    """M-9: bot.md 0 and 2.1: a one-letter t would break `T 123`."""
    words = {word for verb in registry().verbs for word in (verb.name, *verb.shorts)}
    assert words & RESERVED == set()
    assert "t" not in words
    assert all(folding.fold(word) == word and word.isalpha() for word in words)


def test_every_typed_verb_has_an_example_that_is_read_as_itself() -> None:
    """M-9: help is made from the registry, and what help shows works."""
    known = registry()
    for verb in known.verbs:
        if verb.is_typed:
            said = grammar.read(verb.example)
            assert known.find(said.word) is verb
            assert (said.number is not None) is verb.needs_ticket or verb.takes_ticket


def test_two_verbs_cannot_claim_one_word_or_one_button() -> None:
    """M-9: checked when the hub starts."""

    async def run(call: Any) -> None:
        """Nothing."""

    one = Verb("one", run, "", "/one", ("o",), "on")
    with pytest.raises(ValueError, match="'o' is claimed by one and two"):
        Registry([one, Verb("two", run, "", "/two", ("o",))])
    with pytest.raises(ValueError, match="'on' is claimed by one and two"):
        Registry([one, Verb("two", run, "", "/two", (), "on")])
