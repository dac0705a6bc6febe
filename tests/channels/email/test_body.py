"""Words come out of every charset, encoding and nesting; everything else is listed as a file."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email import body, charsets, content, headers, transfer
from tests.channels.email.letters import html, mail, multipart, nested, part, plain

POLISH = "Zażółć gęślą jaźń, proszę: karta nie działa już od wczoraj."
RUSSIAN = "Здравствуйте! Моя карта не работает со вчерашнего дня, помогите."
HUNGARIAN = "Tisztelt Ügyfélszolgálat! Az új kártyám nem működik, űrlapot küldök."
CZECH = "Dobrý den, příliš žluťoučký kůň úpěl ďábelské ódy."


def text_of(raw: bytes) -> str:
    return content.understand(raw).text


def kind(charset: str, **more: str) -> dict[str, str]:
    return {"Content-Type": f"text/plain; charset={charset}"} | more


@pytest.mark.parametrize(
    ("words", "codec", "named"),
    [
        (POLISH, "iso-8859-2", "iso-8859-2"),
        (POLISH, "cp1250", "Windows-1250"),
        (POLISH, "cp1250", "iso-8859-2"),
        (POLISH, "utf-8", '"UTF-8"'),
        (POLISH, "utf-8", "iso-8859-1"),
        (POLISH, "utf-8", "us-ascii"),
        (POLISH, "utf-8", "x-nobody-knows"),
        (POLISH, "cp1250", "us-ascii"),
        (POLISH, "cp1250", "utf-8"),
        (POLISH, "iso-8859-2", "unknown-8bit"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (RUSSIAN, "koi8-r", ""),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "cp1251", "default"),
        (RUSSIAN, "cp866", "x-unknown"),
        (HUNGARIAN, "cp1250", "unicode_escape"),
        (CZECH, "cp1250", "base64"),
        (POLISH, "utf-16", "utf-16"),
        (POLISH, "utf-7", "utf-7"),
    ],
)
def test_words_survive_their_charset(words: str, codec: str, named: str) -> None:
    """M-8: customers write in five languages and in more charsets, some of them wrongly named."""
    assert text_of(mail(words.encode(codec), **kind(named))) == words


@given(
    st.binary(max_size=200),
    st.one_of(st.text(max_size=20), st.sampled_from(["utf-8", "utf-7", "hz", "idna", "rot13", "zip"])),
)
def test_any_bytes_in_any_charset_are_some_text(raw: bytes, charset: str) -> None:
    """S17."""
    assert isinstance(charsets.text_of(raw, charset), str)


@given(st.binary(max_size=300))
def test_base64_is_what_the_standard_library_encodes(raw: bytes) -> None:
    assert transfer.from_base64(base64.encodebytes(raw)) == raw
    assert raw.startswith(transfer.from_base64(base64.b64encode(raw)[:-3]))


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("quoted-printable", "Za=C5=BC=\r\n=C3=B3=C5=82=C4=87"),
        ("BASE64", "WmHFvMOzxYLEhw=="),
        ("base64", "WmHFvMOz\r\nxYLEhw"),
        ("8bit", "Zażółć"),
        ("nonsense", "Zażółć"),
        ("x-uuencode", "begin 644 a\r\n*6F'%O,.SQ8+$AP  \r\nend"),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, sent: str) -> None:
    """M-8."""
    assert text_of(mail(sent.encode(), **kind("utf-8"), Content_Transfer_Encoding=encoding)) == "Zażółć"


def test_flowed_lines_are_joined() -> None:
    """RFC 3676."""
    sent = "One \ntwo \nthree\n\n> old \n> words\n-- \nEszter"
    found = text_of(mail(sent.replace("\n", "\r\n").encode(), **{"Content-Type": "text/plain; format=flowed"}))
    assert found == "One two three\n\n> old words\n--\nEszter"
    split = text_of(mail(b"Stra \r\nsse", **{"Content-Type": "text/plain; format=flowed; delsp=yes"}))
    assert split == "Strasse"


def test_html_becomes_lines_without_what_is_not_read() -> None:
    """S7: no script, no style; words only."""
    page = (
        "<html><head><title>t</title><style>p{}</style></head><body><script>alert(1)</script><p>Dear <b>desk</b>,</p>"
        "<p>it&nbsp;works<br>now</p><ul><li>one<li>two</ul><img src=x onerror=alert(1) alt=pic></body></html>"
    )
    lines = [line.strip() for line in text_of(html(page)).replace("\xa0", " ").split("\n")]
    assert [line for line in lines if line] == ["Dear desk,", "it works", "now", "* one", "* two"]


def test_a_page_that_names_its_own_charset_is_believed_if_the_mail_does_not_say() -> None:
    page = f'<meta charset="windows-1251"><p>{RUSSIAN}</p>'.encode("cp1251")
    assert text_of(mail(page, **{"Content-Type": "text/html"})) == RUSSIAN


def test_a_page_too_odd_to_lay_out_is_read_out() -> None:
    """S17."""
    assert "the end" in text_of(html("<table><tr><td>" * 500 + "<p>the end</p>"))


ROOMS = multipart(
    nested(
        part("Plain words"),
        nested(
            part("<p>Rich words</p>", "text/html"),
            part(b"x", "image/png", Content_ID="<1>"),
            kind="related",
            boundary="r",
        ),
        part("BEGIN:VCALENDAR", "text/calendar; method=REQUEST"),
    ),
    part("notes", "text/plain; name=notes.txt", Content_Disposition="attachment"),
    part(b"x" * 9, "application/ms-tnef"),
    part(b"From: a@b\r\nSubject: in\r\n\r\nhidden", "message/rfc822"),
    part("And more"),
)


def test_words_and_files_are_told_apart_in_any_nesting() -> None:
    """M-8; winmail.dat and invitations are listed, not lost."""
    found = content.understand(ROOMS)
    assert (found.text, found.html_present) == ("Plain words\nAnd more", True)
    assert [(one.shown, one.content_type, one.size) for one in found.attachments] == [
        ("image.png", "image/png", 1),
        ("calendar.ics", "text/calendar", 15),
        ("notes.txt", "text/plain", 5),
        ("winmail.dat", "application/ms-tnef", 9),
        ("message.eml", "message/rfc822", 32),
    ]


def test_html_is_read_where_its_plain_twin_is_empty() -> None:
    assert text_of(multipart(part(" \r\n"), part("<p>Rich</p>", "text/html"), kind="alternative")) == "Rich"


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("attachment; filename*=utf-8''za%C5%BC%C3%B3%C5%82%C4%87.pdf", "zażółć.pdf"),
        ('attachment; filename*0="long"; filename*1="name.pdf"', "longname.pdf"),
        ('attachment; filename="=?utf-8?Q?za=C5=BC.pdf?="', "zaż.pdf"),
        ('attachment; filename="a\u202efdp.exe"', "a fdp.exe"),
        ("attachment; filename*=nowhere''a%C5%BCb.pdf", "ażb.pdf"),
        ("attachment", "application/pdf"),
    ],
)
def test_file_names_are_decoded_and_show_what_they_are(given_name: str, shown: str) -> None:
    """S16."""
    raw = multipart(part("x"), part(b"%PDF", "application/pdf", Content_Disposition=given_name))
    found = content.understand(raw).attachments[0]
    assert (found.filename or found.content_type) == shown


def test_a_multipart_without_boundaries_is_read_as_it_stands() -> None:
    assert text_of(mail("words", **{"Content-Type": "multipart/mixed"})) == "words"
    assert text_of(mail("words", **{"Content-Type": "multipart/mixed; boundary=zz"})) == "words"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("=?utf-8?B?xYE=?= =?utf-8?B?xYE=?=", "ŁŁ"),
        ("=?utf-8?B?xQ==?= =?utf-8?B?gQ==?=", "Ł"),
        ("a =?iso-8859-2?Q?=B1_b?= c", "a ą b c"),
        ("=?utf-8?Q?Hello world?=", "Hello world"),
        ("=?koi8-r?B?8NLJ18XU?=, x", "Привет, x"),
        ("=?nobody?Q?x=B1?=", "xą"),
        ("=?utf-8*pl?Q?=C5=81?=", "Ł"),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("Zażółć", "Zażółć"),
        ("folded\r\n subject", "folded subject"),
    ],
)
def test_subjects_are_decoded(sent: str, read: str) -> None:
    """M-8, S10: a decoded line end is no line end."""
    assert body.subject_of(headers.read(plain("x", Subject=sent))) == read
