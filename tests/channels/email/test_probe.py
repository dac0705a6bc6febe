"""`centrala check email`: each step by name, the failing one with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from channels.contract import Health
from channels.email.listen import Listener
from channels.email.probe import Step, probe
from channels.email.simulator import MailServer
from tests.channels.email import parts
from tests.channels.email.parts import Taking
from tests.support.imap import PASSWORD, USER, ImapServer
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


async def steps(**more: Any) -> list[Step]:
    return await probe(parts.settings(**{"listen": ""} | more), public_url="")


def failing(found: list[Step]) -> tuple[str, str, str]:
    [step] = [one for one in found if one[2]]
    return step


def sending(server: MailServer, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.port, "tls": "none"} | more


def mailbox(server: ImapServer, **more: Any) -> list[dict[str, Any]]:
    return [{"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD, "tls": "none"} | more]


async def test_all_is_well(server: MailServer, imap: ImapServer, taking: Taking) -> None:
    listener = Listener(parts.settings(), health=Health())
    await listener.start(taking.accept)
    try:
        found = await steps(smtp=sending(server), imap=mailbox(imap), listen=f"127.0.0.1:{listener.port}")
    finally:
        await listener.stop()
    names = ["smtp connect", "smtp tls", "smtp sign in", "smtp send", "imap connect", "imap sign in", "imap folder"]
    assert [step[0] for step in found] == [*names, "listening"]
    assert [step for step in found if step[2]] == []
    assert server.letters == [] and taking.raws == []


async def test_a_server_that_is_not_there(server: MailServer, imap: ImapServer) -> None:
    found = await steps(smtp=sending(server, port=free_port()), imap=mailbox(imap))
    assert failing(found)[0] == "smtp connect"
    assert "see host and port" in failing(found)[2]
    assert found[-1][0] == "imap folder"


@pytest.mark.parametrize(
    ("tls", "step"), [("starttls", "smtp tls"), ("implicit", "smtp tls")], ids=["starttls", "implicit"]
)
async def test_tls_where_there_is_none(server: MailServer, imap: ImapServer, tls: str, step: str) -> None:
    found = failing(await steps(smtp=sending(server, tls=tls), imap=mailbox(imap)))
    assert found[0] in (step, "smtp connect")
    assert found[2]


async def test_signing_in_where_nobody_does(server: MailServer, imap: ImapServer) -> None:
    found = failing(await steps(smtp=sending(server, user="help", password="canary"), imap=mailbox(imap)))
    assert found[0] == "smtp sign in"
    assert "canary" not in str(found)


async def test_a_server_that_does_not_let_us_send(server: MailServer, imap: ImapServer) -> None:
    server.faults.words = {"help@": "554 5.7.1 Relay access denied"}
    found = failing(await steps(smtp=sending(server), imap=mailbox(imap)))
    assert found[0] == "smtp send" and "Relay access denied" in found[1]


@pytest.mark.parametrize(
    ("wrong", "step"),
    [({"password": "canary"}, "imap sign in"), ({"folder": "Nowhere"}, "imap folder"), ({"port": 1}, "imap connect")],
    ids=["password", "folder", "port"],
)
async def test_a_mailbox_that_cannot_be_read(
    server: MailServer, imap: ImapServer, wrong: dict[str, Any], step: str
) -> None:
    found = failing(await steps(smtp=sending(server), imap=mailbox(imap, **wrong)))
    assert found[0] == step
    assert "canary" not in str(found)


async def test_a_hub_that_does_not_run(server: MailServer) -> None:
    found = failing(await steps(smtp=sending(server), listen=f"127.0.0.1:{free_port()}"))
    assert found == ("listening", found[1], "start the hub: centrala run")


async def test_nothing_to_send_by_or_to_read_is_told(server: MailServer, imap: ImapServer) -> None:
    assert failing(await steps(imap=mailbox(imap)))[0] == "sending"
    assert failing(await steps(smtp=sending(server)))[0] == "receiving"
