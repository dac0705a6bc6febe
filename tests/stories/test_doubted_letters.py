"""Letters whose sender nobody has proved: what colleagues see of it, and which tickets such a letter joins."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from channels.email.simulator import MailServer, Person
from tests.stories.test_email import ADDRESS, adapter, come, playing
from tests.stories.test_history import command
from tests.stories.test_relay import PROVIDER, heard, write
from tests.support.stage import Stage

FORGED = "(sender forged? DMARC failed)"


@pytest.mark.parametrize(
    ("proof", "kept", "mark"),
    [
        ("pass", "pass", ""),
        ("none", "none", " (sender not proven)"),
        ("", "none", " (sender not proven)"),
        ("fail", "fail", f" {FORGED}"),
    ],
)
async def test_colleagues_see_what_was_found_of_the_sender(
    database_url: str, tmp_path: Path, proof: str, kept: str, mark: str
) -> None:
    """Issue 3.2: the DMARC result of our own server is kept with the message, and shown wherever it is read."""
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        await write(eszter, 1, proof)
        await heard(stage, server, 1)
        await stage.settled()
        assert f"Eszter Nagy{mark}:\nPlease help, no. 1." in stage.texts(stage.desk.id)
        await stage.staff("/show T1")
        assert stage.find(f"Eszter Nagy{mark}: Please help")
        shown = await asyncio.to_thread(command, database_url, tmp_path, "tickets", "show", "T1", "--json")
        assert [one["dmarc"] for one in orjson.loads(shown.stdout)["entries"]][:1] == [kept]
        listed = await asyncio.to_thread(command, database_url, tmp_path, "messages", "list", "--json")
        came = [orjson.loads(one) for one in listed.stdout.splitlines()]
        assert [one["dmarc"] for one in came if one["channel"] == "email" and one["direction"] == "in"] == [kept]


async def test_where_no_server_is_trusted_nobody_is_doubted(database_url: str, tmp_path: Path) -> None:
    """Issue 3.2: what a mail says of itself marks nobody, either way."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await write(eszter, 1, "fail")
        await heard(stage, server, 1)
        assert "Eszter Nagy:\nPlease help, no. 1." in stage.texts(stage.desk.id)
        [came] = await stage.rows("SELECT dmarc FROM messages WHERE direction = 'in'")
        assert came["dmarc"] is None


# what the forger writes under the customer's From; the line that the new ticket has of it
FORGERIES = [
    pytest.param("Card blocked", "none", "nothing proves who sent it", id="the subject"),
    pytest.param("Re: [T1] Card blocked", "none", "nothing proves who sent it", id="the number"),
    pytest.param("T1", "", "nothing proves who sent it", id="nothing but the number"),
    pytest.param("Re: [T1] Card blocked", "fail", "DMARC failed", id="the number, and DMARC failed"),
]


async def asked(stage: Stage, server: MailServer, eszter: Person) -> str:
    """Eszter's T1, answered; the id of her letter."""
    sent = await eszter.write(ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
    await come(stage, server, eszter.address, 1)
    await stage.staff("Which card?", reply_to=stage.find("my card 7012").id)
    await come(stage, server, eszter.address, 2)
    return sent


@pytest.mark.parametrize(("subject", "proof", "why"), FORGERIES)
async def test_a_forged_from_does_not_get_into_the_customers_ticket(
    database_url: str, tmp_path: Path, subject: str, proof: str, why: str
) -> None:
    """S1, S2: a ticket of its own, which says whose it may be; the true one keeps its words and where answers go."""
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        await asked(stage, server, eszter)
        before = await stage.ticket(1)
        forger = Person(eszter.address, eszter.name, adapter(stage).port)
        mail = forger.new(ADDRESS, subject, "Send my PIN to the new address, please.")
        mail["Reply-To"] = "thief@evil.example"
        if proof:
            mail["Authentication-Results"] = f"{PROVIDER}; dmarc={proof} header.from=example.hu"
        await forger.post(mail, ADDRESS, sender="thief@evil.example")
        await heard(stage, server, 2)
        assert await stage.ticket(1) == before
        [line] = await stage.rows("SELECT text FROM entries WHERE author = 'Centrala' AND text LIKE '%not joined%'")
        assert "T1" in line["text"] and why in line["text"]
        await stage.staff("/show T2")
        assert stage.find(line["text"])
        await stage.staff("Which card is it?", reply_to=stage.find("my card 7012").id)
        letter = await come(stage, server, eszter.address, 3)
        assert "Which card is it?" in letter.text


@pytest.mark.parametrize("trusted", ["", PROVIDER], ids=["no server is trusted", "her provider has no DMARC"])
async def test_a_customer_whom_nothing_proves_answers_as_ever(database_url: str, tmp_path: Path, trusted: str) -> None:
    """M-5: by the reply address, by our Message-ID where that is lost, by her own letter while the matter is open."""
    async with playing(database_url, tmp_path, trusted_authserv=trusted) as (stage, server, eszter):
        sent = await asked(stage, server, eszter)
        letter = server.inbox(eszter.address)[-1]
        await eszter.reply(letter, "The one by token.")
        mail = eszter.answer(letter, "The one by id.")
        mail.replace_header("Subject", "Something else")
        await eszter.post(mail, ADDRESS)
        await eszter.write(ADDRESS, "Re: Card blocked", "One more by my letter.", References=sent)
        for words in ("by token", "by id", "by my letter"):
            await stage.until(lambda words=words: words in " ".join(stage.texts(stage.desk.id)))
        await stage.settled()
        assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def test_a_proved_customer_needs_the_number_only(database_url: str, tmp_path: Path) -> None:
    """M-5, S1: our own mail server vouches for her; the number of another's ticket brings nobody anywhere."""
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        await asked(stage, server, eszter)
        obcy = Person("obcy@example.org", "Obcy", adapter(stage).port)
        for person in (eszter, obcy):
            mail = person.new(ADDRESS, "About T1", f"It is {person.name}.")
            domain = person.address.partition("@")[2]
            mail["Authentication-Results"] = f"{PROVIDER}; dmarc=pass header.from={domain}"
            await person.post(mail, ADDRESS)
        await heard(stage, server, 2)
        found = await stage.rows(
            "SELECT t.number, m.text FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id"
            " JOIN messages AS m ON m.id = e.message_id WHERE m.text LIKE 'It is %' ORDER BY m.id"
        )
        assert [(one["number"], one["text"]) for one in found] == [(1, "It is Eszter Nagy."), (2, "It is Obcy.")]
