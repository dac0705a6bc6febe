"""Maps that cannot work are found when the settings are read: each fault with its line and column."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Problem
from webhooks import evaluating, functions, mapping
from webhooks.functions import OURS

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def told(written: str) -> list[tuple[str, str]]:
    return [(problem.expected, problem.got) for problem in mapping.check(written, field="map")]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("null", id="nothing"),
        pytest.param('{"type": "message.received", "data": payload.data}', id="plain"),
        pytest.param("payload.rows.filter(row, row.open).map(row, row.name).join(', ')", id="macros bind names"),
        pytest.param("has(payload.a) ? string(now) : text(payload['b'])", id="now and both functions"),
        pytest.param('"nope(" + payload.a + "other.thing"', id="names within texts"),
        pytest.param("timestamp(payload.at) - duration('1h')", id="times"),
    ],
)
def test_a_map_that_may_work_is_let_through(written: str) -> None:
    """M-11."""
    assert told(written) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("", ["line 1, column 1"], id="empty"),
        pytest.param('{"a": 1, "b" 2}\n, x y', ["line 1, column 14", "line 2, column 1"], id="two faults of syntax"),
        pytest.param('{"a": "payloda.x",\n "b": payloda.x}', ["line 2, column 7"], id="an unknown name"),
        pytest.param("felds(payload)", ["line 1, column 1"], id="an unknown function"),
        pytest.param("payload.a.uper() + nope", ["line 1, column 20", "line 1, column 11"], id="one of each"),
        pytest.param("x" * 20_001, ["at most 20000 characters"], id="endless"),
    ],
)
def test_every_fault_is_told_with_its_place(written: str, expected: list[str]) -> None:
    """M-6, M-11."""
    found = told(written)
    assert len(found) == len(expected)
    assert all(place in said for place, (said, _) in zip(expected, found, strict=True))


@given(st.text(max_size=60))
def test_no_map_breaks_the_check(written: str) -> None:
    """Whatever is written, it is a map or told to be none, by the name of its field."""
    assert all(isinstance(one, Problem) and one.field.startswith("map") for one in mapping.check(written, field="map"))


@pytest.mark.parametrize("name", sorted(mapping._STANDARD))
def test_the_engine_knows_every_function_that_the_check_lets_through(name: str) -> None:
    """A name listed by mistake would be found by a customer's message only."""
    calls = {
        "contains": '"a".contains("a")',
        "endsWith": '"a".endsWith("a")',
        "startsWith": '"a".startsWith("a")',
        "matches": '"a".matches("a")',
        "duration": 'string(duration("1h"))',
        "timestamp": 'timestamp("2026-01-31T09:30:00Z")',
        "bytes": 'size(bytes("a"))',
    }
    call = calls.get(name, f"string(now.{name}())" if name.startswith("get") else f'{name}("1")')
    answer = evaluating.answered(evaluating.question(f'{{"a": {call}}}', b"{}", NOW))
    assert answer.startswith(b'{"event"'), answer


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_example_of_each_function_runs(name: str) -> None:
    payload = b"""{"contact": {"email": "a"}, "answers": {"b": 1, "a": [2, true]}, "amount": 5.0, "lines": ["x", "y"],
      "name": "A B", "text": " a<br>b", "state": "DOWN", "title": "\xc5\xbb\xc3\x93\xc5\x81\xc4\x86"}"""
    answer = evaluating.answered(evaluating.question(f'{{"a": {OURS[name][1]}}}', payload, NOW))
    expected = {
        "get": b'"a"',
        "fields": rb'"b: 1\na: 2, true"',
        "text": b'"5"',
        "join": rb'"x\ny"',
        "split": b'["A","B"]',
        "replace": rb'" a\nb"',
        "trim": b'"a<br>b"',
        "lowerAscii": b'"down"',
        "fold": b"true",
    }
    assert answer == b'{"event":{"a":%b}}' % expected[name]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("a.b", 1, id="there"),
        pytest.param("a.c", "-", id="missing"),
        pytest.param("x.y.z", "-", id="its parent is missing"),
        pytest.param("n", "-", id="null"),
        pytest.param("n.x", "-", id="inside of null"),
        pytest.param("l.1.k", 2, id="an item of a list"),
        pytest.param("l.2", "-", id="beyond the list"),
        pytest.param("l.-1", "-", id="no number"),
        pytest.param("s.0", "-", id="inside of a text"),
    ],
)
def test_what_may_be_absent_is_read_with_a_word_for_it(path: str, found: object) -> None:
    payload = {"a": {"b": 1}, "n": None, "l": [{}, {"k": 2}], "s": "text"}
    assert functions.get(payload, path, "-") == found


def test_fields_keep_the_order_they_were_posted_in() -> None:
    payload = {name: name for name in ["zebra", "alpha", "mike"]} | {"empty": "", "none": None}
    assert functions.of(payload)["fields"]("") == "zebra: zebra\nalpha: alpha\nmike: mike"
