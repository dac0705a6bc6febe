"""The log carries ids and never an address, a text or a secret."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from kernel import log

CANARY = "Eszter's secret +36201234567"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a run writes; the configuration before is put back."""
    handlers, disabled = logging.root.handlers[:], logging.getLogger("aiohttp.access").disabled
    stream, level = io.StringIO(), logging.root.level
    log.setup(stream)
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.getLogger("aiohttp.access").disabled = disabled


@pytest.mark.parametrize(
    "key", ["address", "text", "token", "secret", "password", "phone", "body", "url", "name"], ids=str
)
def test_a_key_that_could_carry_words_is_masked(lines: io.StringIO, key: str) -> None:
    log.get("test").info("something", **{key: CANARY})
    written = lines.getvalue()
    assert CANARY not in written
    assert "36201234567" not in written
    assert orjson.loads(written)[key] == log.masked(CANARY)


def test_a_line_is_one_json_object_with_time_and_level(lines: io.StringIO) -> None:
    log.get("test").warning("message.parked", message=42)
    event = orjson.loads(lines.getvalue())
    assert event["event"] == "message.parked"
    assert (event["message"], event["level"]) == (42, "warning")
    assert event["timestamp"].endswith("Z")


def test_below_the_level_nothing_is_written(lines: io.StringIO) -> None:
    log.get("test").debug("chatter")
    assert lines.getvalue() == ""


def test_a_value_that_json_does_not_know_is_written_as_text(lines: io.StringIO) -> None:
    log.get("test").info("odd", value={1}, error=ValueError)
    assert "ValueError" in orjson.loads(lines.getvalue())["error"]


def test_the_cause_of_an_error_is_its_kind_and_place_without_its_words() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        said = log.cause(error)
    assert said.startswith("ValueError at kernel/test_log.py:")
    assert CANARY not in said
    assert log.cause(KeyError("never raised")) == "KeyError"


def test_two_lines_about_one_sender_can_be_joined() -> None:
    assert log.masked("telegram:4711") == log.masked("telegram:4711") != log.masked("telegram:4712")
    assert len(log.masked("x" * 10_000)) == 8
    assert log.masked("\ud800")  # what no encoding holds is masked too
