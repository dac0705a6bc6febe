"""What a post becomes before it is stored: the event, the name it is known by, and the payload kept beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from tests.webhooks.test_schemas import event
from webhooks import auth, mapped, parse, posting
from webhooks.mapper import Mapper
from webhooks.posting import Posted

NOW = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
MAP = """{"id": get(payload, "id", null), "type": "message.received", "timestamp": get(payload, "at", null),
  "data": {"from": {"address": payload.mail}, "text": text(payload.words)}}"""
BODY = {"mail": "eszter@example.hu", "words": "Hello"}


@pytest.fixture
async def mapper() -> AsyncIterator[Mapper]:
    running = Mapper()
    yield running
    await running.stop()


async def understood(
    mapper: Mapper, payload: Any, *, written: str = MAP, now: datetime = NOW, **headers: str
) -> Posted | None:
    source = auth.source("form", secrets=[], tokens=[], addresses=[], map=written)
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return await posting.understood(source, headers, body, mapper=mapper, now=now)


async def known_by(mapper: Mapper, payload: Any, **more: Any) -> str:
    posted = await understood(mapper, payload, **more)
    assert posted is not None
    return posted.id


async def test_a_payload_becomes_a_message_and_stays_as_it_came(mapper: Mapper) -> None:
    """M-11, M-5: what was said yes to is what is handled, whatever the map says later."""
    body = b'{"mail": "eszter@example.hu",\n "words": "Hello"}'
    posted = await understood(mapper, body)
    assert posted is not None
    inbound = parse.parse(posted.raw)
    assert (str(inbound.sender), inbound.text, inbound.sent_at) == ("mailto:eszter@example.hu", "Hello", NOW)
    assert posted.raw.address == "eszter@example.hu"
    assert mapped.payload(posted.raw.body) == body


async def test_a_source_without_a_map_posts_our_events(mapper: Mapper) -> None:
    body = orjson.dumps(event())
    posted = await understood(mapper, body, written=" ")
    assert posted is not None
    assert (posted.raw.body, posted.event) == (body, body)


async def test_the_map_names_the_event_else_the_header_else_the_body_and_the_day(mapper: Mapper) -> None:
    """R5: a repeat is stored once; the same words another day are meant again."""
    assert await known_by(mapper, BODY | {"id": "a7"}, **{"webhook-id": "h1"}) == "map:a7"
    assert await known_by(mapper, BODY | {"id": 7}) == "map:7"
    assert await known_by(mapper, BODY, **{"webhook-id": "h1"}) == "h1"
    today = await known_by(mapper, BODY)
    assert today == await known_by(mapper, BODY, now=NOW + timedelta(minutes=29))
    assert today != await known_by(mapper, BODY, now=NOW + timedelta(minutes=31))
    assert today != await known_by(mapper, BODY | {"words": "Other"})


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-01-31T10:00:00+01:00", datetime(2026, 1, 31, 9, tzinfo=UTC), id="ISO"),
        pytest.param(1_769_850_000, datetime(2026, 1, 31, 9, tzinfo=UTC), id="seconds since 1970"),
        pytest.param(None, NOW, id="none: when it came in"),
    ],
)
async def test_the_time_is_the_payloads_or_now(mapper: Mapper, at: Any, expected: datetime) -> None:
    posted = await understood(mapper, BODY | {"at": at})
    assert posted is not None
    assert parse.parse(posted.raw).sent_at == expected


async def test_what_is_not_for_us_is_nothing(mapper: Mapper) -> None:
    assert await understood(mapper, BODY, written='payload.words == "Hello" ? null : payload') is None


async def test_every_wrong_field_of_the_event_is_told_at_once_with_the_next_step(mapper: Mapper) -> None:
    """M-11."""
    with pytest.raises(Invalid) as refusal:
        await understood(mapper, {"mail": "", "words": "x\x00", "id": "x" * 201, "at": "soon"})
    assert [one.field for one in refusal.value.problems] == ["id", "timestamp", "data.from.address", "data.text"]
    assert all(one.expected and one.got for one in refusal.value.problems)
    assert "centrala inspect hook form < payload.json" in str(refusal.value)


@pytest.mark.parametrize("wrong", ["", True, [1], {"a": 1}, 1.5], ids=str)
async def test_an_id_that_names_nothing_is_refused(mapper: Mapper, wrong: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        await understood(mapper, BODY | {"id": wrong})
    assert [one.field for one in refusal.value.problems] == ["id"]


@given(st.binary())
def test_event_and_payload_come_back_as_they_were_kept(payload: bytes) -> None:
    made = orjson.dumps({"text": "two\nlines"})
    kept = mapped.kept(made, payload)
    assert (mapped.event(kept), mapped.payload(kept)) == (made, payload)


def test_a_body_that_was_not_mapped_is_its_own_event_and_payload() -> None:
    body = orjson.dumps(event())
    assert (mapped.event(body), mapped.payload(body)) == (body, body)
