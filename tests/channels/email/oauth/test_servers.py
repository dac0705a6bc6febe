"""XOAUTH2 at real servers: pymap asks the provider whether a token is good, so does the mail server that we send by."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.contract import Health
from channels.email import poll
from channels.email.mailbox import Mailbox, Refused
from channels.email.oauth.access import Access
from channels.email.poll import Poller
from channels.email.probe import probe
from channels.email.send import Client
from channels.email.settings import Settings
from channels.email.simulator import MailServer, Provider
from channels.email.trouble import Trouble
from channels.errors import Reason, SendError
from kernel.loops import Loop
from tests.channels.email import parts
from tests.channels.email.oauth import signing
from tests.channels.email.oauth.signing import ADDRESS
from tests.channels.email.parts import MemoryMarks, Taking, mail, outbound, until
from tests.support.imap import ImapServer, Stranger

HOUR = timedelta(hours=1)


@pytest.fixture
async def imap(provider: Provider) -> AsyncIterator[ImapServer]:
    server = ImapServer(user=ADDRESS, introspect=f"{provider.url}/introspect")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def smtp(provider: Provider) -> AsyncIterator[MailServer]:
    server = MailServer(opens=provider.may_read)
    await server.start()
    yield server
    await server.stop()


def settings(provider: Provider, imap: ImapServer | None, smtp: MailServer | None, **more: Any) -> Settings:
    """An address by OAuth: no user, no password."""
    here = {"host": "127.0.0.1", "tls": "none"}
    servers: dict[str, Any] = {"imap": [here | {"port": imap.port}]} if imap else {}
    servers |= {"smtp": here | {"port": smtp.port}} if smtp else {}
    return parts.settings(oauth=signing.table(provider), listen="", **servers, **more)


def tokens(provider: Provider, folder: Path) -> Access:
    return Access(signing.settings(provider), ADDRESS, folder)


@asynccontextmanager
async def reading(found: Settings, shared: Access, taking: Taking) -> AsyncIterator[Health]:
    health, marks = Health(), MemoryMarks()
    trouble = Trouble(health)
    poller = Poller(found, found.imap[0], accept=taking.accept, marks=marks, trouble=trouble, tokens=shared)
    loop = Loop("test", poller.turn)
    loop.start()
    try:
        await until(lambda: marks.marks or health.degraded)
        yield health
    finally:
        await loop.stop(grace_s=0)


async def test_a_mailbox_is_read_and_a_mail_sent_with_one_renewal(
    provider: Provider, imap: ImapServer, smtp: MailServer, taking: Taking, tmp_path: Path
) -> None:
    """M-8, M-9: the token has run out; mailbox and mail server connect at the same time."""
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    provider.forget()
    found, shared = settings(provider, imap, smtp), tokens(provider, tmp_path)
    client = Client(found, key=b"key", tokens=shared)
    async with reading(found, shared, taking) as health:
        await asyncio.gather(*(client.send(outbound(f"Text {number}")) for number in range(3)))
        await Stranger(imap).put(mail("One"))
        await until(lambda: taking.raws)
        assert health.degraded == ""
    await client.close()
    assert len(smtp.letters) == 3
    assert provider.refreshes == 1
    assert smtp.refused == 0


async def test_a_token_forgotten_by_the_servers_is_renewed_and_shown_again(
    provider: Provider, imap: ImapServer, smtp: MailServer, taking: Taking, tmp_path: Path
) -> None:
    """By our clock it is good; a password was changed, or the provider's clock is another."""
    signing.kept(provider, tmp_path)
    provider.forget()
    found, shared = settings(provider, imap, smtp), tokens(provider, tmp_path)
    client = Client(found, key=b"key", tokens=shared)
    await client.send(outbound("One"))
    assert (smtp.refused, provider.refreshes, len(smtp.letters)) == (1, 1, 1)
    async with reading(found, shared, taking) as health:
        assert health.degraded == ""
    await client.close()


async def test_a_mailbox_goes_on_after_its_token_has_run_out_and_the_line_was_cut(
    provider: Provider, imap: ImapServer, taking: Taking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers hang up on who stays longer than his token lives: nothing is lost, nothing comes twice."""
    monkeypatch.setattr(poll, "PAUSES_S", (0.05,))
    signing.kept(provider, tmp_path)
    found, shared = settings(provider, imap, None), tokens(provider, tmp_path)
    boxes: list[Mailbox] = []
    connect = Mailbox.connect

    async def noted(mailbox: Mailbox) -> None:
        boxes.append(mailbox)
        await connect(mailbox)

    monkeypatch.setattr(Mailbox, "connect", noted)
    async with reading(found, shared, taking) as health:
        await Stranger(imap).put(mail("One", number=1))
        await until(lambda: len(taking.raws) == 1)
        provider.forget()
        boxes[-1]._client.protocol.transport.abort()
        await Stranger(imap).put(mail("Two", number=2))
        await until(lambda: len(taking.raws) == 2)
        await until(lambda: health.degraded == "")
    assert provider.refreshes == 1
    assert len(boxes) == 2


async def test_a_sign_in_that_has_ended_says_what_to_do(
    provider: Provider, imap: ImapServer, smtp: MailServer, taking: Taking, tmp_path: Path
) -> None:
    """And a mail is tried again later, not failed."""
    signing.kept(provider, tmp_path)
    provider.revoke()
    found, shared = settings(provider, imap, smtp), tokens(provider, tmp_path)
    with pytest.raises(SendError) as refused:
        await Client(found, key=b"key", tokens=shared).send(outbound())
    assert refused.value.reason is Reason.MISCONFIGURED and refused.value.is_retried
    assert "run `centrala email sign-in`" in refused.value.detail
    async with reading(found, shared, taking) as health:
        assert health.degraded.startswith("mailbox at 127.0.0.1: the sign-in has ended")


async def test_a_provider_that_is_away_is_no_fault_of_the_settings(
    provider: Provider, smtp: MailServer, tmp_path: Path
) -> None:
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    provider.faults.later = 1
    client = Client(settings(provider, None, smtp), key=b"key", tokens=tokens(provider, tmp_path))
    with pytest.raises(SendError) as refused:
        await client.send(outbound())
    assert refused.value.reason is Reason.UNREACHABLE
    await client.send(outbound())
    await client.close()
    assert len(smtp.letters) == 1


async def test_another_ones_token_opens_nothing(
    provider: Provider, imap: ImapServer, smtp: MailServer, tmp_path: Path
) -> None:
    """S20: where the provider does not say who has signed in, its servers do."""
    signing.kept(provider, tmp_path, user="anna@other.example")
    found, shared = settings(provider, imap, smtp), tokens(provider, tmp_path)
    mailbox = Mailbox(found.imap[0], shared)
    try:
        await mailbox.connect()
        with pytest.raises(Refused):
            await mailbox.sign_in()
    finally:
        await mailbox.close()
    with pytest.raises(SendError) as refused:
        await Client(found, key=b"key", tokens=shared).send(outbound())
    assert refused.value.reason is Reason.MISCONFIGURED


class Google:
    """An IMAP server that explains a refusal in a challenge and waits for an empty answer, as Google's does.

    It lets nobody in whose answer to that is anything else, and keeps the lines it was told.
    """

    def __init__(self, provider: Provider) -> None:
        self.lines: list[bytes] = []
        self.connections = self.left = 0
        self._provider = provider
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Google:
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await until(lambda: self.left == self.connections)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1

        async def line() -> bytes:
            self.lines.append((await reader.readline()).rstrip(b"\r\n"))
            return self.lines[-1]

        writer.write(b"* OK Gimap ready\r\n")
        try:
            await self._answer(line, writer)
        except ConnectionError:
            pass  # the client hung up without a word
        finally:
            writer.transport.abort()
            self.left += 1

    async def _answer(self, line: Callable[[], Awaitable[bytes]], writer: asyncio.StreamWriter) -> None:
        while told := await line():
            tag, command = told.split(b" ", 1)
            if command == b"CAPABILITY":
                writer.write(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\n" + tag + b" OK Thats all she wrote!\r\n")
            elif command == b"AUTHENTICATE XOAUTH2":
                writer.write(b"+ \r\n")
                head, said, *_ = base64.b64decode(await line(), validate=True).split(b"\x01")
                if self._provider.may_read(head.decode()[5:], said.decode()[12:]):
                    writer.write(tag + b" OK help@desk.example authenticated (Success)\r\n")
                    continue
                writer.write(b"+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}') + b"\r\n")
                answer = await line()
                refused = b" NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"
                writer.write(tag + (refused if answer == b"" else b" BAD what is this\r\n"))
            else:
                writer.write(b"* BYE\r\n" + tag + b" OK\r\n")


async def test_a_server_that_explains_its_refusal_is_answered(provider: Provider, tmp_path: Path) -> None:
    """aioimaplib leaves it waiting, and us with it, for half a minute."""
    signing.kept(provider, tmp_path)
    provider.forget()
    async with Google(provider) as google:
        found = parts.settings(
            oauth=signing.table(provider), listen="", imap=[{"host": "127.0.0.1", "port": google.port, "tls": "none"}]
        )
        mailbox = Mailbox(found.imap[0], tokens(provider, tmp_path))
        await mailbox.connect()
        await asyncio.wait_for(mailbox.sign_in(), 10)
        await mailbox.close()
    assert google.lines.count(b"") >= 1
    assert provider.refreshes == 1


async def test_without_a_token_the_server_is_not_bothered(provider: Provider, tmp_path: Path) -> None:
    """It is tried again every minute, for days: servers shut out who connects and never signs in."""
    async with Google(provider) as google:
        server = {"host": "127.0.0.1", "port": google.port, "tls": "none"}
        found = parts.settings(oauth=signing.table(provider), listen="", imap=[server])
        with pytest.raises(Refused, match="nobody has signed in yet"):
            await Mailbox(found.imap[0], tokens(provider, tmp_path)).connect()
    assert google.connections == 0


# -- centrala check email ----------------------------------------------------------------------------------------------


async def test_the_check_names_every_step(
    provider: Provider, imap: ImapServer, smtp: MailServer, tmp_path: Path
) -> None:
    kept = signing.kept(provider, tmp_path)
    steps = await probe(settings(provider, imap, smtp), public_url="", data=tmp_path)
    names = ["token", "smtp connect", "smtp tls", "smtp sign in", "smtp send", "imap connect", "imap sign in"]
    assert [step[0] for step in steps] == [*names, "imap folder"]
    assert [step for step in steps if step[2]] == []
    assert steps[0][1].startswith(f"signed in {kept.signed_in_at:%Y-%m-%d}")


async def test_the_check_says_when_the_sign_in_ends(provider: Provider, smtp: MailServer, tmp_path: Path) -> None:
    kept = signing.kept(provider, tmp_path)
    end = kept.signed_in_at + timedelta(days=2)
    signing.kept(provider, tmp_path, ends_at=end)
    [token, *rest] = await probe(settings(provider, None, smtp), public_url="", data=tmp_path)
    assert f"ends on {end:%Y-%m-%d}, used or not" in token[1]
    assert token[2] == "centrala email sign-in before it ends"
    assert "smtp send" in [step[0] for step in rest]


async def test_the_check_ends_at_the_token_if_there_is_none(
    provider: Provider, smtp: MailServer, tmp_path: Path
) -> None:
    found = await probe(settings(provider, None, smtp), public_url="", data=tmp_path)
    assert found == [
        ("token", "nobody has signed in yet: run `centrala email sign-in`", "sign in: centrala email sign-in")
    ]
    assert smtp.connections == 0
