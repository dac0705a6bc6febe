"""The settings file as setting up leaves it: values come back, comments stay, and it is never one that is refused."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import settings
from hub.setup import writing
from kernel.errors import Invalid

TOKEN = "1000:token-of-a-test"
WRITTEN = """# ours, since 2019
[database]
url = "sqlite://centrala.db"  # on the fast disk

[queues.inbox]
first_response = "1h"   # promised to customers

# phones of the desk
[channels.telegram]
mode = "polling"  # no public address
token = "1000:the-old-token"

[[rules]]
name = "cards"
when = 'message.text == "x"'
"""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def fields(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {problem.field for problem in error.value.problems}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centrala.toml"


def test_a_new_file_is_its_owners_alone_and_one_that_runs(path: Path) -> None:
    writing.write(path, {"company.name": "Orlik", "channels.telegram.token": TOKEN, "web.port": 8081})
    found = settings.load(path)
    assert found.channels["telegram"].token.get_secret_value() == TOKEN
    assert (found.company.name, found.web.port) == ("Orlik", 8081)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["centrala.toml"]


def test_comments_and_order_stay_and_what_was_before_is_kept_beside(path: Path) -> None:
    path.write_text(WRITTEN)
    writing.write(path, {"channels.telegram.token": TOKEN})
    assert path.read_text() == WRITTEN.replace("1000:the-old-token", TOKEN)
    beside = path.with_name("centrala.toml.bak")
    assert beside.read_text() == WRITTEN
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(beside.stat().st_mode) == 0o600


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "real" / "settings.toml"
    real.parent.mkdir()
    real.write_text(WRITTEN)
    path.symlink_to(real)
    writing.write(path, {"company.name": "Orlik"})
    assert path.is_symlink() and "Orlik" in real.read_text()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels.telegram.token": "hush"}, "channels.telegram.token"),
        ({"web.port": "eighty"}, "web.port"),
        ({"company.zone": "Mars"}, "company.zone"),
        ({"company.language": "xx"}, "company.language"),
        ({"channels.pigeon.token": "x"}, "channels.pigeon"),
        ({"nonsense.key": 1}, "nonsense"),
        ({"queues.inbox.first_response": "soon"}, "queues.inbox.first_response"),
    ],
)
def test_what_run_refuses_is_not_written(path: Path, changes: dict[str, object], field: str) -> None:
    path.write_text(WRITTEN)
    with pytest.raises(Invalid) as refused:
        writing.write(path, changes)
    assert field in fields(refused)
    assert "hush" not in str([one.as_dict() for one in refused.value.problems])
    assert path.read_text() == WRITTEN
    assert [one.name for one in path.parent.iterdir()] == ["centrala.toml"]


def test_a_file_that_is_no_toml_is_left_alone_and_not_quoted(path: Path) -> None:
    path.write_text('token = "hush\n')
    with pytest.raises(Invalid) as refused:
        writing.write(path, {"company.name": "Orlik"})
    assert fields(refused) == {str(path)}
    assert "hush" not in refused.value.problems[0].expected and "line 1" in refused.value.problems[0].expected
    assert path.read_text() == 'token = "hush\n'


@pytest.mark.parametrize(
    "before",
    [
        '[channels.email]\naddress = "a@b.example"\n[channels.email.imap]\nhost = "h"\nuser = "u"\npassword = "p"\n',
        '[channels.email]\naddress = "a@b.example"\n[[channels.email.imap]]\nhost = "h"\nuser = "u"\npassword = "p"\n',
        'channels.email = {address = "a@b.example", imap = {host = "h", user = "u", password = "p"}}\n',
    ],
    ids=["one table", "a list", "inline"],
)
def test_the_first_mailbox_is_found_however_it_is_written(path: Path, before: str) -> None:
    path.write_text(before)
    writing.write(path, {"channels.email.imap.0.host": "imap.b.example"})
    [mailbox] = settings.load(path).channels["email"].imap
    assert (mailbox.host, mailbox.user) == ("imap.b.example", "u")


def test_none_takes_a_key_out(path: Path) -> None:
    path.write_text(WRITTEN)
    writing.write(path, {"channels.telegram.mode": None, "channels.sms.sender": None})
    assert path.read_text() == WRITTEN.replace('mode = "polling"  # no public address\n', "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"web.port": "8081"}, {"web.port": 8081}),
        ({"company.name": "8081"}, {"company.name": "8081"}),
        ({"company.name": "true"}, {"company.name": "true"}),
        (
            {"channels.telegram.token": TOKEN, "channels.telegram.staff_chat": "-1001234"},
            {"channels.telegram.staff_chat": -1001234},
        ),
        (
            {
                "channels.email.address": "a@b.example",
                "channels.email.reply_tokens": "false",
                "channels.email.listen": "127.0.0.1:1",
            },
            {"channels.email.reply_tokens": False},
        ),
    ],
    ids=["a number", "a name of digits", "a name like a word of TOML", "negative", "false"],
)
def test_values_as_typed_are_what_their_setting_takes(
    path: Path, written: dict[str, str], expected: dict[str, object]
) -> None:
    assert writing.typed(path, written).items() >= expected.items()


@given(name=TEXTS, secret=st.from_regex(r"[0-9]{1,9}:[A-Za-z0-9_-]{3,40}", fullmatch=True), again=TEXTS)
def test_whatever_is_written_comes_back_and_comments_stay(
    tmp_path_factory: pytest.TempPathFactory, name: str, secret: str, again: str
) -> None:
    """Any text in any order: what TOML reads is what was set, all that stood there still stands, and it runs."""
    path = tmp_path_factory.mktemp("any") / "centrala.toml"
    path.write_text(WRITTEN)
    for changes in ({"company.name": name}, {"channels.telegram.token": secret}, {"company.name": again}):
        writing.write(path, changes)
    expected = writing.changed(tomllib.loads(WRITTEN), {"company.name": again, "channels.telegram.token": secret})
    assert tomllib.loads(path.read_text()) == expected
    assert all(comment in path.read_text() for comment in ("# ours, since 2019", "# on the fast disk", "# promised"))
    assert settings.load(path).company.name == again
