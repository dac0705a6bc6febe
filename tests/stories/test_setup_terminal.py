"""`centrala setup` as an operator meets it: asked at a real terminal, and without any question from a script."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.sms.simulator import TwilioApi
from channels.telegram.simulator import BotApi
from hub import settings
from tests.support import commands
from tests.support.ports import free_port

TOKEN = "1000:token-typed-at-the-terminal"
SID = "AC0123456789abcdef0123456789abcdef"
AUTH = "auth-token-of-the-story"
PATIENCE_S = 60.0


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    simulated = BotApi(TOKEN)
    await simulated.start()
    yield simulated
    await simulated.stop()


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioApi]:
    simulated = TwilioApi(AUTH, account_sid=SID)
    await simulated.start()
    yield simulated
    await simulated.stop()


async def run(folder: Path, *words: str, typed: str = "", **more: str) -> tuple[int, str, str]:
    """`centrala setup WORDS` with standard input from a pipe."""
    environment = {**os.environ, "LANG": "C", **more}
    given = {"given": typed, "folder": folder, "environment": environment, "is_loaded": True}
    done = await asyncio.to_thread(commands.run_text, "setup", *words, **given)
    return done.returncode, done.stdout, done.stderr


class Terminal:
    """A person at a terminal: reads until a question, types an answer. `seen`: all that stood on the screen."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.seen = ""
        self._unread = ""
        self._ours, theirs = os.openpty()
        os.set_blocking(self._ours, False)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub", "setup"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**os.environ, "LANG": "C", "TERM": "dumb", **more},
            start_new_session=True,
        )
        os.close(theirs)

    def answer(self, question: str, typed: str) -> None:
        """Wait for the question, then type."""
        self.read_until(rf"{re.escape(question)}[^\n]*: $|{re.escape(question)}[^\n]*\]: $")
        os.write(self._ours, f"{typed}\n".encode())

    def read_until(self, pattern: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self._unread, re.MULTILINE)):
            assert time.monotonic() < deadline, self.seen
            if not self._read() and self.process.poll() is not None:
                raise AssertionError(self.seen)
        self._unread = self._unread[found.end() :]

    def end(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._read()
        return code

    def leave(self) -> None:
        """Close the window, whatever runs in it."""
        self.process.kill()
        self.process.wait(10)
        os.close(self._ours)

    def _read(self) -> bool:
        try:
            part = os.read(self._ours, 65_536).decode()
        except BlockingIOError:
            time.sleep(0.02)
            return False
        except OSError:  # the other end is closed: Linux says EIO
            return False
        self.seen += part
        self._unread += part
        return bool(part)


def talk(folder: Path, database: str) -> tuple[int, str]:
    """The whole conversation: a new token for Telegram, e-mail with servers that are not there, no SMS, a colleague."""
    at = Terminal(folder, CENTRALA_DATABASE__URL=database)
    try:
        answer_all(at)
        return at.end(), at.seen
    finally:
        at.leave()


def answer_all(at: Terminal) -> None:
    at.answer("Language", "pl")
    at.answer("Nazwa firmy", "Orlik Sp. z o.o.")
    at.answer("Strefa czasowa", "Mars")
    at.answer("Zacząć w trybie cichym", "y")
    at.read_until("Oczekiwano: strefa czasowa")
    at.answer("Strefa czasowa", "Europe/Warsaw")
    at.answer("Token bota", TOKEN)
    at.read_until("ok +token: @centrala_demo_bot")
    at.answer("Adres e-mail", "help@127.0.0.1.invalid")
    at.answer("Sposób logowania", "")
    at.answer("Hasło do skrzynki", "hush-hush")
    at.read_until("FAIL smtp: połączenie")
    at.answer("Odpowiedzieć jeszcze raz?", "n")
    at.answer("Account SID", "")  # no SMS
    at.answer("Imię administratora", "Marek")
    at.read_until(r"Marek otwiera ten odnośnik jeden raz: https://t\.me/centrala_demo_bot\?start=a_[\w-]{43}\s")
    at.read_until("To wszystko")
    at.read_until("centrala go-live")


async def test_the_questions_lead_to_a_file_that_runs(tmp_path: Path, empty_url: str, api: BotApi) -> None:
    """M-4: each channel is tried at once; what fails is told and saved; no secret is ever on the screen."""
    (tmp_path / "centrala.toml").write_text(
        f'[channels.telegram]\ntoken = "1000:taken-back"  # by Ewa\napi_url = "{api.url}"\n'
    )
    code, seen = await asyncio.to_thread(talk, tmp_path, empty_url)
    assert code == 1  # a step of e-mail fails
    assert "Zapisano, wszystko odpowiada." in seen and "Zapisano, ale jeden z kroków" in seen
    assert "Te serwery to przypuszczenie" in seen
    assert "# by Ewa" in (tmp_path / "centrala.toml").read_text()
    assert TOKEN not in seen and "taken-back" not in seen and "hush-hush" not in seen
    found = settings.load(tmp_path / "centrala.toml")
    assert found.quiet is True
    assert (found.company.name, found.company.zone) == ("Orlik Sp. z o.o.", "Europe/Warsaw")
    assert found.channels["telegram"].token.get_secret_value() == TOKEN
    assert found.channels["email"].imap[0].host == "imap.127.0.0.1.invalid"
    assert list(found.channels) == ["telegram", "email"]


async def test_a_script_needs_no_terminal(tmp_path: Path, api: BotApi, twilio: TwilioApi) -> None:
    """Secrets come from standard input and the environment, so that no list of processes shows them."""
    code, out, err = await run(
        tmp_path,
        "--no-input",
        *("--set", "channels.telegram.token=-"),
        *("--set", f"channels.telegram.api_url={api.url}"),
        *("--set", f"channels.sms.account_sid={SID}"),
        *("--set", "channels.sms.auth_token=env:TWILIO"),
        *("--set", f"channels.sms.sender={twilio.world.number}"),
        *("--set", f"channels.sms.api_url={twilio.url}"),
        *("--set", "channels.sms.receive=poll"),
        *("--set", "web.port=8081"),
        typed=f"{TOKEN}\n",
        TWILIO=AUTH,
    )
    assert (code, err) == (0, "")
    assert "ok   token: @centrala_demo_bot" in out and "ok   account: signed in" in out
    assert TOKEN not in out and AUTH not in out
    found = settings.load(tmp_path / "centrala.toml")
    assert (found.web.port, found.channels["sms"].sender) == (8081, twilio.world.number)
    assert found.channels["sms"].token == AUTH


async def test_a_step_that_fails_is_told_and_saved(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    code, out, _ = await run(
        tmp_path,
        "--no-input",
        "--set",
        f"channels.telegram.token={TOKEN}",
        "--set",
        f"channels.telegram.api_url={nowhere}",
    )
    assert code == 1
    assert "FAIL reach: no answer" in out and "→ this machine does not reach the Bot API" in out
    assert settings.load(tmp_path / "centrala.toml").channels["telegram"].api_url == nowhere


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--no-input needs --set KEY=VALUE"),
        (("--set", "web.port"), "--set takes KEY=VALUE"),
        (("--set", "web.port=eighty"), "web.port: expected"),
        (("--set", "channels.telegram.token=hush"), "channels.telegram.token: expected a bot token"),
        (("--set", "channels.telegram.token=env:NOT_THERE"), "there is no variable NOT_THERE"),
        (("--set", "channels.telegram.token=-"), "there is none left"),
        (("--set", "chanels.telegram.token=x"), "chanels: expected"),
    ],
    ids=["nothing to do", "no value", "wrong", "wrong secret", "no variable", "no line", "no such key"],
)
async def test_what_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    code, out, err = await run(tmp_path, "--no-input", *words)
    assert (code, out) == (2, "")
    assert said in err and "hush" not in err
    assert not (tmp_path / "centrala.toml").exists()
