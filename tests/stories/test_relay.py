"""Mails with forged senders: what we write by ourselves goes to hardly anybody who has not written to us (S3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from channels.email.simulator import MailServer, Person
from tests.stories.test_email import ADDRESS, adapter, playing
from tests.support.stage import Stage

PROVIDER = "mx.desk.example"
RULES = {"rules": [{"name": "VIP", "when": "true", "reply": "We are on it."}]}


async def write(person: Person, number: int, proof: str, **headers: str) -> None:
    """As our own mail server hands it on: with what it has found of the sender."""
    mail = person.new(ADDRESS, f"Matter {number}", f"Please help, no. {number}.")
    if proof:
        domain = person.address.partition("@")[2]
        mail["Authentication-Results"] = f"{PROVIDER}; dmarc={proof} header.from={domain}"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    await person.post(mail, ADDRESS)


async def heard(stage: Stage, server: MailServer, tickets: int) -> list[str]:
    """Whom we wrote to, when so many tickets are there and nothing is under way."""

    async def are_there() -> bool:
        return len(await stage.rows("SELECT id FROM tickets")) == tickets

    await stage.until(are_there)
    await stage.settled()
    sent = await stage.rows("SELECT id FROM messages WHERE channel = 'email' AND direction = 'out'")
    await stage.until(lambda: len(server.letters) == len(sent))
    return [one for letter in server.letters for one in letter.recipients]


@pytest.mark.parametrize(("proof", "texts"), [("pass", 3), ("none", 1), ("", 1), ("fail", 0)])
@pytest.mark.parametrize("more", [{}, RULES], ids=["acknowledgements", "replies of rules"])
async def test_an_address_hears_as_much_as_is_proved(
    database_url: str, tmp_path: Path, proof: str, texts: int, more: dict[str, Any]
) -> None:
    """S3: at most one to an address that nobody has proved, and none where DMARC failed; each is a ticket (M-1)."""
    async with playing(database_url, tmp_path, hub=more, trusted_authserv=PROVIDER) as (stage, server, eszter):
        for number in range(1, 6):
            await write(eszter, number, proof)
        assert await heard(stage, server, 5) == [eszter.address] * texts
        if more:
            said = await stage.rows("SELECT text FROM entries WHERE text LIKE 'rule VIP: reply %'")
            left = [one["text"] for one in said if "not sent" in one["text"]]
            assert (len(said), len(left)) == (5, 5 - texts)
            assert ("forged" in left[-1]) is (proof == "fail")


async def test_an_answer_wanted_elsewhere_is_proved_by_nothing(database_url: str, tmp_path: Path) -> None:
    """S3: a mail of one's own, with the victim in its Reply-To."""
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        for number in range(1, 4):
            await write(eszter, number, "pass", Reply_To="victim@elsewhere.example")
        assert await heard(stage, server, 3) == ["victim@elsewhere.example"]


async def test_unproven_addresses_share_what_an_account_may_send(database_url: str, tmp_path: Path) -> None:
    """S3: so many an hour overall; whoever is proven hears of his, and the next hour begins anew."""
    settings = {"bot": {"unproven_an_hour": 4}, "queues": {"inbox": {"first_response": "8h"}}}
    async with playing(database_url, tmp_path, hub=settings, trusted_authserv=PROVIDER) as (stage, server, eszter):
        port = adapter(stage).port
        for number in range(1, 8):
            await write(Person(f"victim{number}@example.hu", "", port), number, "")
        assert len(await heard(stage, server, 7)) == 4
        await write(eszter, 8, "pass")
        assert (await heard(stage, server, 8))[4:] == [eszter.address]
        await stage.push(hours=1.1)
        await write(Person("victim9@example.hu", "", port), 9, "")
        assert (await heard(stage, server, 9))[5:] == ["victim9@example.hu"]


async def test_the_word_of_a_chat_is_no_greeting_in_a_mail_of_anybody(database_url: str, tmp_path: Path) -> None:
    """S3: /start by mail is answered as any mail is: once."""
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        for number in range(1, 4):
            await eszter.write(ADDRESS, f"Hello {number}", "/start")
        assert await heard(stage, server, 3) == [eszter.address]


@pytest.mark.parametrize(("proof", "asked"), [("pass", 1), ("", 0), ("fail", 0)])
async def test_a_rule_asks_nobody_whom_a_forger_named(
    database_url: str, tmp_path: Path, proof: str, asked: int
) -> None:
    """S3, B-6: who is not asked stands on the ticket, with the word by which a colleague asks."""
    rules = {"rules": [{"name": "claims", "when": "true", "kind": "complaint", "ask": True}]}
    async with playing(database_url, tmp_path, hub=rules, trusted_authserv=PROVIDER) as (stage, server, eszter):
        await write(eszter, 1, proof)
        await heard(stage, server, 1)
        questions = await stage.rows("SELECT id FROM messages WHERE purpose = 'question'")
        told = await stage.rows("SELECT text FROM entries WHERE text LIKE '%nothing proves who wrote. /ask T1 asks.'")
        assert (len(questions), len(told)) == (asked, 1 - asked)
