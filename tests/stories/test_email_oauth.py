"""E-mail with the whole hub where passwords are no longer taken: signed in once, and on it goes for months."""

from __future__ import annotations

import asyncio
import io
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from channels.email.oauth import keeper, keeping
from channels.email.simulator import MailServer, Provider
from crmcore.models.staff import Role
from hub import needs
from kernel import log
from tests.channels.email.oauth import signing
from tests.channels.email.oauth.signing import ADDRESS
from tests.support import stage as stages
from tests.support.imap import ImapServer, Stranger
from tests.support.stage import Stage

LETTER = (
    "From: Eszter Nagy <eszter@example.hu>\r\nTo: help@desk.example\r\nMessage-ID: <{number}@example.hu>\r\n"
    "Subject: Card\r\n\r\n{text}\r\n"
)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    simulated = Provider()
    await simulated.start()
    yield simulated
    await simulated.stop()


@pytest.fixture
async def imap(provider: Provider) -> AsyncIterator[ImapServer]:
    server = ImapServer(user=ADDRESS, introspect=f"{provider.url}/introspect")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@asynccontextmanager
async def playing(
    url: str, folder: Path, provider: Provider, imap: ImapServer
) -> AsyncIterator[tuple[Stage, MailServer]]:
    server = MailServer(opens=provider.may_read)
    port = await server.start()
    email: dict[str, Any] = {
        "address": ADDRESS,
        "oauth": signing.table(provider),
        "smtp": {"host": "127.0.0.1", "port": port, "tls": "none"},
        "imap": [{"host": "127.0.0.1", "port": imap.port, "tls": "none"}],
    }
    try:
        async with stages.playing(url, folder, channels={"email": email}) as stage:
            yield stage, server
    finally:
        await server.stop()


async def has_mark(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT key FROM marks WHERE key LIKE 'mailbox/%'"))


async def test_a_mail_is_answered_though_the_token_runs_out_in_between(
    database_url: str, tmp_path: Path, provider: Provider, imap: ImapServer
) -> None:
    """M-8, M-9, M-6: read with one token, answered with the next; neither stands in a log or in the database."""
    signing.kept(provider, tmp_path)
    logged = io.StringIO()
    log.setup(logged, level="debug")
    try:
        async with playing(database_url, tmp_path, provider, imap) as (stage, server):
            await stage.until(lambda: has_mark(stage))
            await Stranger(imap).put(LETTER.format(number=1, text="My card 7012 is blocked.").encode())
            await stage.until(lambda: [one for one in stage.texts(stage.desk.id) if "My card 7012 is blocked." in one])
            await stage.settled()
            await stage.until(lambda: len(server.inbox("eszter@example.hu")) == 1)
            provider.forget()
            server.hang_up()
            await stage.staff("It works again.", reply_to=stage.find("My card 7012 is blocked.").id)
            await stage.until(lambda: len(server.inbox("eszter@example.hu")) == 2)
            assert server.inbox("eszter@example.hu")[1].text == "It works again."
            assert provider.refreshes == 1
            await Stranger(imap).put(LETTER.format(number=2, text="Thank you!").encode())
            await stage.until(lambda: [one for one in stage.texts(stage.desk.id) if "Thank you!" in one])
            messages = await stage.rows("SELECT * FROM messages")
            marks = await stage.rows("SELECT * FROM marks")
    finally:
        log.setup()
    assert "email.token_renewed" in logged.getvalue()
    stored = orjson.dumps([messages, marks], default=str).decode()
    assert [one for one in provider.secrets if one in logged.getvalue() or one in stored] == []


async def test_an_ended_sign_in_is_told_to_administrators_once_a_day_until_somebody_signs_in(
    database_url: str, tmp_path: Path, provider: Provider, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R5: the channel is degraded, says what to do, and needs no restart afterwards."""
    monkeypatch.setattr(needs, "LOOK_S", 0.05)
    monkeypatch.setattr(keeper, "LOOK_S", 0.05)
    signing.kept(provider, tmp_path)
    async with playing(database_url, tmp_path, provider, imap) as (stage, _):
        [email] = [one for one in stage.app.adapters if one.name == "email"]
        admin = await stage.hire("Ada", 7001, Role.ADMIN)
        stage.open(admin)
        chat = stage.world.private(admin).id
        await stage.until(lambda: has_mark(stage))
        signing.kept(provider, tmp_path, ago=signing.OLD)
        provider.revoke()
        await stage.until(lambda: "run `centrala email sign-in`" in email.health.degraded)
        await stage.until(lambda: told(stage, chat) == 1)
        await stage.push(hours=20)
        await asyncio.sleep(0)
        assert told(stage, chat) == 1
        await stage.push(hours=5)
        await stage.until(lambda: told(stage, chat) == 2)
        signing.kept(provider, tmp_path)
        await stage.until(lambda: email.health.ready and not email.health.degraded)


def told(stage: Stage, chat: int) -> int:
    return len([one for one in stage.bot_texts(chat) if "e-mail: the sign-in has ended" in one])


# -- centrala email sign-in --------------------------------------------------------------------------------------------


def config(provider: Provider, folder: Path, **more: Any) -> Path:
    """The settings as a file: what an operator runs the commands with."""
    table = {**signing.table(provider), **more}
    lines = [f"{key} = {orjson.dumps(value).decode()}" for key, value in table.items()]
    text = '[channels.email]\naddress = "help@desk.example"\n[channels.email.smtp]\nhost = "127.0.0.1"\ntls = "none"\n'
    path = folder / "centrala.toml"
    path.write_text("\n".join([text, "[channels.email.oauth]", *lines]))
    return path


async def signing_in(provider: Provider, folder: Path, user: str) -> tuple[int, list[Any], str]:
    """`centrala email sign-in --json`, with somebody entering the code; returns exit code, lines and complaints."""
    command = [sys.executable, "-m", "hub", "email", "sign-in", "--json", "--config", str(config(provider, folder))]
    pipe = subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    shown = orjson.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    assert shown["open"] == f"{provider.url}/device" and shown["until"].endswith("Z")
    provider.enter(shown["code"], user)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, [orjson.loads(line) for line in out.splitlines()], err.decode()


async def test_the_command_signs_in_and_keeps_it(provider: Provider, tmp_path: Path) -> None:
    """Who has signed in is said, masked; the tokens are in the file and nowhere else."""
    provider.interval_s, provider.sign_in_lives_s = 1, 604800
    code, lines, err = await signing_in(provider, tmp_path, ADDRESS)
    assert (code, err) == (0, "")
    assert lines[0]["signed_in"] == "h…@d….example"
    assert lines[0]["ends_at"].endswith("Z")
    file = keeping.path(tmp_path, ADDRESS)
    kept = keeping.read(file)
    assert kept is not None and provider.may_read(ADDRESS, kept.access)
    assert mode(file) == 0o600
    assert kept.refresh not in str(lines) and kept.access not in str(lines)


async def test_the_command_refuses_another_person_and_keeps_nothing(provider: Provider, tmp_path: Path) -> None:
    provider.interval_s = 1
    code, lines, err = await signing_in(provider, tmp_path, "anna@other.example")
    assert (code, lines) == (1, [])
    assert err.startswith("centrala: a…@o….example has signed in, and the settings want h…@d….example")
    assert keeping.read(keeping.path(tmp_path, ADDRESS)) is None


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)
