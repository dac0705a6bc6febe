"""The simulated mailbox: it writes, answers, tries again, remembers, and its server reports what it cannot deliver."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from channels.contract import Health, Kind
from channels.email import build
from channels.email.listen import Listener
from channels.email.simulator import Item, Mailbox, MailServer, Person
from tests.channels.email import parts
from tests.channels.email.parts import ADDRESS, Taking, until

IRINA = "irina@sever.example"
Opened = Callable[[MailServer, int], Mailbox]


def parsed(taking: Taking) -> list[Any]:
    """What the hub has taken in, as its own adapter reads it."""
    adapter = build(parts.settings(), public_url="")
    adapter.load()
    try:
        return [adapter.parse(raw) for raw in taking.raws]
    finally:
        adapter._worker.stop()


@asynccontextmanager
async def listening(taking: Taking, port: int = 0) -> AsyncIterator[Listener]:
    listener = Listener(parts.settings(listen=f"127.0.0.1:{port}"), health=Health())
    await listener.start(taking.accept)
    try:
        yield listener
    finally:
        await listener.stop()


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """Makes Irina's mailbox on a server, posting to a port."""
    made: list[Mailbox] = []

    def make(server: MailServer, port: int) -> Mailbox:
        mailbox = Mailbox(server, Person(IRINA, "Irina", port, clock=lambda: datetime.now(UTC)))
        mailbox.start()
        made.append(mailbox)
        return mailbox

    yield make
    for mailbox in made:
        await mailbox.stop()


async def deliver(server: MailServer, text: str = "АЗС 0412 не работает.", subject: str = "АЗС 0412") -> None:
    """A mail of ours comes to Irina by SMTP."""
    ours = Person(ADDRESS, "Centrala", server.port)
    await ours.write(IRINA, subject, text)


async def test_what_is_written_is_a_mail_at_the_hub(taking: Taking, server: MailServer, opened: Opened) -> None:
    """M-8."""
    async with listening(taking) as listener:
        mailbox = opened(server, listener.port)
        states: list[str] = []
        mailbox.listen(lambda item: states.append(item.state))
        mailbox.write(ADDRESS, "Копия счёта", "Здравствуйте!\nНужна копия.")
        await until(lambda: states == ["waiting", "sent"])
    [inbound] = parsed(taking)
    assert (inbound.sender.value, inbound.subject) == (IRINA, "Копия счёта")
    assert inbound.text == "Здравствуйте!\nНужна копия."


async def test_an_answer_quotes_and_names_what_it_answers(taking: Taking, server: MailServer, opened: Opened) -> None:
    async with listening(taking) as listener:
        mailbox = opened(server, listener.port)
        await deliver(server)
        [came] = mailbox.items
        assert (came.subject, came.text, came.is_own) == ("АЗС 0412", "АЗС 0412 не работает.", False)
        item = mailbox.answer(came, "Спасибо")
        await until(lambda: item.state == "sent")
    [inbound] = parsed(taking)
    assert (inbound.text, inbound.subject) == ("Спасибо", "Re: АЗС 0412")


async def test_a_mail_waits_for_a_hub_that_is_away(taking: Taking, server: MailServer, opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    mailbox = opened(server, port)
    item = mailbox.write(ADDRESS, "x", "Hello")
    assert item.state == "waiting"
    async with listening(taking, port):
        await until(lambda: item.state == "sent")
    assert len(taking.raws) == 1


async def test_a_mail_to_nobody_is_refused_and_not_tried_again(
    taking: Taking, server: MailServer, opened: Opened
) -> None:
    async with listening(taking) as listener:
        mailbox = opened(server, listener.port)
        lost, good = (mailbox.write(to, "x", "Hello") for to in ("other@elsewhere.example", ADDRESS))
        await until(lambda: good.state == "sent")
        assert lost.state == "refused"
    assert len(taking.raws) == 1


async def test_mails_outlive_a_restart_and_what_had_not_left_leaves(
    taking: Taking, server: MailServer, opened: Opened
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    before = opened(server, port)
    await deliver(server)
    before.write(ADDRESS, "x", "Привет")
    memory = orjson.loads(orjson.dumps(before.remember()))
    await before.stop()
    after = opened(MailServer(), port)
    after.recall(memory)
    assert [shown(item) for item in after.items] == [shown(item) for item in before.items]
    async with listening(taking, port):
        await until(lambda: after.items[1].state == "sent")
    assert len(taking.raws) == 1


async def test_what_bounces_is_reported_as_our_parser_reads_it(
    taking: Taking, server: MailServer, opened: Opened
) -> None:
    """The recipient sees nothing; we are told who, for good, and about which of our mails."""
    async with listening(taking) as listener:
        mailbox = opened(server, listener.port)
        mailbox.bounces = True
        await deliver(server)
        await until(lambda: taking.raws)
        mailbox.bounces = False
        await deliver(server)
    assert [item.text for item in mailbox.items] == ["АЗС 0412 не работает."]
    [report] = parsed(taking)
    assert (report.kind, report.status) == (Kind.STATUS, "failed")
    assert report.address.value == IRINA
    assert report.external_id == server.letters[0].message_id
    assert "5.1.1" in report.reason


def shown(item: Item) -> tuple[object, ...]:
    return item.id, item.subject, item.text, item.at, item.content, item.to, item.state
