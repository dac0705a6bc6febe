"""Maps at work in their process: what they make, what they refuse and why, and that nothing holds up the hub."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from kernel.errors import Invalid, Problem, TryLater
from webhooks import mapper as module
from webhooks.mapper import Mapper

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
MAX = 2**63 - 1


@pytest.fixture
async def mapper() -> AsyncIterator[Mapper]:
    running = Mapper()
    yield running
    await running.stop()


async def refused(mapper: Mapper, written: str, payload: Any) -> Problem:
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    with pytest.raises(Invalid) as refusal:
        await mapper.event(written, body, NOW)
    [problem] = refusal.value.problems
    return problem


@pytest.mark.parametrize(
    ("written", "body", "expected"),
    [
        pytest.param('{"a": payload.x}', b'{"x": "\xc5\x91"}', {"a": "ő"}, id="JSON"),
        pytest.param('{"a": payload.x}', b"x=%C5%91+1&y=", {"a": "ő 1"}, id="a form"),
        pytest.param('{"a": payload.x}', b"x=1&x=2", {"a": ["1", "2"]}, id="a field that comes twice"),
        pytest.param('{"a": payload[0]}', b"[5]", {"a": 5}, id="a list"),
        pytest.param('{"a": payload.x, "b": {"c": payload.x}}', b'{"x": null}', {"b": {}}, id="nulls are left out"),
        pytest.param('{"a": now}', b"{}", {"a": "2026-01-31T09:30:00+00:00"}, id="the time of the hub"),
        pytest.param("payload.x", b'{"x": null}', None, id="not for us"),
    ],
)
async def test_a_payload_becomes_what_the_map_says(mapper: Mapper, written: str, body: bytes, expected: Any) -> None:
    """M-11."""
    assert await mapper.event(written, body, NOW) == expected


@pytest.mark.parametrize(
    ("written", "payload", "field", "got"),
    [
        pytest.param("payload.a.b", {"a": {}}, "payload.a.b", "nothing", id="a missing key"),
        pytest.param("payload.rows.map(r, r.x)", {"rows": [{}]}, "x", "nothing", id="a missing key in a list"),
        pytest.param("payload[3]", [1], "map", "index out of bounds: 3", id="beyond a list"),
        pytest.param('{"a": 1 / payload.n}', {"n": 0}, "map", "a division by zero", id="division by zero"),
        pytest.param('{"a": payload.n + 1}', {"n": MAX}, "map", "overflow", id="too large a number"),
        pytest.param('{"a": payload.n + "x"}', {"n": 1}, "map", "not defined", id="a number and a text"),
        pytest.param('{"a": int(payload.n)}', {"n": "x"}, "map", "invalid digit", id="a text that is no number"),
        pytest.param('{"a": payload.n.join(",")}', {"n": 5}, "map", "join: expected a list", id="ours, asked wrongly"),
        pytest.param("[payload]", {}, "map", "a list", id="no event"),
        pytest.param('"x"', {}, "map", "a text", id="a text"),
        pytest.param('{1: "x"}', {}, "map", "key must be str", id="keys that are no texts"),
        pytest.param('{"a": duration("1h")}', {}, "map", "timedelta", id="a duration"),
        pytest.param('{"a": b"x"}', {}, "map", "bytes", id="bytes"),
        pytest.param("payload", b'{"a":' * 900 + b"1" + b"}" * 900, "map", "recursion", id="deep"),
        pytest.param("payload", b'{"a":' * 9000 + b"1" + b"}" * 9000, "body", "depth", id="too deep"),
        pytest.param("payload", b"", "body", "", id="no body"),
        pytest.param("payload", b'{"a": 1', "body", "column 8", id="JSON cut short"),
        pytest.param("payload", b'<a b="c"/>', "body", "", id="XML"),
        pytest.param("payload", b"a=%ff", "body", "decode", id="a form that is no UTF-8"),
        pytest.param("payload", b"\xff=\xff", "body", "decode", id="bytes that are no UTF-8"),
        pytest.param(
            '{"a": payload.n.map(i, payload.s)}', {"n": [0] * 50, "s": "x" * 50_000}, "map", "bytes", id="huge"
        ),
    ],
)
async def test_a_map_that_fails_is_a_refusal_with_the_field(
    mapper: Mapper, written: str, payload: Any, field: str, got: str
) -> None:
    """M-11: 400 for the sender, never a 500."""
    problem = await refused(mapper, written, payload)
    assert problem.field == field and problem.expected
    assert got in problem.got


async def test_a_map_that_does_not_end_is_ended_and_the_hub_goes_on(mapper: Mapper) -> None:
    """S12: three thousand lines for each of three thousand lines; another loop turns meanwhile."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    turning = asyncio.ensure_future(turn())
    written = "payload.rows.map(a, payload.rows.map(b, a * b))"
    problem = await refused(mapper, written, {"rows": list(range(3000))})
    turning.cancel()
    assert (problem.field, problem.expected) == ("map", "an event within 1 s of work")
    assert turns > 20
    assert await mapper.event('{"a": 1}', b"{}", NOW) == {"a": 1}


async def test_a_map_that_wants_too_much_memory_is_refused_and_the_next_one_works(mapper: Mapper) -> None:
    written = '{"a": payload.s.replace("x", payload.s).replace("x", payload.s)}'
    problem = await refused(mapper, written, {"s": "x" * 100_000})
    assert (problem.field, problem.expected) == ("map", "an event that fits into memory")
    assert await mapper.event('{"a": 1}', b"{}", NOW) == {"a": 1}


async def test_a_process_ended_from_outside_is_tried_later_and_started_again(mapper: Mapper) -> None:
    """M-5: the payload is not at fault, so its sender comes again."""
    await mapper.event("null", b"{}", NOW)
    assert mapper._child is not None
    os.kill(mapper._child._process.pid, signal.SIGSTOP)  # it has the question and does not answer
    working = asyncio.ensure_future(mapper.event("null", b"x" * 1_000_000, NOW))
    for _ in range(500):
        await asyncio.sleep(0 if mapper._busy.locked() else 0.01)
    await asyncio.sleep(0.2)
    os.kill(mapper._child._process.pid, signal.SIGKILL)
    with pytest.raises(TryLater):
        await working
    assert await mapper.event('{"a": 1}', b"{}", NOW) == {"a": 1}


async def test_a_process_that_died_between_two_posts_is_not_noticed(mapper: Mapper) -> None:
    await mapper.event("null", b"{}", NOW)
    assert mapper._child is not None
    mapper._child._process.kill()
    mapper._child._process.wait()
    assert await mapper.event('{"a": 1}', b"{}", NOW) == {"a": 1}


async def test_payloads_that_wait_for_their_turn_too_long_are_told_to_come_back(
    mapper: Mapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TURN_S", 0.01)
    await mapper._turn.acquire()
    with pytest.raises(TryLater):
        await mapper.event("null", b"{}", NOW)
    mapper._turn.release()
    assert await mapper.event("null", b"{}", NOW) is None


async def test_many_at_once_each_get_their_own_answer(mapper: Mapper) -> None:
    answers = await asyncio.gather(*(mapper.event('{"a": payload}', b"%d" % n, NOW) for n in range(100)))
    assert answers == [{"a": n} for n in range(100)]
