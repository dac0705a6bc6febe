"""From a stored body to an Inbound: whose address it is, which matter, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Address, Kind, Raw
from tests.conftest import START
from tests.webhooks.test_schemas import event
from webhooks import parse

ACCOUNT = parse.account("erp")


def raw(body: Any, address: str = "x") -> Raw:
    return Raw(parse.CHANNEL, ACCOUNT, "", address, body if isinstance(body, bytes) else orjson.dumps(body), START)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("Eszter@Example.HU", "mailto:eszter@example.hu", id="e-mail, folded"),
        pytest.param(" eszter@example.hu ", "mailto:eszter@example.hu", id="spaces around"),
        pytest.param("+36 20 123 4567", "tel:+36201234567", id="phone, in E.164"),
        pytest.param("+48 600-123-456", "tel:+48600123456", id="Polish phone"),
        pytest.param("+1", "web:hook:erp/+1", id="no phone number"),
        pytest.param("+36 20", "web:hook:erp/+36 20", id="too short a number"),
        pytest.param("0620 1234567", "web:hook:erp/0620 1234567", id="a national number says nothing"),
        pytest.param("user-4711", "web:hook:erp/user-4711", id="a name of that source only"),
        pytest.param("a@b", "web:hook:erp/a@b", id="no domain"),
        pytest.param("a b@example.hu", "web:hook:erp/a b@example.hu", id="a space within"),
        pytest.param("a@b@example.hu", "web:hook:erp/a@b@example.hu", id="two at signs"),
    ],
)
def test_an_address_is_what_it_looks_like(written: str, expected: str) -> None:
    """M-11: answered by e-mail or phone where one was given."""
    assert str(parse.address(written, ACCOUNT)) == expected


def test_the_same_name_at_another_source_is_somebody_else() -> None:
    assert parse.address("7", "hook:a") != parse.address("7", "hook:b")


@given(st.text(min_size=1, max_size=320).filter(lambda text: "\x00" not in text))
def test_every_address_fits_its_column(written: str) -> None:
    assert len(parse.address(written, "hook:" + "n" * 40).value) <= 320


def test_two_long_names_stay_two() -> None:
    one, two = parse.address("x" * 319 + "1", ACCOUNT), parse.address("x" * 319 + "2", ACCOUNT)
    assert one != two
    assert one == parse.address("x" * 319 + "1", ACCOUNT)


def test_a_message_is_understood() -> None:
    """M-4."""
    inbound = parse.parse(raw(event(data={"subject": "Card", "thread": "t1", "language": "hu"})))
    sender = Address("mailto", "eszter@example.hu")
    assert (inbound.kind, inbound.sender, inbound.address) == (Kind.MESSAGE, sender, sender)
    assert (inbound.name, inbound.text, inbound.subject, inbound.language) == ("Eszter", "Hello", "Card", "hu")
    assert inbound.matter == "hook:erp/t1"
    assert inbound.sent_at == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    assert inbound.unreadable == ""


def test_a_message_without_a_thread_has_no_matter() -> None:
    assert parse.parse(raw(event())).matter == ""


def test_a_time_without_a_zone_is_not_guessed() -> None:
    assert parse.parse(raw(event(timestamp="2026-01-31T09:30:00"))).sent_at is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "not an event (body)", id="nothing"),
        pytest.param({"type": "x"}, "not an event (type)", id="another event"),
    ],
)
def test_what_cannot_be_read_is_an_unreadable_message_of_its_sender(body: Any, why: str) -> None:
    """M-5: an older body that this version no longer reads is not lost."""
    inbound = parse.parse(raw(body, address="4711"))
    assert (inbound.unreadable, str(inbound.sender)) == (why, "web:hook:erp/4711")


@given(st.binary(max_size=100), st.text(max_size=320))
def test_parsing_never_raises(body: bytes, address: str) -> None:
    inbound = parse.parse(raw(body, address))
    assert inbound.unreadable
    assert len(inbound.sender.value) <= 320
