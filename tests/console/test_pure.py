"""What the pages decide without a database: codes, links in texts, time left, whose form it is, where one may go."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from console import agents, clickable, gate, timeleft, totp
from kernel import texts
from tickets.visible import TicketView

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
# RFC 6238, appendix B: the secret is "12345678901234567890"; of its eight digits ours are the last six.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("at_s", "code"), VECTORS.items(), ids=str)
def test_codes_are_those_of_the_standard(at_s: int, code: str) -> None:
    assert totp.code(SECRET, at_s // totp.STEP_S) == code[-6:]


def test_a_code_is_taken_now_a_step_beside_and_once() -> None:
    now = 1_800_000_015.0
    step = int(now) // totp.STEP_S
    for beside in (-1, 0, 1):
        assert totp.step_of(SECRET, f" {totp.code(SECRET, step + beside)} ", now) == step + beside
    assert totp.step_of(SECRET, totp.code(SECRET, step - 2), now) is None
    assert totp.step_of(SECRET, totp.code(SECRET, step), now, after=step) is None
    for typed in ("", "000000000", "żółć12", "\udcff"):
        assert totp.step_of(SECRET, typed, now) is None


LINKS = {
    "see https://a.example/x?a=1&b=2.": ["https://a.example/x?a=1&b=2"],
    "(http://a.example/b)": ["http://a.example/b"],
    "<https://a.example>": ["https://a.example"],
    'x="https://a.example"onclick="alert(1)"': ["https://a.example"],
    "javascript:alert(1) data:text/html,x ftp://a": [],
    "HTTPS://A.EXAMPLE/ź and https://b.example/&": ["HTTPS://A.EXAMPLE/ź", "https://b.example/&"],
}


@pytest.mark.parametrize(("text", "expected"), LINKS.items(), ids=str)
def test_web_addresses_become_links(text: str, expected: list[str]) -> None:
    shown = str(clickable.words(text))
    assert [html.unescape(one) for one in re.findall(r'<a href="([^"]*)" rel="noopener noreferrer', shown)] == expected


@given(st.text() | st.from_regex(r"https?://[^\s]{0,20}[<>\"'&]{0,4}[a-z=]{0,9}"))
def test_nothing_in_a_text_becomes_anything_but_a_link(text: str) -> None:
    """Whatever a customer writes: without our own anchors it is his text, escaped, and every href is http(s)."""
    shown = str(clickable.words(text))
    bare = re.sub(r'<a href="[^"<>]*" rel="noopener noreferrer nofollow" target="_blank">|</a>', "", shown)
    assert not re.search("[<>\"']", bare)
    assert html.unescape(bare) == html.unescape(str(clickable.escape(text)))
    assert all(re.match("https?://", href, re.IGNORECASE) for href in re.findall('href="([^"]*)"', shown))


def test_answers_lead_to_their_tickets() -> None:
    shown = str(clickable.said("T12 is yours, <b> not T0x, AT12, /T12 or T12."))
    assert re.findall('href="([^"]*)"', shown) == ["/tickets/T12", "/tickets/T12"]
    assert "&lt;b&gt;" in shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 min"), (59, "1 min"), (60, "1 min"), (3_600, "1 hr"), (7_500, "2 hr 5 min"), (90_061, "1 day 1 hr")],
)
def test_lengths_of_time(seconds: int, said: str) -> None:
    assert timeleft.span("en", timedelta(seconds=seconds)) == said


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_state_has_words_in_every_language(language: str) -> None:
    for state in ("open", "waiting", "closed"):
        assert timeleft.state(language, state)
    for state in ("queued", "leased", "sent", "delivered", "maybe_sent", "failed", "cancelled"):
        assert timeleft.delivery(language, state)
    assert timeleft.span(language, timedelta(hours=2, minutes=5))


OUTSIDE = (
    "",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/a\nb",
    "evil",
    "/\t/e",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_nobody_is_sent_outside(path: str) -> None:
    assert gate.inside(path) == "/"


@given(st.text(alphabet="/\\.:?#@ae%\t\n", max_size=12))
def test_wherever_one_is_sent_it_is_here(path: str) -> None:
    """As a browser resolves it: backslashes are slashes, tabs and line breaks are nothing."""
    gone = gate.inside(path)
    seen = re.sub(r"[\t\r\n]", "", gone).replace("\\", "/")
    assert urlsplit(urljoin("https://desk.example/x", seen)).netloc == "desk.example"


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://desk.example"}, False),
        ({"Origin": "https://desk.example"}, True),
        ({"Origin": "http://inner:8080"}, True),
        ({"Origin": "https://desk.example.evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
    ids=str,
)
def test_whose_form_it_is(headers: dict[str, str], is_ours: bool) -> None:
    assert gate.is_same_origin(headers, "inner:8080", "https://desk.example") is is_ours


def test_browsers_by_name() -> None:
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"
    found = [agents.called(one) for one in (firefox, safari, "curl/8.5", "")]
    assert found == ["Firefox, Windows", "Safari, iPhone", "curl/8.5", "?"]


TONES = {
    -61: ("late", "late by 1 min"),
    0: ("late", "late by 1 min"),
    900: ("soon", "15 min left"),
    901: ("calm", "15 min left"),
}


@pytest.mark.parametrize(("seconds", "expected"), TONES.items(), ids=str)
def test_a_due_time_is_said_in_words_and_tone(seconds: int, expected: tuple[str, str]) -> None:
    """S3-23: the words alone say it too."""
    found = timeleft.left("en", ticket(first_response_due=NOW + timedelta(seconds=seconds)), NOW, UTC)
    assert (found.tone, found.text) == expected


def test_what_has_no_due_time_says_how_it_stands() -> None:
    asleep = timeleft.left("en", ticket(snoozed_until=NOW + timedelta(hours=1)), NOW, UTC)
    assert (asleep.tone, asleep.text) == ("none", "asleep until 10:00")
    assert timeleft.left("pl", ticket(state="waiting"), NOW, UTC).text == "odpowiedziane"


def ticket(**more: Any) -> TicketView:
    plain: dict[str, Any] = {one.name: None for one in fields(TicketView)}
    return TicketView(**{**plain, "number": 1, "state": "open", **more})
