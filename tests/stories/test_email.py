"""E-mail with the whole hub: mail in by SMTP and from a mailbox, an agent's reply out, and the answer back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels.contract import Address
from channels.email import Email
from channels.email.simulator import Letter, MailServer, Person
from crmcore import stations, subscribers
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from kernel import rows
from tests.support import stage as stages
from tests.support.imap import PASSWORD, USER, ImapServer, Stranger
from tests.support.stage import Stage

ADDRESS = "help@desk.example"


@asynccontextmanager
async def playing(
    url: str, folder: Path, *, hub: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[tuple[Stage, MailServer, Person]]:
    """The hub with an e-mail address, the mail server of the world, and Eszter with her mail program.

    `hub`: settings beside those of the channel.
    """
    server = MailServer()
    port = await server.start()
    email = {
        "address": ADDRESS,
        "name": "Desk",
        "listen": "127.0.0.1:0",
        "smtp": {"host": "127.0.0.1", "port": port, "tls": "none"},
        **more,
    }
    try:
        async with stages.playing(url, folder, **(hub or {}), channels={"email": email}) as stage:
            yield stage, server, Person("eszter@example.hu", "Eszter Nagy", adapter(stage).port)
    finally:
        await server.stop()


def adapter(stage: Stage) -> Email:
    [found] = [one for one in stage.app.adapters if isinstance(one, Email)]
    return found


async def come(stage: Stage, server: MailServer, address: str, number: int) -> Letter:
    """The `number`th letter for an address, when everything has settled."""
    await stage.settled()
    await stage.until(lambda: len(server.inbox(address)) >= number)
    return server.inbox(address)[number - 1]


async def test_a_mail_becomes_a_ticket_and_the_reply_brings_the_answer_back(database_url: str, tmp_path: Path) -> None:
    """S1-10 (e-mail), M-8, M-9: in at the wire, out at the wire, and the answer joins the same ticket."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        asked = await eszter.write(ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        receipt = await come(stage, server, eszter.address, 1)
        assert receipt.header("Auto-Submitted") == "auto-replied"
        assert "number T1" in receipt.text
        copy = stage.find("my card 7012 is blocked")
        await stage.staff("It works again.\nSorry for the trouble.", reply_to=copy.id)
        letter = await come(stage, server, eszter.address, 2)
        assert letter.text == "It works again.\nSorry for the trouble."
        assert letter.subject == "Re: Card blocked"
        assert (letter.sender, letter.recipients) == (ADDRESS, (eszter.address,))
        assert asked in letter.header("References").split()
        assert letter.header("Auto-Submitted") == ""
        assert letter.answer_to.startswith("r+") and letter.answer_to.endswith("@desk.example")
        await eszter.reply(letter, "Thank you!")
        await stage.settled()
        assert stage.find("Thank you!")
        assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def test_the_same_mail_twice_is_one_ticket_and_one_receipt(database_url: str, tmp_path: Path) -> None:
    """M-5, R2: the sender's server repeats what it thinks was lost."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        mail = eszter.new(ADDRESS, "Card", "Blocked.")
        for _ in range(3):
            await eszter.post(mail, ADDRESS)
        await come(stage, server, eszter.address, 1)
        assert len(await stage.rows("SELECT id FROM entries WHERE kind = 'message'")) == 1
        assert len(server.letters) == 1


async def test_a_refused_address_is_shown_and_not_tried_again(database_url: str, tmp_path: Path) -> None:
    """M-9: the desk learns that the customer did not get it."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(ADDRESS, "Card", "Blocked.")
        await come(stage, server, eszter.address, 1)
        server.faults.words = {"eszter": "550 5.1.1 User unknown"}
        await stage.staff("Hello?", reply_to=stage.find("Blocked.").id)
        await stage.settled()
        [row] = await stage.rows("SELECT state, reason, tries FROM messages WHERE purpose = 'reply'")
        assert (row["state"], row["tries"]) == ("failed", 1)
        assert "5.1.1" in row["reason"]


async def test_a_lost_acknowledgement_ends_as_one_mail_under_one_id(database_url: str, tmp_path: Path) -> None:
    """R7: at most one repeat, under the same Message-ID."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(ADDRESS, "Card", "Blocked.")
        await come(stage, server, eszter.address, 1)
        server.faults.cut = 1
        await stage.staff("It works.", reply_to=stage.find("Blocked.").id)
        await stage.settled()
        await stage.push(seconds=5)
        first, second = [letter for letter in server.inbox(eszter.address) if letter.text == "It works."]
        assert first.message_id == second.message_id
        [row] = await stage.rows("SELECT state FROM messages WHERE purpose = 'reply'")
        assert row["state"] == "sent"


async def test_a_mailbox_makes_tickets_of_new_mail_only(database_url: str, tmp_path: Path) -> None:
    """B-11: old mail is read as history, or left alone; what comes afterwards opens a ticket."""
    with ImapServer() as imap:
        old = datetime(2026, 1, 5, tzinfo=UTC)
        head = (
            "From: Eszter <eszter@example.hu>\r\nTo: help@desk.example\r\nMessage-ID: <%d@example.hu>\r\n"
            "Subject: %s\r\n\r\n%s\r\n"
        )
        await Stranger(imap).put((head % (1, "Old", "Long ago.")).encode(), at=old)
        access = {"host": "127.0.0.1", "port": imap.port, "user": USER, "password": PASSWORD, "tls": "none"}
        async with playing(database_url, tmp_path, imap=[access]) as (stage, server, eszter):
            await stage.until(lambda: _has_mark(stage))
            await Stranger(imap).put((head % (2, "New", "Just now.")).encode())
            await stage.until(lambda: _subjects(stage, ["New"]))
            await come(stage, server, eszter.address, 1)
            assert stage.find("Just now.")
            assert [row["subject"] for row in await stage.rows("SELECT subject FROM tickets")] == ["New"]
            await stage.restart()
            await Stranger(imap).put((head % (3, "Newer", "And now.")).encode())
            await stage.until(lambda: _subjects(stage, ["New", "Newer"]))


@pytest.mark.parametrize(("since", "count"), [("now", 5_000), ("all", 400)])
async def test_a_full_mailbox_connects_without_a_message_leaving(
    database_url: str, tmp_path: Path, since: str, count: int
) -> None:
    """B-11: thousands of old mails are left alone, or are closed history; nothing leaves and nothing is open."""
    with ImapServer() as imap:
        old = datetime(2026, 1, 5, tzinfo=UTC)
        letter = "From: eszter{0}@example.hu\r\nMessage-ID: <{0}@example.hu>\r\nSubject: Old {0}\r\n\r\nHelp!\r\n"
        await Stranger(imap).put(*(letter.format(number).encode() for number in range(count)), at=old)
        access = {"host": "127.0.0.1", "port": imap.port, "user": USER, "password": PASSWORD, "tls": "none"}
        async with playing(database_url, tmp_path, imap=[{**access, "since": since}]) as (stage, server, _):
            await stage.until(lambda: _has_mark(stage))
            read = {"now": 0, "all": count}[since]
            await stage.until(lambda: _has_rows(stage, "SELECT count(*) AS n FROM entries", read), within_s=60)
            await Stranger(imap).put(letter.format("new").encode())
            await stage.until(lambda: _has_rows(stage, "SELECT count(*) AS n FROM tickets WHERE state <> 'closed'", 1))
            await come(stage, server, "eszternew@example.hu", 1)
            assert await _has_rows(stage, "SELECT count(*) AS n FROM tickets", read + 1)
            assert {letter.recipients for letter in server.letters} == {("eszternew@example.hu",)}


async def _has_rows(stage: Stage, sql: str, count: int) -> bool:
    [row] = await stage.rows(sql)
    return bool(row["n"] == count)


async def _has_mark(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT key FROM marks"))


async def _subjects(stage: Stage, wanted: list[str]) -> bool:
    return [row["subject"] for row in await stage.rows("SELECT subject FROM tickets ORDER BY id")] == wanted


async def test_a_hub_whose_store_is_away_says_later_and_takes_it_afterwards(database_url: str, tmp_path: Path) -> None:
    """R3: 451, never 250, never a bounce."""
    async with playing(database_url, tmp_path) as (stage, _, _):
        await stage.app.acceptor.stop()
        answers = await _raw(adapter(stage).port)
        assert answers[-2].startswith(b"451 4.3.0")
        stage.app.acceptor.start()
        assert (await _raw(adapter(stage).port))[-2].startswith(b"250")
        await stage.settled()
        assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def _raw(port: int) -> list[bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    words = b"HELO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<help@desk.example>\r\n", b"DATA\r\n"
    answers = [await reader.readline()]
    for word in (*words, b"From: a@b.example\r\nSubject: x\r\n\r\nhi\r\n.\r\n", b"QUIT\r\n"):
        writer.write(word)
        answers.append(await reader.readline())
    writer.close()
    return answers


async def test_a_complaint_to_postmaster_is_a_ticket_and_a_machines_is_answered_by_nobody(
    database_url: str, tmp_path: Path
) -> None:
    """RFC 5321, 4.5.1: whoever runs the other server must reach a person; two servers must not talk for ever."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.post(eszter.new("postmaster@desk.example", "Your server", "It sends twice."), "POSTMASTER")
        await come(stage, server, eszter.address, 1)
        assert stage.find("It sends twice.")
        machine = eszter.new("postmaster@desk.example", "Undeliverable", "No such user.")
        await eszter.post(machine, "postmaster@desk.example", sender="")
        await stage.settled()
        assert stage.find("No such user.")
        assert len(server.inbox(eszter.address)) == 1


async def told_of_an_outage(stage: Stage, server: MailServer, eszter: Person, number: int = 1) -> Letter:
    """O-number is out, and Eszter has heard of it by mail."""
    if number == 1:
        async with stage.app.store.unit() as work:
            await stations.upsert(work, [Facts("0412", "Gdynia", "Morska 100", zone="Europe/Warsaw")])
            wish = Wish((1,), (Address("mailto", eszter.address),), "Eszter", codes=frozenset({"0412"}))
            await subscribers.upsert(work, [wish])
    await stage.staff("/station 0412 down 2h maintenance", by=stage.marek)
    await stage.press("Send to 1", by=stage.marek)
    return await come(stage, server, eszter.address, number)


async def test_a_notice_is_stopped_by_the_button_of_a_mail_program(database_url: str, tmp_path: Path) -> None:
    """S4-18, RFC 2369: what the button sends, from whatever address, ends notices to the one they went to."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        notice = await told_of_an_outage(stage, server, eszter)
        way = notice.header("List-Unsubscribe")
        assert way.startswith("<mailto:u+") and way.endswith("@desk.example?subject=unsubscribe>")
        to = way.removeprefix("<mailto:").partition("?")[0]
        other = Person("nagy.eszter@elsewhere.example", "Eszter", eszter.port)
        for forged in (to.replace("u+", "u+1"), to[:2] + to[3:]):
            await other.post(other.new(forged, "unsubscribe", "x"), forged)
        await stage.settled()
        assert await stage.rows("SELECT id FROM opt_outs") == []
        await other.post(other.new(to, "unsubscribe", ""), to)
        await other.post(other.new(to, "unsubscribe", ""), to)
        await stage.settled()
        found = await stage.rows("SELECT scheme, value FROM opt_outs WHERE until IS NULL AND purpose = 'notice'")
        assert found == [{"scheme": "mailto", "value": eszter.address}]
        letters = await stage.rows("SELECT subject FROM messages WHERE direction = 'in' AND ref_kind = 'ticket'")
        letters = [one for one in letters if one["subject"] == "unsubscribe"]
        assert len(letters) == 2, "the forged ones are letters like any other"
        await stage.staff("/station 0412 up", by=stage.marek)
        assert "opted out" in stage.find("O-1/2").text
        assert len(server.inbox(eszter.address)) == 1


async def test_who_answers_a_notice_by_mail_has_a_ticket_that_knows_the_outage(
    database_url: str, tmp_path: Path
) -> None:
    """S0-8; and an answer to his ticket names no way to stop it."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.reply(await told_of_an_outage(stage, server, eszter), "When will it open?")
        receipt = await come(stage, server, eszter.address, 2)
        assert receipt.header("List-Unsubscribe") == ""
        [ticket] = await stage.rows("SELECT tags FROM tickets")
        assert rows.json(ticket["tags"]) == ["O-1"]
