"""What other systems may post: every wrong field is told at once, and a customer's words are not repeated."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from webhooks import schemas

CANARY = "Eszter's words"


def event(**changed: Any) -> dict[str, Any]:
    data = {"from": {"address": "eszter@example.hu", "name": "Eszter"}, "text": "Hello"} | changed.pop("data", {})
    return {"type": "message.received", "timestamp": "2026-01-31T09:30:00Z", "data": data} | changed


def told(body: Any) -> list[tuple[str, str]]:
    """(field, got) of each problem."""
    with pytest.raises(Invalid) as refusal:
        schemas.read(body if isinstance(body, bytes) else orjson.dumps(body))
    assert CANARY not in str(refusal.value.problems)
    return [(problem.field, problem.got) for problem in refusal.value.problems]


def test_an_event_is_read() -> None:
    """M-11."""
    read = schemas.read(orjson.dumps(event(data={"thread": "t1", "subject": "Card", "language": "hu"})))
    assert (read.data.sender.address, read.data.sender.name) == ("eszter@example.hu", "Eszter")
    assert (read.data.text, read.data.subject, read.data.thread, read.data.language) == ("Hello", "Card", "t1", "hu")


def test_what_is_optional_may_be_absent_and_what_is_unknown_is_passed_over() -> None:
    """A source may send more than we read."""
    body = event(data={"from": {"address": "x"}, "attachments": [1]}, id="e1")
    assert schemas.read(orjson.dumps(body)).data.sender.name == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({}, [("type", "nothing"), ("timestamp", "nothing"), ("data", "nothing")], id="empty"),
        pytest.param(event(type="message.sent"), [("type", "a string of 12 characters")], id="another type"),
        pytest.param(event(timestamp="yesterday"), [("timestamp", "a string of 9 characters")], id="no time"),
        pytest.param(event(data={"text": 5}), [("data.text", "a JSON int")], id="a number for a text"),
        pytest.param(event(data={"text": None}), [("data.text", "null")], id="null"),
        pytest.param(
            event(data={"text": f"{CANARY}\x00"}), [("data.text", "a string of 15 characters")], id="NUL in the text"
        ),
        pytest.param(
            event(data={"text": "x" * 100_001}), [("data.text", "a string of 100001 characters")], id="too long"
        ),
        pytest.param(event(data={"from": CANARY}), [("data.from", "a string of 14 characters")], id="no sender"),
        pytest.param(
            event(data={"from": {"address": ""}}), [("data.from.address", "a string of 0 characters")], id="no address"
        ),
        pytest.param(
            event(data={"from": {"address": "x" * 321}, "subject": [CANARY], "thread": "x" * 151}),
            [
                ("data.from.address", "a string of 321 characters"),
                ("data.subject", "a JSON list"),
                ("data.thread", "a string of 151 characters"),
            ],
            id="three at once",
        ),
        pytest.param([], [("body", "a JSON list")], id="a list"),
    ],
)
def test_every_wrong_field_is_told_at_once(body: Any, expected: list[tuple[str, str]]) -> None:
    """M-11: the field's path, what was expected, what kind of thing came."""
    assert told(body) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"hello", b'{"type": "\xed\xa0\x80"}', b'{"a":' * 300, b'{"type": "\\ud800"}'],
    ids=["empty", "cut", "no UTF-8", "no JSON", "a surrogate", "deep", "an escaped surrogate"],
)
def test_a_body_that_is_no_json_is_told_as_such(body: bytes) -> None:
    assert told(body)[0][0] in ("body", "type")


@given(st.binary(max_size=200))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    with pytest.raises(Invalid):
        schemas.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, JSON, JSON)
def test_any_json_is_read_or_told_field_by_field(sender: Any, text: Any, timestamp: Any) -> None:
    body = orjson.dumps(event(data={"from": sender, "text": text}, timestamp=timestamp))
    try:
        schemas.read(body)
    except Invalid as refusal:
        assert refusal.problems
        assert all(problem.field and problem.expected for problem in refusal.problems)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("message.received", "who wrote", id="a message"),
        pytest.param("call.missed", "the number that rang", id="a call"),
    ],
)
def test_what_from_should_be_depends_on_the_event(kind: str, expected: str) -> None:
    """M-11: one name, three meanings; each is told what it wants."""
    body = {"type": kind, "timestamp": "2026-01-31T09:30:00Z", "data": {"text": "x"}}
    with pytest.raises(Invalid) as refusal:
        schemas.read(orjson.dumps(body))
    [problem] = [one for one in refusal.value.problems if one.field == "data.from"]
    assert problem.expected.startswith(expected)
