"""New words are cut from quoted history, whatever client and language wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email import quote
from tests.channels.email.letters import html, plain, understood
from tests.channels.email.quotes import FORWARDS, HISTORIES, INTRODUCTIONS, KEPT, NEW, OLD


def new_words(text: str) -> str:
    return quote.newly(text.split("\n"))


def named(rows: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("text", [row[1] for row in rows], ids=[row[0] for row in rows])


@named(INTRODUCTIONS)
def test_an_answer_above_a_quote_is_all_that_is_new(text: str) -> None:
    """M-8."""
    assert new_words(f"{NEW}\n\n{text}\n\n{OLD}\n") == NEW
    assert new_words(f"{NEW}\n{text}\n{OLD}") == NEW


@named(INTRODUCTIONS)
def test_an_answer_below_a_quote_is_all_that_is_new(text: str) -> None:
    """M-8."""
    assert new_words(f"{text}\n{OLD}\n\n{NEW}") == NEW


@named([row for row in INTRODUCTIONS if "@" in row[1]])
def test_what_follows_an_introduction_with_an_address_is_old_even_without_signs(text: str) -> None:
    """M-8: some telephones quote without a sign before the lines."""
    assert new_words(f"{NEW}\n\n{text}\n\nPlease try the card again.\nAnna") == NEW


@named(HISTORIES)
def test_an_older_mail_below_is_cut(text: str) -> None:
    """M-8."""
    assert new_words(f"{NEW}\n\n{text}\n\nPlease try the card again.\nAnna") == NEW


@named(FORWARDS)
def test_what_a_customer_passes_on_is_kept(text: str) -> None:
    """M-8."""
    whole = f"Is this bill right?\n\n{text}\n\nYou owe 5.\n> 10"
    assert new_words(whole) == whole


@named(KEPT)
def test_a_customers_own_words_are_not_cut(text: str) -> None:
    """M-8."""
    assert new_words(text) == text


def test_answers_between_quoted_lines_are_kept() -> None:
    """M-8."""
    text = "On 10 Mar 2026, at 10:15, A <a@b.example> wrote:\n> Which?\n\nThe blue one.\n\n> Since when?\nMonday.\n"
    assert new_words(text) == "The blue one.\n\nMonday."


def test_nothing_new_is_nothing() -> None:
    assert new_words(OLD) == ""
    assert new_words("") == ""


@pytest.mark.parametrize(
    "end",
    [
        "-- \nEszter Kovács\n+36 1 234",
        "--\nEszter",
        "Sent from my iPhone",
        "Wysłane z iPhone'a",
        "Get Outlook for Android",
        "Odoslané z iPhonu",
        "Отправлено с iPhone",
        "Von meinem iPhone gesendet",
        "Elküldve az iPhone-omról",
    ],
)
def test_what_is_signed_or_added_by_a_device_is_no_news(end: str) -> None:
    """M-8."""
    assert new_words(f"{NEW}\n\n{end}\n\nOn 10 Mar 2026, at 10:15, A <a@b.example> wrote:\n{OLD}") == NEW
    assert new_words(f"{NEW}\n\n{end}") == NEW


GMAIL = (
    '<div dir="ltr">Thanks!</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{} &lt;<a'
    ' href="mailto:a@b.example">a@b.example</a>&gt;:<br></div><blockquote class="gmail_quote" style="margin:0 0 0'
    ' .8ex;border-left:1px #ccc solid;padding-left:1ex"><div>Old words</div></blockquote></div>'
)
PAGES: list[tuple[str, str, str]] = [
    ("gmail", GMAIL.format("On Tue Anna"), "Thanks!"),
    ("gmail in a language that we do not know", GMAIL.format("2026年3月10日 10:15 Anna"), "Thanks!"),
    (
        "gmail with answers in between",
        '<div class="gmail_quote"><div class="gmail_attr">x</div><blockquote class="gmail_quote">Which?</blockquote>'
        '<div>Blue.</div><blockquote class="gmail_quote">When?</blockquote><div>Monday.</div></div>',
        "Blue.\n\nMonday.",
    ),
    (
        "outlook on the web",
        '<div>Thanks!</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Od:</b> A</div><div>Old</div>',
        "Thanks!",
    ),
    (
        "outlook",
        '<p class="MsoNormal">Thanks!</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm">'
        '<p class="MsoNormal"><b>From:</b> Anna &lt;a@b.example&gt;<br><b>Sent:</b> Tuesday 10:15<br><b>To:</b> E<br>'
        "<b>Subject:</b> Card</p></div><p>Old</p>",
        "Thanks!",
    ),
    (
        "apple",
        '<div>Thanks!</div><div><br><blockquote type="cite"><div>On 10 Mar 2026, at 10:15, A wrote:</div><div>Old</div>'
        "</blockquote></div>",
        "Thanks!",
    ),
    (
        "thunderbird",
        '<p>Thanks!</p><div class="moz-cite-prefix">10.03.2026 10:15, Anna:<br></div><blockquote type="cite"'
        ' cite="mid:1@b"><p>Old</p></blockquote><p>Bye</p>',
        "Thanks!\n\nBye",
    ),
    (
        "yahoo",
        '<div>Thanks!</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Tue A wrote:</div>Old</div>',
        "Thanks!",
    ),
    ("gmx", '<div>Thanks!<div name="quote" style="margin:10px"><div><b>Von:</b> A</div>Old</div></div>', "Thanks!"),
    ("zimbra", '<div>Thanks!</div><hr id="zwchr" data-marker="__DIVIDER__"><div>Od: A</div><div>Old</div>', "Thanks!"),
    (
        "yandex",
        '<div>Thanks!</div><div>10.03.2026, 10:15, "A" &lt;a@b.example&gt;:</div><blockquote><p>Old</p></blockquote>',
        "Thanks!",
    ),
    (
        "proton",
        '<div>Thanks!</div><div class="protonmail_quote">On Tue A wrote:<blockquote>Old</blockquote></div>',
        "Thanks!",
    ),
    (
        "seznam",
        "<p>Thanks!</p><p>---------- Původní e-mail ----------<br>Od: A &lt;a@b.example&gt;<br>Komu: E</p>"
        "<blockquote><p>Old</p></blockquote>",
        "Thanks!",
    ),
    (
        "an indented paragraph",
        '<p>One</p><blockquote style="margin:0 0 0 40px;border:none">Two</blockquote>',
        "One\n\nTwo",
    ),
    (
        "gmail, passed on",
        '<div>See</div><div class="gmail_quote"><div class="gmail_attr">------- Forwarded message ------<br>From: S'
        "<br></div>You owe 5.</div>",
        "See\n\n------- Forwarded message ------\nFrom: S\nYou owe 5.",
    ),
]


@pytest.mark.parametrize(("page", "words"), [row[1:] for row in PAGES], ids=[row[0] for row in PAGES])
def test_html_says_what_it_quotes(page: str, words: str) -> None:
    """M-8."""
    said = [line.strip() for line in understood(html(page)).text.split("\n")]
    assert [line for line in said if line] == [line for line in words.split("\n") if line]


def test_a_mail_that_passes_on_by_its_subject_is_kept_whole() -> None:
    """M-8."""
    block = "From: Shop <s@x.example>\nSent: 10:15\nTo: E\nSubject: Bill\n\nYou owe 5."
    assert "You owe 5." in understood(plain(f"Right?\n\n{block}", Subject="FW: Bill")).text
    assert understood(plain(f"Right?\n\n{block}", Subject="Re: Fw: Bill")).text == "Right?"


def test_a_mail_of_nothing_but_a_quote_is_shown_whole() -> None:
    """M-5: nothing a customer sends is dropped."""
    assert understood(plain("> Is this yours?\n> Anna")).text == "> Is this yours?\n> Anna"


LINES = st.sampled_from(
    [
        "",
        "Hello there",
        "> old",
        "-- ",
        "From: a@b.example",
        "Sent: 10:15",
        "Subject: x",
        "To: y",
        "On 1 Mar 2026, at 10:15,",
        "Anna <a@b.example> wrote:",
        "-----Original Message-----",
        "Forwarded message:",
        "##- above -##",
        "wrote:",
        "x" * 500,
    ]
)


@given(lines=st.lists(LINES, max_size=40))
def test_every_new_line_stood_in_the_mail_in_that_order(lines: list[str]) -> None:
    """M-8: cutting invents nothing and turns nothing around."""
    left = iter(lines)
    assert all(any(line == candidate for candidate in left) for line in new_words("\n".join(lines)).split("\n") if line)


@given(lines=st.lists(st.sampled_from(["Hello", "a longer line of words", "", "1 2 3", "é"]), max_size=30))
def test_a_mail_without_signs_of_quoting_is_all_new(lines: list[str]) -> None:
    """M-5."""
    assert [line for line in new_words("\n".join(lines)).split("\n") if line] == [line for line in lines if line]


class Counted(list[str]):
    """Lines that count how often they are looked at."""

    looks = 0

    def __getitem__(self, key: object) -> object:  # type: ignore[override]
        found = super().__getitem__(key)  # type: ignore[index]
        self.looks += len(found) if isinstance(found, list) else 1
        return found


@pytest.mark.parametrize(
    "line", ["On", "On 1 Mar 2026 10:15 a@b.example", "From: a@b.example", "wrote:", "--", "", "a:", ">"]
)
@pytest.mark.parametrize("count", [100, 5000])
def test_a_line_is_looked_at_a_limited_number_of_times(line: str, count: int) -> None:
    """S17: the work grows with the lines and not with their square; nothing here looks at a clock."""
    lines = Counted([line] * count)
    scan = quote._Scan(lines, [True] * count)
    while scan.at < count and not scan.step():
        pass
    assert lines.looks <= 60 * count
