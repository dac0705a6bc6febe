"""Sending, over the wire to a strict mail server: connections used again, and every refusal with its reason."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.contract import File
from channels.email.compose import Letter, compose
from channels.email.replies import Stage, understood
from channels.email.send import Client
from channels.email.simulator import MailServer
from channels.errors import Reason, SendError
from tests.channels.email import parts
from tests.channels.email.parts import outbound


@pytest.fixture
async def client(server: MailServer) -> AsyncIterator[Client]:
    made = sending(server)
    yield made
    await made.close()


def sending(server: MailServer, **more: Any) -> Client:
    return Client(parts.settings(smtp={"host": "127.0.0.1", "port": server.port, "tls": "none"} | more), key=b"key")


async def refusal(client: Client, **more: Any) -> SendError:
    with pytest.raises(SendError) as refused:
        await client.send(outbound(**more))
    return refused.value


async def test_mails_go_over_one_connection_which_stays_open(server: MailServer, client: Client) -> None:
    """M-9."""
    for number in range(5):
        await client.send(outbound(f"Text {number}"))
    assert [letter.text for letter in server.letters] == [f"Text {number}" for number in range(5)]
    assert server.connections == 1
    assert server.letters[0].recipients == ("eszter@example.hu",)
    assert server.letters[0].sender == parts.ADDRESS


async def test_several_at_once_take_several_connections(server: MailServer, client: Client) -> None:
    await asyncio.gather(*(client.send(outbound(to=f"c{number}@example.hu")) for number in range(6)))
    assert len(server.letters) == 6
    assert 1 < server.connections <= 6


async def test_the_receipt_is_the_message_id(server: MailServer, client: Client) -> None:
    receipt = await client.send(outbound())
    assert receipt.external_id == server.letters[0].message_id
    again = await client.send(outbound())
    assert again == receipt
    assert server.letters[0].content == server.letters[1].content


@pytest.mark.parametrize("count", [0, 1])
async def test_files_are_put_into_a_mail_beside_the_loop(
    server: MailServer, client: Client, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Twenty megabytes are a second of work; meanwhile all else would stand still."""
    composed: list[bool] = []

    def watched(*given: Any, **more: Any) -> Letter:
        composed.append(threading.current_thread() is threading.main_thread())
        return compose(*given, **more)

    monkeypatch.setattr("channels.email.send.compose", watched)
    await client.send(outbound(files=(File("a.bin", "application/octet-stream", 3, body=b"abc"),) * count))
    assert composed == [count == 0]
    assert len(server.letters) == 1


async def test_a_connection_closed_meanwhile_is_no_failure(server: MailServer, client: Client) -> None:
    await client.send(outbound("one"))
    server.hang_up()
    await client.send(outbound("two"))
    assert [letter.text for letter in server.letters] == ["one", "two"]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"later": 1}, Reason.THROTTLED),
        ({"later": 1, "later_answer": "451 4.3.0 Try again"}, Reason.UNREACHABLE),
        ({"later": 1, "later_answer": "450 4.7.28 rate limited"}, Reason.THROTTLED),
        ({"words": {"eszter": "550 5.1.1 User unknown"}}, Reason.REFUSED),
        ({"words": {"eszter": "550 No such user"}}, Reason.REFUSED),
        ({"words": {"eszter": "552 5.2.2 Mailbox full"}}, Reason.REFUSED),
        ({"words": {"eszter": "554 5.7.1 Relay access denied"}}, Reason.MISCONFIGURED),
        ({"words": {"eszter": "550 5.7.1 Blocked by policy"}}, Reason.INVALID),
        ({"sender": "553 5.7.1 Sender address rejected: not owned by user"}, Reason.MISCONFIGURED),
        ({"sender": "530 5.7.0 Authentication required"}, Reason.MISCONFIGURED),
        ({"sender": "421 4.3.2 Shutting down"}, Reason.UNREACHABLE),
        ({"content": "554 5.7.1 Spam"}, Reason.INVALID),
        ({"content": "552 5.3.4 Message too big"}, Reason.INVALID),
        ({"content": "451 4.3.0 Queue full"}, Reason.UNREACHABLE),
        ({"cut": 1}, Reason.UNCERTAIN),
        ({"hang_up": 1}, Reason.UNREACHABLE),
    ],
    ids=lambda value: str(value),
)
async def test_every_refusal_has_its_reason_and_the_next_mail_goes(
    server: MailServer, client: Client, fault: dict[str, Any], reason: Reason
) -> None:
    for name, value in fault.items():
        setattr(server.faults, name, value)
    assert (await refusal(client)).reason is reason
    taken = len(server.letters)
    server.faults.words, server.faults.sender, server.faults.content = {}, "", ""
    await client.send(outbound("next"))
    assert len(server.letters) == taken + 1
    assert server.letters[-1].text == "next"


async def test_a_lost_answer_is_sent_again_as_the_same_mail(server: MailServer, client: Client) -> None:
    """R7: whoever has both sees one."""
    server.faults.cut = 1
    assert (await refusal(client)).reason is Reason.UNCERTAIN
    await client.send(outbound())
    first, second = server.letters
    assert first.content == second.content


async def test_no_server_there_is_tried_again(server: MailServer) -> None:
    await server.stop()
    found = await refusal(sending(server))
    assert (found.reason, found.is_retried) == (Reason.UNREACHABLE, True)


async def test_without_a_server_set_nothing_goes_and_it_is_told() -> None:
    found = await refusal(Client(parts.settings(), key=b"key"))
    assert found.reason is Reason.MISCONFIGURED
    assert "[channels.email.smtp]" in found.detail


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_tls_and_signing_in(mode: str) -> None:
    found, key = parts.certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found, key)
    server = MailServer(user="help", password="right", tls=context)
    await server.start(implicit=mode == "implicit")
    access = {"tls": mode, "user": "help", "password": "right", "certificates": str(found)}
    try:
        client = sending(server, **access)
        await client.introduce()
        await client.send(outbound())
        assert len(server.letters) == 1
        await client.close()
        wrong = await refusal(sending(server, **access | {"password": "canary"}))
        assert wrong.reason is Reason.MISCONFIGURED and wrong.detail.startswith("535")
        assert "canary" not in str(wrong)
        untrusted = await refusal(sending(server, **access | {"certificates": ""}))
        assert untrusted.reason is Reason.MISCONFIGURED and "certificate is not trusted" in untrusted.detail
    finally:
        await server.stop()


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_a_server_without_tls_is_named_as_such(server: MailServer, mode: str) -> None:
    found = await refusal(sending(server, tls=mode))
    assert found.reason in (Reason.MISCONFIGURED, Reason.UNREACHABLE)
    assert server.letters == []


async def test_an_address_in_another_script_needs_a_server_that_takes_it(server: MailServer, client: Client) -> None:
    await client.send(outbound(to="őrsi@példa.hu"))
    assert server.letters[0].recipients == ("őrsi@xn--plda-bpa.hu",)


async def test_no_outgoing_text_smuggles_a_second_mail(server: MailServer, client: Client) -> None:
    """S11, outbound: every line end is CRLF, so no receiver sees an end of data in a text."""
    smuggled = "MAIL FROM:<boss@bank.example>\nRCPT TO:<eszter@example.hu>\nDATA\nSubject: x\n\nx\n.\n"
    for end in ("\n.\n", "\r\n.\r\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\u2028.\u2028", "\x00\n.\n"):
        await client.send(outbound(f"hello{end}{smuggled}"))
    assert len(server.letters) == 7
    assert all(letter.text.startswith("hello") for letter in server.letters)


def test_a_reply_out_of_place_is_tried_again() -> None:
    assert understood(250, "what?", Stage.CONTENT).reason is Reason.UNREACHABLE
