"""A customer's words on all three channels: how his cases stand, his language, a person, what he wants no more."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from channels import optouts
from channels.contract import Address
from tests.stories import test_email as mails
from tests.stories import test_sms as texts
from tests.stories.test_email import ADDRESS
from tests.stories.test_sms import ESZTER, Texting
from tests.support import commands
from tests.support.stage import Stage

OTHER = "+48601234567"


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with texts.playing(database_url, tmp_path) as found:
        yield found


async def hears(stage: Stage, begin: str, person: Any = None) -> str:
    """The newest text of the bot in his chat, once it begins so: a chat is written to once a second only."""
    chat = (person or stage.eszter).id
    await stage.until(lambda: stage.bot_texts(chat) and stage.bot_texts(chat)[-1].startswith(begin))
    return stage.bot_texts(chat)[-1]


async def test_status_tells_how_each_case_stands(stage: Stage) -> None:
    """S0-2: received, being worked on, waiting for him; with the promise while a clock runs."""
    await stage.customer("/status")
    assert await hears(stage, "Nincs nálunk nyitott ügye.") == "Nincs nálunk nyitott ügye."
    assert await stage.rows("SELECT id FROM tickets") == []
    await stage.customer("A kártyám nem működik")
    await stage.customer("/status")
    await hears(stage, "1 nyitott ügye van.\nT1 (A kártyám nem működik): megkaptuk. Egy kolléga eddig")
    await stage.staff("/take T1")
    await stage.customer("/állapot T1")
    await hears(stage, "T1 (A kártyám nem működik): dolgozunk rajta. Egy kolléga eddig válaszol:")
    await stage.staff("/reply T1 Melyik kártya?")
    await stage.customer("/status T1")
    assert (
        await hears(stage, "T1 (A kártyám nem működik): az Ön válaszára várunk.")
        == "T1 (A kártyám nem működik): az Ön válaszára várunk."
    )
    assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def test_nobody_is_told_of_anothers_case(stage: Stage) -> None:
    """P-3: a number gives no right; what is not his is not there."""
    await stage.customer("A kártyám nem működik")
    await stage.say(stage.obcy, stage.world.private(stage.obcy), "/status T1")
    await hears(stage, "Prípad T1 tu nemáte.", stage.obcy)
    await stage.say(stage.obcy, stage.world.private(stage.obcy), "/status")
    await hears(stage, "Nemáte u nás žiadny otvorený prípad.", stage.obcy)


async def test_the_language_is_chosen_by_a_button_and_kept(stage: Stage) -> None:
    """M-8: also for the texts that come by themselves."""
    await stage.customer("/start")
    await stage.press("English? Polski? Magyar? Русский?", by=stage.eszter, chat=stage.world.private(stage.eszter))
    await stage.press("Polski", by=stage.eszter, chat=stage.world.private(stage.eszter))
    assert await hears(stage, "Od teraz piszemy do Ciebie po polsku.") == "Od teraz piszemy do Ciebie po polsku."
    await stage.customer("Karta nie działa")
    await hears(stage, "Mamy Twoją wiadomość, numer T1.")
    assert (await stage.rows("SELECT language FROM contacts"))[0]["language"] == "pl"


async def test_a_person_is_asked_for(stage: Stage) -> None:
    """The words go to colleagues; where they join an open case he is told that they were heard."""
    await stage.customer("/human")
    await hears(stage, "Megkaptuk az üzenetét, száma T1.")
    await stage.customer("/ember")
    assert (
        await hears(stage, "Szóltunk egy kollégának, válaszolni fog Önnek.")
        == "Szóltunk egy kollégának, válaszolni fog Önnek."
    )
    assert stage.find("/ember")


async def test_some_messages_are_stopped_and_begin_again(stage: Stage) -> None:
    """M-4, S4-18: per purpose, confirmed once, with the message that asked for it; /start begins all again."""
    address = Address("telegram", str(stage.eszter.id))
    await stage.customer("/stop campaigns")
    assert await hears(stage, "Itt leállítva") == "Itt leállítva: kampányok. Ha újra kéri, írja: /start campaigns."
    said = len(stage.bot_texts(stage.eszter.id))
    await stage.customer("/stop campaigns")
    assert len(stage.bot_texts(stage.eszter.id)) == said, "confirmed once"
    await stage.customer("/stop")
    assert await optouts.barred(
        stage.app.store.reading(), "telegram", [(address.value, purpose) for purpose in optouts.PURPOSES]
    ) == {(address.value, purpose) for purpose in optouts.PURPOSES}
    await stage.customer("/start")
    turns = await optouts.ledger(stage.app.store.reading(), [address])
    assert {one.purpose for one in turns if one.is_wanted} == set(optouts.PURPOSES)
    assert {one.text for one in turns if one.is_wanted} == {"/start"}
    assert [one.text for one in turns if one.purpose == "campaign" and not one.is_wanted] == ["/stop campaigns"]
    assert all(one.source_id for one in turns)


async def test_a_customers_other_commands_are_messages(stage: Stage) -> None:
    """Decision 3: nothing that he writes acts on a ticket."""
    await stage.customer("/close T1")
    await stage.customer("/status of my card?")
    assert stage.find("/close T1") and stage.find("/status of my card?")


async def test_words_by_text_message(texting: Texting) -> None:
    """S0-2, M-4: STATUS, LANG and STOP of a topic, each the whole text."""
    inbox, stage = texting.api.world.inbox, texting.stage
    await texting.text("My card does not work")
    await texting.text("STATUS")
    assert inbox(ESZTER)[-1].startswith("You have 1 open case.\nT1 (My card does not work): received. A colleague")
    await texting.text("LANG PL")
    assert inbox(ESZTER)[-1] == "Od teraz piszemy do Ciebie po polsku."
    await texting.text("stop powiadomienia")
    assert inbox(ESZTER)[-1].startswith("Zatrzymane tutaj: powiadomienia o wy")
    assert inbox(ESZTER)[-1].endswith("napisz START NOTICES.")
    await texting.text("STATUS T1", sender=OTHER)
    assert inbox(OTHER)[-1] == "There is no case T1 of yours here."
    assert [row["purpose"] for row in await stage.rows("SELECT purpose FROM opt_outs")] == ["notice"]
    assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def test_who_asks_without_end_is_answered_six_times_an_hour(texting: Texting) -> None:
    """Two machines that answer one another come to an end."""
    for _ in range(8):
        await texting.text("STATUS")
    assert len(texting.api.world.inbox(ESZTER)) == 6
    await texting.stage.push(hours=1.1)
    await texting.text("STATUS")
    assert len(texting.api.world.inbox(ESZTER)) == 7


async def test_words_by_letter(database_url: str, tmp_path: Path) -> None:
    """S0-2: STATUS is answered where it came from; STOP in a From line that nobody vouches for is read by a person."""
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        await mails.come(stage, server, eszter.address, 1)
        await eszter.write(ADDRESS, "A question", "status")
        letter = await mails.come(stage, server, eszter.address, 2)
        assert letter.text.startswith("You have 1 open case.\nT1 (Card blocked): received.")
        assert (letter.subject, letter.header("Auto-Submitted")) == ("Re: A question", "auto-replied")
        await eszter.write(ADDRESS, "Enough", "STOP")
        await stage.settled()
        assert stage.find("STOP")
        assert await stage.rows("SELECT id FROM opt_outs") == []


async def test_a_proved_letter_stops_what_it_names(database_url: str, tmp_path: Path) -> None:
    """M-4: with a DMARC pass of our own server the word counts as it does elsewhere."""
    async with mails.playing(database_url, tmp_path, trusted_authserv="mx.desk.example") as (stage, server, eszter):
        mail = eszter.new(ADDRESS, "Enough", "Stop notices")
        mail["Authentication-Results"] = "mx.desk.example; dmarc=pass header.from=example.hu"
        await eszter.post(mail, ADDRESS)
        letter = await mails.come(stage, server, eszter.address, 1)
        assert letter.text == "Stopped here: notices of outages. To get it again, write START NOTICES."
        [row] = await stage.rows("SELECT value, purpose FROM opt_outs")
        assert (row["value"], row["purpose"]) == (eszter.address, "notice")


async def test_the_operator_and_the_card_show_who_asked_for_what(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """S1-7: the ledger by address, with the very message; on the card beside the addresses."""
    await stage.customer("/stop notices")
    await stage.customer("/start notices")
    environment = {**os.environ, "CENTRALA_DATABASE__URL": database_url}
    more = {"folder": tmp_path, "environment": environment}
    done = await asyncio.to_thread(
        commands.run_text, "consent", "show", f"telegram:{stage.eszter.id}", "--json", **more
    )
    newest, first = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert (newest["state"], newest["text"], newest["channel"]) == ("wanted", "/start notices", "telegram")
    assert (first["state"], first["purpose"], first["text"]) == ("stopped", "notice", "/stop notices")
    assert newest["source"] and first["source"]
    wrong = await asyncio.to_thread(commands.run_text, "consent", "show", "Eszter", **more)
    assert wrong.returncode == 1
    assert "Expected +48601234567" in wrong.stderr
