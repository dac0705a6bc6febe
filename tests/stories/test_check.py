"""`centrala check` and wrong settings, as an operator meets them: what is wrong, where, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.telegram.simulator import BotApi
from tests.support import cast, commands
from tests.support.databases import SqliteTemplate

TOKEN = "1000:a-token-of-a-test"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    simulated = BotApi(TOKEN)
    await simulated.start()
    yield simulated
    await simulated.stop()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """The database that settings without one name."""
    return SqliteTemplate(tmp_path_factory.mktemp("template"))


async def run(folder: Path, config: str, *words: str) -> tuple[int, str, str]:
    """`centrala WORDS` with these settings, in a process of its own."""
    (folder / "centrala.toml").write_text(config)
    given = (*words, "--config", str(folder / "centrala.toml"))
    done = await asyncio.to_thread(commands.run_text, *given, folder=folder, is_loaded=words[0] == "check")
    return done.returncode, done.stdout, done.stderr


def telegram(api: BotApi, token: str = TOKEN, more: str = "") -> str:
    return f'[channels.telegram]\ntoken = "{token}"\napi_url = "{api.url}"\n{more}'


async def test_all_mistakes_of_a_file_are_told_at_once_and_exit_2(tmp_path: Path) -> None:
    """M-6: a wrong setting is told with its key, what was expected and an example, and no secret is shown."""
    wrong = (
        '[database]\nurl = "mysql://user:hush@host/db"\n[web]\nport = "eighty"\n'
        '[channels.telegram]\ntoken = "hush"\n'
        '[queues.cards]\nfirst_response = "soon"\n'
        '[[rules]]\nname = "cards"\nwhen = "message.txt =="\n'
    )
    code, out, err = await run(tmp_path, wrong, "check", "config")
    assert code == 2 and out == ""
    for key in (
        "database.url",
        "web.port",
        "channels.telegram.token",
        "queues.cards.first_response",
        "rules.0 (cards)",
    ):
        assert key in err
    assert "line 1, column" in err and "for example" in err
    assert "hush" not in err


async def test_a_good_token_and_group_pass_every_step(tmp_path: Path, api: BotApi) -> None:
    anna = api.world.person(cast.ANNA, "Anna")
    api.world.group(cast.STAFF_CHAT, "Desk", members=[anna])
    code, out, _ = await run(tmp_path, telegram(api, more=f"staff_chat = {cast.STAFF_CHAT}"), "check", "telegram")
    assert code == 0
    assert "ok   token: @centrala_demo_bot" in out
    assert "ok   staff chat: Desk" in out
    assert "FAIL" not in out


async def test_a_wrong_token_is_the_step_that_fails(tmp_path: Path, api: BotApi) -> None:
    code, out, err = await run(tmp_path, telegram(api, token="1000:another-token"), "check", "telegram")
    assert code == 1
    assert "FAIL token: Unauthorized → paste the token again from @BotFather" in out
    assert "another-token" not in out + err


async def test_a_group_the_bot_is_not_in_is_the_step_that_fails(tmp_path: Path, api: BotApi) -> None:
    code, out, _ = await run(tmp_path, telegram(api, more="staff_chat = -4711"), "check", "telegram")
    assert code == 1
    assert "ok   token" in out and "FAIL staff chat: Bad Request: chat not found → add the bot to the group" in out


async def test_a_hub_that_does_not_run_is_named_with_the_next_step(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, "[web]\nport = 9\n", "check", "web")
    assert code == 1
    assert "FAIL this machine: no answer at http://127.0.0.1:9" in out and "start it: centrala run" in out


async def test_a_database_that_does_not_answer_exits_3(tmp_path: Path) -> None:
    config = '[database]\nurl = "postgresql://nobody@127.0.0.1:9/none"\n'
    code, _, err = await run(tmp_path, config, "tickets", "list")
    assert code == 3
    assert "the database cannot be used" in err and "Nothing was done." in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("tickets", "show", "T9"), "there is no T9", id="unknown ticket"),
        pytest.param(("tickets", "show", "nine"), "is not a ticket number", id="not a number"),
        pytest.param(("tickets", "show", "9" * 23), "is not a ticket number", id="no column holds it"),
        pytest.param(("messages", "retry", "9" * 23), "is not a message id", id="an id no column holds"),
        pytest.param(
            ("messages", "retry", "77"), "no parked, dead or withheld message has the id 77", id="unknown message"
        ),
        pytest.param(("staff", "show", "Anna"), "There is no colleague called Anna", id="unknown colleague"),
        pytest.param(
            ("staff", "add", "Anna", "--role", "agent", "--telegram", "anna", "--queue", "nowhere"),
            "queue: expected one of: inbox",
            id="unknown queue",
        ),
        pytest.param(
            ("staff", "add", "Anna", "--role", "agent", "--phone", "12", "--email", "x", "--zone", "Mars"),
            "phone: expected an international number",
            id="bad addresses",
        ),
    ],
)
async def test_a_refusal_says_why_and_exits_1(
    tmp_path: Path, migrated: SqliteTemplate, words: tuple[str, ...], said: str
) -> None:
    migrated.fresh(tmp_path)
    code, out, err = await run(tmp_path, "[web]\nport = 0\n", *words)
    assert code == 1 and out == ""
    assert said in err


async def test_check_web_asks_an_address_of_either_kind(tmp_path: Path) -> None:
    """An IPv6 host stands in brackets in a URL."""
    code, out, _ = await run(tmp_path, '[web]\nhost = "::1"\nport = 9\n', "check", "web")
    assert code == 1
    assert "no answer at http://[::1]:9 (ClientConnectorError)" in out


async def test_one_mistake_hides_no_other(tmp_path: Path) -> None:
    """M-6: two in one list, two in one rule, and what stands behind them."""
    wrong = (
        '[[rules]]\nname = "first"\nwhen = "message.txt == 1"\npriority = 7\n'
        '[[rules]]\nname = "second"\nwhen = "true"\npriority = 8\nqueue = "nowhere"\n'
        '[channels.telegram]\ntoken = "bad"\n'
    )
    code, _, err = await run(tmp_path, wrong, "check", "config")
    assert code == 2 and "5 to mend" in err
    for key in ("rules.0.priority", "rules.1.priority", "channels.telegram.token", "rules.0 (first).when"):
        assert f"  {key}: expected " in err
    assert "  rules.1 (second).queue: expected one of: inbox; got nowhere" in err


async def test_without_a_word_everything_is_checked(tmp_path: Path, api: BotApi, migrated: SqliteTemplate) -> None:
    """M-6: the settings, the page's address, and each channel by its name; one step that fails is enough for 1."""
    migrated.fresh(tmp_path)
    code, out, _ = await run(tmp_path, telegram(api), "check")
    assert code == 1 and "FAIL this machine: no answer at" in out
    assert "ok   settings: channels: telegram" in out and "ok   telegram: " in out


@pytest.mark.parametrize("words", [("check",), ("check", "config")], ids=["all", "config"])
async def test_a_database_that_is_away_is_told_by_3(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, _ = await run(tmp_path, '[database]\nurl = "sqlite://nowhere/at-all.db"\n', *words)
    assert code == 3 and "FAIL database: sqlite://nowhere/at-all.db" in out
