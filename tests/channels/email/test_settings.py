"""Settings of an e-mail address: every mistake told at once, no secret shown, dates and lists as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from channels.email import Settings
from hub import settings
from kernel.errors import Invalid
from tests.channels.email import parts

GOOGLE = {"provider": "google", "client_id": "hub.apps.example"}


def problems(folder: Path, toml: str) -> dict[str, str]:
    path = folder / "centrala.toml"
    path.write_text(toml, "utf-8")
    with pytest.raises(Invalid) as refused:
        settings.load(path)
    assert "canary" not in str([problem.as_dict() for problem in refused.value.problems])
    return {problem.field: problem.expected for problem in refused.value.problems}


def test_all_mistakes_are_told_at_once_and_no_secret_is_shown(tmp_path: Path) -> None:
    """M-6."""
    toml = """
[channels.email]
address = "help desk"
listen = "everywhere"
max_bytes = 5
colour = "red"
[channels.email.smtp]
host = "mail server"
port = 99999
user = "help"
password = "canary"
tls = "ssl"
[[channels.email.imap]]
host = "imap.example"
user = "help"
password = "canary"
since = "yesterday"
[[channels.email.imap]]
user = "help"
"""
    found = problems(tmp_path, toml)
    assert set(found) == {
        "channels.email.address",
        "channels.email.listen",
        "channels.email.max_bytes",
        "channels.email.colour",
        "channels.email.smtp.host",
        "channels.email.smtp.port",
        "channels.email.smtp.tls",
        "channels.email.imap.0.since",
        "channels.email.imap.1.host",
    }
    assert "help@desk.example" in found["channels.email.address"]
    assert "2026-01-31" in found["channels.email.imap.0.since"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"listen": ""}, "a way for mail"),
        ({"certificate": __file__}, "certificate and key"),
        ({"certificate": "/nowhere.pem", "key": "/nowhere.key"}, "a file that is there"),
        ({"smtp": {"host": "mail.example", "user": "help"}}, "user and password"),
        ({"imap": [{"host": "imap.example"}]}, "a mailbox is somebody's"),
        ({"imap": [{"host": "imap.example", "tls": "none"}], "oauth": GOOGLE}, "tls: starttls or implicit"),
        ({"oauth": {"provider": "google"}}, "client_id"),
        ({"address": "help+cards@desk.example"}, "without \\+"),
        ({"name": "Help\nBcc: x@y.example"}, "one line"),
    ],
    ids=[
        "no way at all",
        "half a certificate",
        "no such file",
        "half a login",
        "nobody's mailbox",
        "a token in the clear",
        "no application",
        "plus",
        "line break",
    ],
)
def test_what_does_not_hold_together_is_told(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parts.settings(**more)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("now", None),
        ("all", None),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
    ],
    ids=str,
)
def test_since_is_a_word_or_a_day(written: Any, meant: datetime | None) -> None:
    access = {"host": "imap.example", "user": "help", "password": "x", "since": written}
    assert parts.settings(imap=[access]).imap[0].since_at == meant
    assert parts.settings(imap=access).imap[0].since_at == meant  # one table as well as a list


def test_with_oauth_no_password_is_needed_and_one_that_is_there_counts() -> None:
    """The mailbox is the address, so its place in it is kept when a password becomes a sign-in."""
    smtp = {"host": "relay.example", "user": "relay", "password": "x"}
    found = parts.settings(oauth=GOOGLE, imap=[{"host": "imap.example"}, {"host": "b.example", "user": "s"}], smtp=smtp)
    assert [(one.user, one.by_token) for one in found.imap] == [(parts.ADDRESS, True), ("s", True)]
    assert found.smtp is not None and not found.smtp.by_token


def test_ports_follow_from_tls() -> None:
    smtp = {
        mode: parts.settings(smtp={"host": "mail.example", "tls": mode}).smtp
        for mode in ("none", "starttls", "implicit")
    }
    assert [one.known_port for one in smtp.values() if one] == [25, 587, 465]
    login = {"host": "imap.example", "user": "help", "password": "x"}
    imap = [parts.settings(imap=[login | {"tls": mode}]).imap[0] for mode in ("none", "starttls", "implicit")]
    assert [one.known_port for one in imap] == [143, 143, 993]


def test_an_address_in_another_script_is_kept_as_the_wire_has_it() -> None:
    found = Settings.model_validate({"address": "Help@Példa.hu", "listen": "[::1]:8025"})
    assert (found.address, found.domain) == ("Help@xn--plda-bpa.hu", "xn--plda-bpa.hu")
    assert found.listens_on == ("::1", 8025)


def test_the_environment_gives_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTRALA_CHANNELS__EMAIL__SMTP__PASSWORD", "from-outside")
    path = tmp_path / "centrala.toml"
    path.write_text(
        '[channels.email]\naddress = "help@desk.example"\n[channels.email.smtp]\nhost = "mail.example"\nuser = "help"\n'
    )
    loaded = settings.load(path).channels["email"]
    assert loaded.smtp.password.get_secret_value() == "from-outside"
