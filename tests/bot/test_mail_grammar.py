"""What a colleague's letter says: commands at the top, words below, and never anything of ours. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import grammar, mail_grammar, telling
from bot.commands import registry
from bot.grammar import Said
from bot.mail_grammar import Letter
from channels.email import quote

CASES = {
    "words": ("Hello Anna,\nit works.", Letter((), "Hello Anna,\nit works.")),
    "a command": ("#close", Letter((Said("close", None, ""),))),
    "a slash": ("/close card replaced", Letter((Said("close", None, "card replaced"),))),
    "commands, then words": (
        "\n#take\n\n#note he rang\nYour card works.\n#close",
        Letter((Said("take", None, ""), Said("note", None, "he rang")), "Your card works.\n#close"),
    ),
    "non-breaking spaces": ("#assign\u00a0Ewa", Letter((Said("assign", None, "Ewa"),))),
    "a literal number sign": ("## 1 is first", Letter((), "# 1 is first")),
    "a literal slash": ("//etc is a folder", Letter((), "/etc is a folder")),
    "a number is no command": ("#1 is blocked", Letter((), "#1 is blocked")),
    "a ticket named": ("#close T12 done", Letter((Said("close", 12, "done"),))),
    "nothing": (" \n\n", Letter()),
    "nothing new: all of it is ours": (f"On Monday Desk wrote:\n> {telling.mark('en')}\n> #close", Letter()),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_a_letter_is_commands_and_then_words(text: str, expected: Letter) -> None:
    """Issue 5: leading lines only, until the first that is none."""
    assert mail_grammar.read(text) == expected


def test_the_reader_of_mails_cuts_at_our_line() -> None:
    """The footer below it names commands: none of it is ever taken for an answer."""
    footer = telling.footer(registry().verbs, "en")
    text = ["Thanks", "", f"> {telling.mark('en')}", *(f"> {line}" for line in footer.splitlines())]
    assert quote.newly(text) == "Thanks"
    assert quote.newly(["Thanks", telling.mark("en"), *footer.splitlines()]) == "Thanks"


def test_the_footer_shows_six_commands_as_they_are_written() -> None:
    """Generated from the registry: each line of it runs."""
    shown = [
        line for line in telling.footer(registry().verbs, "en").splitlines() if line.startswith("#") and "—" in line
    ]
    assert len(shown) == len(telling.FOOTER)
    for line in shown:
        [said] = mail_grammar.read(line.partition(" — ")[0]).commands
        verb = registry().find(said.word)
        assert verb is not None and not verb.in_chat_only


def test_the_answer_goes_between_what_leads_and_what_ends() -> None:
    said = [Said("close", None, ""), Said("take", None, "")]
    order = [one.word for one in mail_grammar.in_order(said, "It works.", ["close", "take"])]
    assert order == ["take", "reply", "close"]


@given(
    st.sampled_from(["reply", "note", "close", "assign"]),
    st.none() | st.integers(1, 10**6),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60).map(str.strip) | st.just("T12 works"),
)
def test_a_kept_command_reads_back_as_itself(word: str, number: int | None, rest: str) -> None:
    """What was held is what is done: the very command, on the ticket that was meant."""
    back = grammar.read(mail_grammar.written(Said(word, number, rest), 7))
    assert (back.word, back.number) == (word, number or 7)
    assert back.rest.strip() == rest.lstrip(":,").strip() or back.rest == rest
