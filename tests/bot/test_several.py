"""Lists of tickets in a command, in its three spellings. Pure."""

from __future__ import annotations

import pytest

from bot import grammar, mail_grammar, short
from bot.commands import registry
from bot.grammar import Said
from kernel import errors
from tickets import numbers

KNOWN = registry()
LISTS = [
    ("T1, T2", (1, 2), ""),
    ("T1,T2 and T3 done", (1, 2, 3), "done"),
    ("T1 and T2 card replaced", (1, 2), "card replaced"),
    ("t1 & #T2 + T-3; Т4: x", (1, 2, 3, 4), "x"),
    ("T1, and T2", (1, 2), ""),
    ("T1 i T2", (1, 2), ""),
    ("T1 és T2", (1, 2), ""),
    ("T1 и T2", (1, 2), ""),
    ("T1 a T2", (1, 2), ""),
    ("T1 T2 x", (1,), "T2 x"),
    ("T1, done", (1,), "done"),
    ("T1 and done", (1,), "and done"),
    ("T1, T2x", (1,), "T2x"),
    ("x T1, T2", (), "x T1, T2"),
    ("T1\nT2", (1,), "\nT2"),
]


@pytest.mark.parametrize(("text", "found", "rest"), LISTS, ids=[text for text, _, _ in LISTS])
def test_a_list_is_joined_by_marks_or_an_and(text: str, found: tuple[int, ...], rest: str) -> None:
    """M-9, bot.md 2.1: a space alone joins nothing, as what follows may be a reason."""
    assert numbers.several(text) == (found, rest)


def meant(text: str) -> tuple[tuple[int | None, ...], str]:
    said = grammar.read(text)
    verb = KNOWN.find(said.word)
    assert verb is not None
    said = grammar.for_words(verb, said)
    return (said.number, *said.more), said.rest


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("/close T1, T2 card replaced", (1, 2), "card replaced"),
        ("/take T1 and T2", (1, 2), ""),
        ("/prio T1, T2 1", (1, 2), "1"),
        ("/note T1, T2 is his, too", (1,), "T2 is his, too"),
        ("/merge T1 and T2", (1,), "and T2"),
        ("/relate T1, T2", (1,), "T2"),
    ],
)
def test_a_verb_takes_a_list_only_where_it_says_so(text: str, found: tuple[int, ...], rest: str) -> None:
    """M-9: to all others what stands behind the first ticket is what it was."""
    assert meant(text) == (found, rest)


@pytest.mark.parametrize("text", ["/close T1 T2 done", "/show T1, T2", "/spam T1, T2", "/done T1 and T2"])
def test_two_where_they_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(errors.Invalid, match=r"Nothing was done\."):
        meant(text)


def test_by_text_the_numbers_may_stand_first_with_spaces_alone() -> None:
    """bot.md 2.1: `T12 T13 close`; the verb behind them says that nothing else is meant."""
    for text in ("T12 T13 close done", "T12, T13 close done", "close T12 and T13 done"):
        found = short.read(text)
        verb = KNOWN.find(found.word)
        assert verb is not None
        said = grammar.for_words(verb, found.said("close"))
        assert ((said.number, *said.more), said.rest) == ((12, 13), "done"), text
    note = KNOWN.find("note")
    assert note is not None
    with pytest.raises(errors.Invalid, match="/note is for one ticket"):
        grammar.for_words(note, short.read("T12 T13 note he rang").said("note"))


@pytest.mark.parametrize("line", ["#close T12, T13 done", "#note T12, T13 is his", "#close T12 T13"])
def test_what_waits_for_a_yes_reads_back_as_it_was_said(line: str) -> None:
    """S20: the very command."""
    [said] = mail_grammar.read(line).commands
    back = grammar.read(mail_grammar.written(said, 12))
    assert (back.number, back.more, back.rest, back.after) == (said.number, said.more, said.rest, said.after)


def test_who_takes_many_takes_a_ticket_and_is_tried() -> None:
    """Who lets a verb take many sees to it that it can: none of them reads, or asks for itself."""
    many = {verb.name for verb in KNOWN.verbs if verb.takes_many}
    assert many == {
        "take", "assign", "close", "reopen", "state", "wait", "prio", "tag", "move", "kind", "watch", "snooze", "wake",
    }  # fmt: skip
    for verb in KNOWN.verbs:
        assert not verb.takes_many or (verb.needs_ticket and not verb.reads and not verb.asks and not verb.takes_one)
    assert Said("x", 1, "", more=(2,)).names == "T1, T2"
