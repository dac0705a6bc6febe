"""Settings of SMS: every mistake is told at once, with its key and an example, and no secret."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.sms import Settings
from hub import settings
from kernel.errors import Invalid

RIGHT = {
    "account_sid": "AC0123456789abcdef0123456789abcdef",
    "auth_token": "0123456789abcdef0123456789abcdef",
    "sender": "+48732000111",
}
SERVICE = "MG0123456789abcdef0123456789abcdef"


def wrong(tmp_path: Path, web_url: str = "https://desk.example", **changes: Any) -> dict[str, str]:
    """Field → what was expected."""
    sms = {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}
    with pytest.raises(Invalid) as refused:
        settings.check({"web": {"public_url": web_url}, "channels": {"sms": sms}}, base=tmp_path)
    assert all("hush" not in f"{one}" for one in refused.value.problems)
    return {one.field.removeprefix("channels.sms."): one.expected for one in refused.value.problems}


def right(**changes: Any) -> Settings:
    return Settings.model_validate({**RIGHT, **changes}, context={"public_url": "https://desk.example"})


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("no account", {"account_sid": None}, "account_sid", "a value; for example AC0123"),
    ("a strange account", {"account_sid": "SK0123456789abcdef0123456789abcdef"}, "account_sid", "AC and 32 characters"),
    ("no token", {"auth_token": []}, "auth_token", "the auth token of Twilio's console"),
    ("a short token", {"auth_token": "hush"}, "auth_token", "a list of two"),
    ("one of two", {"auth_token": [RIGHT["auth_token"], " hush hush "]}, "auth_token", "the new one first"),
    ("no sender", {"sender": ""}, "messaging_service_sid", "one of them"),
    ("two senders", {"messaging_service_sid": SERVICE}, "messaging_service_sid", "one of them"),
    ("a strange service", {"sender": "", "messaging_service_sid": "MGx"}, "messaging_service_sid", "for example MG"),
    ("a long name", {"sender": "Orlik Petrol Sp"}, "sender", "a number like +48600123456"),
    ("a number without +", {"sender": "48732000111222"}, "sender", "a number like +48600123456"),
    ("another server in the open", {"api_url": "http://twilio.example"}, "api_url", "for example https://api.twilio.com"),
    ("a public address", {"public_url": "desk.example"}, "public_url", "for example https://desk.example"),
    ("a way to receive", {"receive": "push"}, "receive", "'webhook' or 'poll'; for example poll"),
    ("a breathless poller", {"poll_every": "0s"}, "poll_every", "from 1s to 1h"),
    ("no duration", {"poll_every": "often"}, "poll_every", ""),
    ("a country", {"countries": ["PL", "Poland"]}, "countries", "two letters, for example PL"),
    ("no list", {"countries": 5}, "countries", ""),
    ("a cap", {"per_prefix": -1}, "per_prefix", "greater than or equal to 0"),
    ("a rate", {"rate": 0}, "rate", "greater than 0"),
    ("an unknown key", {"token": "hush"}, "token", "no such key here"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_mistake_is_told_with_its_field(tmp_path: Path, changes: dict[str, Any], field: str, said: str) -> None:
    """M-6."""
    found = wrong(tmp_path, **changes)
    assert list(found) == [field]
    assert said in found[field]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """M-6."""
    found = wrong(tmp_path, "", account_sid="x", sender="", per_day="many", countries=["Q"])
    assert set(found) == {"account_sid", "messaging_service_sid", "receive", "per_day", "countries"}


def test_a_webhook_needs_an_address(tmp_path: Path) -> None:
    assert 'receive = "poll"' in wrong(tmp_path, "")["receive"]
    for more in ({"public_url": "https://sms.example/"}, {"receive": "poll"}):
        found = settings.check({"channels": {"sms": {**RIGHT, **more}}}, base=tmp_path)
        assert found.channels["sms"].receive == more.get("receive", "webhook")


def test_an_address_of_its_own_goes_before_that_of_the_hub() -> None:
    assert right(public_url="https://sms.example/").public_url == "https://sms.example"


def test_defaults_and_forms() -> None:
    found = right(auth_token=["the-new-token", "the-old-token"], countries=["pl", "SK"], poll_every="1m")
    assert (found.token, found.keys) == ("the-new-token", (b"the-new-token", b"the-old-token"))
    assert (found.countries, found.poll_every, found.identity) == (("PL", "SK"), timedelta(minutes=1), "+48732000111")
    assert found.is_number and not found.is_name
    assert right(sender="Orlik").is_name and not right(sender="72000").is_name
    assert right(sender="", messaging_service_sid=SERVICE).identity == SERVICE
