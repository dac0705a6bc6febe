"""How customers found it: asked once a closed ticket where an answer can arrive, counted once, seen by colleagues."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import rating
from crmcore import access
from tests.stories import test_email as mails
from tests.stories import test_sms as texts
from tests.stories.test_email import ADDRESS
from tests.stories.test_sms import ESZTER, Texting
from tests.support import stage as stages
from tests.support.confirming import confirmed
from tests.support.stage import Stage
from tickets import surveys

ASKED = "T1 ügyet lezártuk. Hogy teljesítettünk?"
EVERYTHING = access.Scope(True, frozenset(), access.StaffId(0))


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with texts.playing(database_url, tmp_path) as found:
        yield found


async def answered(stage: Stage, close: str = "/close T1") -> None:
    """A customer's question, a colleague's answer, the end."""
    await stage.customer("A kártyám nem működik")
    await stage.staff("/reply T1 Már jó")
    await stage.staff(close)


async def asked(stage: Stage) -> None:
    """Ten minutes later he is asked whether it is solved, and says so: then how we did."""
    await stage.push(minutes=11)
    await stage.until(lambda: is_offered(stage, "Igen"))
    await stage.press("Igen", by=stage.eszter, chat=stage.world.private(stage.eszter))
    await stage.until(lambda: any(ASKED in text for text in stage.bot_texts(stage.eszter.id)))


def is_offered(stage: Stage, label: str) -> bool:
    shown = stage.shown(stage.eszter.id)
    return any(text == label for message in shown for row in message.buttons for text, _ in row)


def questions(stage: Stage) -> int:
    return sum(ASKED in text for text in stage.bot_texts(stage.eszter.id))


async def test_a_closed_ticket_is_rated_by_a_button(stage: Stage) -> None:
    """S0-22, S1-8: asked once it is solved, counted once, told on the ticket; the buttons go."""
    await answered(stage)
    assert questions(stage) == 0, "not at once: it may have been closed by mistake"
    await asked(stage)
    chat = stage.world.private(stage.eszter)
    message, code = stage.button("4", chat=chat)
    toast = await stage.press("4", by=stage.eszter, chat=chat)
    assert toast == "Köszönjük az értékelését."
    await stage.until(lambda: "Köszönjük az értékelését. 4/5" in stage.bot_texts(stage.eszter.id))
    assert await stage.forge(stage.eszter, code.replace("4", "1"), chat=chat, message=message) == (
        "Értékelését már megkaptuk. Köszönjük."
    )
    [row] = await stage.rows("SELECT score FROM surveys")
    kept = await stage.rows("SELECT score, counted, source_id FROM survey_answers ORDER BY id")
    assert row["score"] == 4
    assert [(one["score"], bool(one["counted"])) for one in kept] == [(4, True), (1, False)]
    assert all(one["source_id"] for one in kept)
    told = await stage.rows("SELECT text FROM entries WHERE kind = 'event' AND text LIKE 'rated%'")
    assert [one["text"] for one in told] == ["rated 4 of 5"]
    found = await surveys.lately(stage.app.store.reading(), EVERYTHING)
    assert (found.count, found.mean, found.newest[0].ticket) == (1, 4.0, "T1")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param("/close T1 silent solved by phone", id="closed silently"),
        pytest.param("/spam T1", id="spam"),
    ],
)
async def test_nobody_is_asked_after_a_silent_end(stage: Stage, act: str) -> None:
    await answered(stage, act if act.startswith("/close") else "/note T1 x")
    if act.startswith("/spam"):
        await confirmed(stage, act, by=stage.marek)
    await stage.push(minutes=11)
    assert await stage.rows("SELECT id FROM surveys") == []
    assert (await stage.ticket())["state"] == "closed"


async def test_nobody_is_asked_whom_nobody_answered(stage: Stage) -> None:
    """Only after a person has answered."""
    await stage.customer("A kártyám nem működik")
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    assert await stage.rows("SELECT id FROM surveys") == []


async def test_a_ticket_that_is_open_again_is_not_asked_about(stage: Stage) -> None:
    """The question that has not left is taken back, and put after the second end."""
    await answered(stage)
    await stage.staff("/reopen T1")
    await stage.push(minutes=11)
    assert questions(stage) == 0
    await stage.staff("/reply T1 Most már jó")
    await stage.staff("/close T1")
    await asked(stage)
    await stage.staff("/reopen T1")
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    assert questions(stage) == 1, "once a ticket"
    assert len(await stage.rows("SELECT id FROM acceptances")) == 1


async def test_a_late_answer_is_kept_and_does_not_count(stage: Stage) -> None:
    await answered(stage)
    await asked(stage)
    await stage.push(days=8)
    toast = await stage.press("5", by=stage.eszter, chat=stage.world.private(stage.eszter))
    assert toast == "Az értékelés ideje lejárt. Azért köszönjük."
    assert [row["score"] for row in await stage.rows("SELECT score FROM surveys")] == [None]
    assert [bool(row["counted"]) for row in await stage.rows("SELECT counted FROM survey_answers")] == [False]


async def test_nobody_rates_for_another(stage: Stage) -> None:
    """A button's code from another chat finds no question there."""
    await answered(stage)
    await asked(stage)
    await stage.say(stage.obcy, stage.world.private(stage.obcy), "Ahoj")
    chat = stage.world.private(stage.obcy)
    await stage.until(lambda: stage.bot_texts(chat.id))
    await stage.forge(stage.obcy, "c:rate:1", chat=chat)
    assert await stage.rows("SELECT id FROM survey_answers") == []


async def test_ratings_can_be_switched_off(database_url: str, tmp_path: Path) -> None:
    """He is still asked whether it is solved, and thanked."""
    async with stages.playing(database_url, tmp_path, bot={"ratings": False}) as stage:
        await answered(stage)
        await stage.push(minutes=11)
        toast = await stage.press("Igen", by=stage.eszter, chat=stage.world.private(stage.eszter))
        assert toast == "Köszönjük."
        assert await stage.rows("SELECT id FROM surveys") == []


async def test_without_the_other_question_the_rating_comes_by_itself(database_url: str, tmp_path: Path) -> None:
    async with stages.playing(database_url, tmp_path, bot={"asks_solved": False}) as stage:
        await answered(stage)
        await stage.push(minutes=11)
        await stage.until(lambda: questions(stage) == 1)
        assert await stage.rows("SELECT id FROM acceptances") == []


async def test_a_digit_rates_by_text_message_while_a_question_waits(texting: Texting) -> None:
    """A digit before the question, or with another matter open, is a message like any other."""
    stage, inbox = texting.stage, texting.api.world.inbox
    await texting.text("My card does not work")
    await texting.text("5")
    assert stage.find("\n5")
    await stage.staff("/reply T1 It works now")
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    await texting.settled()
    await texting.text("OK")
    await stage.until(lambda: inbox(ESZTER)[-1].startswith("T1 is closed. How did we do? Answer with a digit"))
    await texting.text(" 5. ")
    assert inbox(ESZTER)[-1] == "Thank you for your rating."
    said = len(inbox(ESZTER))
    await texting.text("1")
    assert len(inbox(ESZTER)) == said
    kept = await stage.rows("SELECT score, counted FROM survey_answers ORDER BY id")
    assert [(one["score"], bool(one["counted"])) for one in kept] == [(5, True), (1, False)]
    assert (await stage.ticket())["state"] == "closed", "a rating opens nothing again"
    assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def test_who_cannot_answer_is_not_asked(database_url: str, tmp_path: Path) -> None:
    """From Russia no text can come back; a letter without an address of our pages has no link to carry."""
    async with texts.playing(database_url, tmp_path) as texting:
        [adapter] = [one for one in texting.stage.app.adapters if one.name == "sms"]
        assert not rating.by_word(
            next(line for line in texting.stage.app.house.lines.all() if line.account == adapter.account),
            f"{adapter.capabilities.one_way[0]}9161234567",
        )


async def test_a_letter_carries_a_link_that_shows_first(database_url: str, tmp_path: Path) -> None:
    """Opening counts nothing: mail programs open links. Sending counts once, with the words beside it."""
    more = {"web": {"public_url": "http://desk.example"}}
    async with mails.playing(database_url, tmp_path, hub=more) as (stage, server, eszter):
        await eszter.write(ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        await mails.come(stage, server, eszter.address, 1)
        await stage.staff("/reply T1 It works now")
        await mails.come(stage, server, eszter.address, 2)
        await stage.staff("/close T1")
        await stage.push(minutes=11)
        letter = await mails.come(stage, server, eszter.address, 3)
        assert letter.subject == "Re: Card blocked"
        assert "Not solved yet? Answer this letter." in letter.text
        [link] = re.findall(r"http://desk\.example(/rate/\S+)", letter.text)
        await page_of(stage, link)


async def page_of(stage: Stage, link: str) -> None:
    base = f"http://127.0.0.1:{stage.app.port}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:

        async def ask(method: str, path: str = link, **sent: Any) -> tuple[int, str]:
            headers = {"Origin": base} if method == "POST" else {}
            async with session.request(method, base + path, data=sent or None, headers=headers) as got:
                return got.status, await got.text()

        status, page = await ask("GET")
        assert (status, "How did we do?" in page) == (200, True)
        assert await stage.rows("SELECT id FROM survey_answers") == []
        [csrf] = re.findall(r'name="csrf" value="([^"]+)"', page)
        status, page = await ask("POST", csrf=csrf, comment="no score")
        assert (status, "Choose a number from 1 to 5." in page) == (400, True)
        assert (await ask("POST", csrf=csrf, score="2", comment="Slow <b>"))[0] == 200
        status, page = await ask("POST", csrf=csrf, score="5")
        assert (status, "Your rating is here already." in page) == (200, True)
        assert (await ask("GET", f"{link[:-1]}{'a' if link[-1] != 'a' else 'b'}"))[0] == 404
    [row] = await stage.rows("SELECT score, comment FROM surveys")
    assert (row["score"], row["comment"]) == (2, "Slow <b>")
    told = await stage.rows("SELECT text FROM entries WHERE text LIKE 'rated%'")
    assert [one["text"] for one in told] == ["rated 2 of 5: Slow <b>"]
