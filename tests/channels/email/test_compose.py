"""What we write: headers, both forms of the text, and nothing that could begin another header."""

from __future__ import annotations

import html
import re
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from channels.contract import Address, MessageId, Operation
from channels.email import identity, spelling
from channels.email.compose import Letter, compose
from channels.email.page import page
from channels.email.simulator.checks import check
from channels.errors import Reason, SendError
from tests.channels.email.parts import ADDRESS, AT, outbound

FIRST, SECOND = "<1@example.hu>", "<2@example.hu>"


def written(**more: Any) -> Letter:
    return compose(outbound(**more), address=ADDRESS, name="Łódź Help", key=b"key")


def read(letter: Letter) -> EmailMessage:
    """As a strict receiver reads it."""
    return check(letter.body, eight_bit=letter.is_utf8)


def test_a_reply_carries_all_that_brings_the_answer_back() -> None:
    """M-9."""
    mail = read(written(token="r+7.anna.k2q7", references=(FIRST, SECOND)))
    assert mail["From"].addresses[0].display_name == "Łódź Help"
    assert mail["From"].addresses[0].addr_spec == ADDRESS
    assert mail["To"].addresses[0].addr_spec == "eszter@example.hu"
    assert mail["Reply-To"].addresses[0].addr_spec == "r+7.anna.k2q7@desk.example"
    assert mail["Subject"] == "Re: Card"
    assert mail["Date"].datetime == AT
    assert (mail["In-Reply-To"], mail["References"]) == (SECOND, f"{FIRST} {SECOND}")
    assert identity.own(str(mail["Message-ID"]), key=b"key") == "4711"
    assert "Auto-Submitted" not in mail


def test_every_try_is_the_same_mail() -> None:
    first = written(token="r+7.anna.k2q7")
    again = compose(replace(outbound(token="r+7.anna.k2q7"), attempt=9), address=ADDRESS, name="Łódź Help", key=b"key")
    assert first == again


@pytest.mark.parametrize(
    ("references", "said"), [((), "auto-generated"), ((FIRST,), "auto-replied")], ids=["notice", "acknowledgement"]
)
def test_what_no_person_wrote_says_so(references: tuple[str, ...], said: str) -> None:
    """S4, RFC 3834: on all of ours."""
    mail = read(written(automatic=True, references=references))
    assert mail["Auto-Submitted"] == said
    assert mail["X-Auto-Response-Suppress"] == "All"


HOSTILE = [
    "\r\nBcc: x@y.example",
    "\nBcc: x@y.example",
    "\rBcc: x",
    "\x00",
    "\u2028Bcc: x",
    "\u2029",
    "\x0b",
    "\x0c",
    "\x85",
]


@pytest.mark.parametrize("bad", HOSTILE, ids=repr)
@pytest.mark.parametrize("field", ["subject", "token", "to", "references", "target"])
def test_no_value_begins_another_header(field: str, bad: str) -> None:
    """S10: refused, or for a stranger's ids left out; never an extra header."""
    value: Any = f"Re: a{bad}" if field != "to" else f"eszter{bad}@example.hu"
    value = (f"<a{bad}@b>",) if field == "references" else value
    try:
        mail = read(written(**{field: value}))
    except SendError as refused:
        assert refused.reason is Reason.INVALID
        assert field in ("subject", "token", "to")
        return
    assert field in ("references", "target")
    assert not {"Bcc", "In-Reply-To", "References"} & set(mail.keys())


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=180).filter(spelling.is_one_line),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60).filter(
        lambda name: spelling.is_one_line(name) and "=?" not in name
    ),
)
@example("Re: Kártya letiltása őrült hosszú tárgy " * 4, "Árvíztűrő Tükörfúrógép Kft. (ügyfélszolgálat)")
@example("=?utf-8?q?Bcc=3A_x?=", "")
@example("=?utf-8?q?a=0D=0ABcc=3A_x?=", "")
@example("x" * 180, "a, b; <c@d.example>")
def test_any_subject_and_name_arrive_as_they_were(subject: str, name: str) -> None:
    letter = compose(outbound(subject=subject), address=ADDRESS, name=name)
    mail = read(letter)
    assert " ".join(str(mail["Subject"]).split()) == " ".join(subject.split())
    assert mail["From"].addresses[0].addr_spec == ADDRESS
    assert len(mail["From"].addresses) == 1


@settings(deadline=None)
@given(st.text(max_size=600))
@example("line\r\nline\rline\nline")
@example("." * 3000)
@example("From the start\n.\n..\n")
def test_any_text_arrives_in_both_forms_on_a_wire_of_seven_bits(text: str) -> None:
    """Own line ends, long lines, dots and all scripts; nothing a strict receiver refuses."""
    letter = compose(outbound(text), address=ADDRESS)
    mail = check(letter.body, eight_bit=False)
    plain = mail.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    said = plain.get_content().splitlines()
    expected = text.replace("\x00", "").encode("utf-8", "replace").decode().splitlines()
    assert "\n".join(said).rstrip() == "\n".join(expected).rstrip()


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


VECTORS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "javascript:alert(1)",
    'https://a.example/"onmouseover="alert(1)',
    "https://a.example/<script>",
    "<a href='https://evil.example'>your bank</a>",
    "&lt;b&gt; & &amp;",
    "{{7*7}} ${7*7} %s {0.__class__}",
]


@pytest.mark.parametrize("text", VECTORS)
def test_the_page_is_the_text_and_nothing_active(text: str) -> None:
    """S7, S9: no tag of a writer's, nothing loaded from anywhere."""
    seen = _Seen()
    seen.feed(page(text))
    assert set(seen.tags) <= {"html", "head", "meta", "body", "p", "br", "a"}
    assert all(link.startswith("https://a.example/") and '"' not in link for link in seen.links) or "evil" in text
    assert text in seen.text


def test_links_can_be_clicked_and_end_where_the_sentence_does() -> None:
    seen = _Seen()
    seen.feed(page("See https://desk.example/t?a=1&b=2, or (http://x.example/y).\n\nBye"))
    assert seen.links == ["https://desk.example/t?a=1&b=2", "http://x.example/y"]
    assert html.escape("a=1&b=2") in page("https://desk.example/t?a=1&b=2")


def test_a_mail_without_a_subject_begins_with_its_first_words() -> None:
    mail = read(written(subject="", text="\n  Your card works again.\nRegards"))
    assert mail["Subject"] == "Your card works again."


def test_long_threads_keep_their_beginning_and_their_newest() -> None:
    ids = tuple(f"<{number}{'x' * 80}@example.hu>" for number in range(60))
    found = str(read(written(references=ids))["References"]).split()
    assert len(found) == 20
    assert (found[0], found[-1]) == (ids[0], ids[-1])


def test_a_strangers_ids_that_are_none_are_left_out() -> None:
    mail = read(written(references=("not an id", FIRST, "<a b@c>", "<árvíz@x>")))
    assert mail["References"] == FIRST


@pytest.mark.parametrize(
    ("to", "reached"),
    [
        ("Eszter@Example.HU", "Eszter@example.hu"),
        ("eszter@példa.hu", "eszter@xn--plda-bpa.hu"),
        ("őrsi@példa.hu", "őrsi@xn--plda-bpa.hu"),
        ("a.b+c@sub.example.hu", "a.b+c@sub.example.hu"),
    ],
)
def test_addresses_are_written_as_the_wire_takes_them(to: str, reached: str) -> None:
    letter = written(to=to)
    assert letter.recipient == reached
    assert letter.is_utf8 == (not reached.isascii())
    assert f"\r\nTo: {reached}\r\n".encode() in letter.body


@pytest.mark.parametrize(
    "to",
    ["", "eszter", "a@b@c.example", "a b@c.example", "<a@b.example>", "a@b.example, c@d.example", "a@-b.example", "@x"],
)
def test_what_is_no_address_is_refused(to: str) -> None:
    """S22."""
    with pytest.raises(SendError) as refused:
        written(to=to)
    assert refused.value.reason is Reason.INVALID


def test_a_mail_cannot_be_changed() -> None:
    edit = replace(outbound(), operation=Operation.EDIT, address=Address("mailto", "a@b.example"))
    with pytest.raises(SendError):
        compose(edit, address=ADDRESS)


@pytest.mark.parametrize(
    ("more", "tokens", "is_there"),
    [({"may_stop": True}, True, True), ({"may_stop": True}, False, False), ({}, True, False)],
    ids=["a notice", "mail of the domain does not come to us", "an answer"],
)
def test_a_notice_names_the_way_to_stop_it(more: dict[str, Any], tokens: bool, is_there: bool) -> None:
    """RFC 2369: in one piece, so that a mail program makes a button of it; an answer has none."""
    message_id = 2**62
    letter = compose(replace(outbound(**more), id=MessageId(message_id)), address=ADDRESS, key=b"k" * 32, tokens=tokens)
    lines = [line for line in letter.body.split(b"\r\n") if line.lower().startswith(b"list-unsubscribe")]
    if not is_there:
        assert lines == []
        return
    [line] = lines
    found = re.fullmatch(rb"List-Unsubscribe: <mailto:(u\+[^?>]+)\?subject=unsubscribe>", line)
    assert found and identity.stopped(found[1].decode(), key=b"k" * 32) == str(message_id)
