"""Guided questions: a customer fills in the fields of his case, one message a question, on whatever channel he has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crmcore import stations
from crmcore.stations import Facts
from tests.stories import test_email as mails
from tests.stories import test_sms as texts
from tests.stories.test_sms import ESZTER, Texting
from tests.support import stage as stages
from tests.support.entering import entered
from tests.support.stage import Stage

FIELDS: list[dict[str, Any]] = [
    {"name": "cause", "type": "codebook", "book": "cause", "required": True},
    {"name": "on", "type": "date", "required": True, "question": {"hu": "Mikor történt?", "en": "When was it?"}},
    {"name": "litres", "type": "number"},
    {"name": "station", "type": "station"},
    {"name": "colour", "type": "choice", "options": ["red", "blue"], "label": "Colour"},
    {"name": "receipt", "type": "yes/no", "required": True},
    {"name": "result", "type": "text", "required": True, "ask": False},
    {"name": "accepted", "type": "yes/no", "required": True, "after": "result"},
]
MORE: dict[str, Any] = {"kinds": {"complaint": {"fields": FIELDS}}}
SHORT: dict[str, Any] = {"kinds": {"complaint": {"fields": FIELDS[:2]}}}


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path, **MORE) as found:
        async with found.app.store.unit() as work:
            await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw")])
        yield found


async def asked(stage: Stage) -> None:
    await stage.customer("A kártyám nem működik")
    await stage.staff("/kind T1 complaint")
    await stage.staff("/ask T1")
    await hears(stage, "1/6. kérdés")


async def fields(stage: Stage) -> dict[str, str]:
    return {row["name"]: row["value"] for row in await stage.rows("SELECT name, value FROM ticket_fields")}


async def runs(stage: Stage) -> list[tuple[str, str]]:
    found = await stage.rows("SELECT state, field FROM question_runs ORDER BY id")
    return [(row["state"], row["field"]) for row in found]


async def heard(stage: Stage) -> list[str]:
    found = await stage.rows("SELECT text FROM messages WHERE direction = 'in' AND ref_kind = 'ticket' ORDER BY id")
    return [row["text"] for row in found]


def last(stage: Stage) -> str:
    return stage.bot_texts(stage.eszter.id)[-1]


async def hears(stage: Stage, part: str) -> None:
    """Until the newest that the bot has said to her has these words: a chat is written to once a second."""
    await stage.until(lambda: part in last(stage))


async def test_a_complaint_is_filled_in_by_buttons_and_words(stage: Stage) -> None:
    """B-6 on Telegram: in his language, checked by type, each answer a message and a change of his own."""
    chat = stage.world.private(stage.eszter)
    await asked(stage)
    assert last(stage).startswith("T1, 1/6. kérdés: Mire vonatkozik a panasza?")
    assert "EMBER" in last(stage), "how to have a person instead"
    assert "0/6 questions answered" in stage.find("T1 · A kártyám nem működik").text
    await stage.press("Üzemanyagkártya", by=stage.eszter, chat=chat)
    await hears(stage, "T1, 2/6. kérdés: Mikor történt?")
    async with entered(stage) as desk, desk.get("/tickets/T1") as page:
        assert "1/6 questions answered" in await page.text()
    assert "1/6 questions answered" in stage.find("T1 · A kártyám nem működik").text
    await stage.customer("10.3.2026")
    await hears(stage, "receipt")
    await stage.press("Igen", by=stage.eszter, chat=chat)
    await hears(stage, "litres")
    await stage.customer("12,5")
    await hears(stage, "Melyik állomáson történt?")
    await stage.press("Kihagyom", by=stage.eszter, chat=chat)
    await hears(stage, "Colour")
    await stage.customer("BLUE")
    await hears(stage, "Köszönjük, mindent megkaptunk, amire szükségünk van.")
    assert await fields(stage) == {
        "cause": "card", "on": "2026-03-10", "litres": "12.5", "colour": "blue", "receipt": "yes",
    }  # fmt: skip
    assert await runs(stage) == [("complete", "colour")]
    said = "questions answered: cause: card; on: 2026-03-10; litres: 12.5; colour: blue; receipt: yes"
    assert stage.find(f"T1 · {said}")
    assert "questions answered" not in stage.find("T1 · A kártyám nem működik").text
    assert await heard(stage) == [
        "A kártyám nem működik", "Üzemanyagkártya", "10.3.2026", "Igen", "12,5", "Kihagyom", "BLUE",
    ]  # fmt: skip
    own = await stage.rows("SELECT author_kind, author, text FROM entries WHERE text LIKE '% set cause%'")
    assert [(one["author_kind"], one["author"]) for one in own] == [("customer", "Eszter")]
    done = await stage.rows("SELECT verb, actor_id, proof, inverse FROM ticket_changes WHERE verb = 'set' ORDER BY id")
    assert {(one["actor_id"], one["proof"]) for one in done} == {(0, "telegram")} and all(
        one["inverse"] for one in done
    )
    assert stage.find("Eszter:\nBLUE"), "under the card like any other message"
    await stage.press("Igen", by=stage.eszter, chat=chat)
    assert "gomb" in stage.world.toasts[-1].text, "out of date"
    assert len(await heard(stage)) == 7


async def test_what_comes_after_a_field_is_asked_once_that_is_filled(stage: Stage) -> None:
    """The customer cannot know the result, and accepts it only once there is one."""
    await stage.customer("A kártyám nem működik")
    await stage.staff("/kind T1 complaint")
    for line in ("cause card", "on 2026-03-10", "litres 1", "station 0412", "colour red", "receipt no"):
        await stage.staff(f"/set T1 {line}")
    await stage.staff("/ask T1")
    assert stage.find("There is nothing to ask for: T1 is a complaint")
    await stage.staff("/set T1 result a new card")
    await stage.staff("/ask T1")
    assert stage.find("T1: Eszter is asked for accepted. /ask T1 off ends it.")
    await stage.customer("tak")
    assert (await fields(stage))["accepted"] == "yes"


async def test_a_wrong_answer_is_asked_again_once_and_then_a_person_takes_over(stage: Stage) -> None:
    """B-6: with what was expected; nothing he wrote is lost."""
    await asked(stage)
    await stage.customer("azt hiszem a kártya")
    await hears(stage, "Ezt nem tudtuk értelmezni. Mire vonatkozik a panasza?")
    await stage.customer("1")
    await hears(stage, "Mikor történt?")
    await stage.customer("tegnap")
    await hears(stage, "Ezt nem tudtuk értelmezni. Mikor történt?\nÍrjon egy dátumot, például 10.3.2026.")
    await stage.customer("múlt héten")
    await hears(stage, "Köszönjük. Innen egy munkatársunk folytatja, és válaszol Önnek.")
    assert await fields(stage) == {"cause": "card"}
    assert await runs(stage) == [("handed", "on")]
    assert stage.find("T1 · questions ended: what was written for on was not understood")
    await stage.customer("12.5")
    assert await fields(stage) == {"cause": "card"}, "nobody asks any more"
    assert (await heard(stage))[1:] == ["azt hiszem a kártya", "1", "tegnap", "múlt héten", "12.5"]
    assert {row["number"] for row in await stage.rows("SELECT number FROM tickets")} == {1}


async def test_a_station_is_one_that_there_is(stage: Stage) -> None:
    await asked(stage)
    for text in ("1", "10.3.2026", "igen", "123456"):  # six digits could be a code that proves who he is
        await stage.customer(text)
    await hears(stage, "Melyik állomáson történt?")
    await stage.customer("9999")
    await hears(stage, "Ezt nem tudtuk értelmezni.")
    await stage.customer("0412")
    found = await fields(stage)
    assert (found["litres"], found["station"]) == ("123456", "0412")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param("/human", "the customer asks for a person", id="the command"),
        pytest.param("EMBER", "the customer asks for a person", id="the word"),
        pytest.param("elég a kérdésekből!", "the customer wants no more of them", id="no more"),
    ],
)
async def test_a_word_ends_the_questions(stage: Stage, words: str, why: str) -> None:
    await asked(stage)
    await stage.customer(words)
    assert [state for state, _ in await runs(stage)] == ["stopped"]
    assert stage.find(f"T1 · questions ended: {why}")
    assert (await heard(stage))[-1] == words
    await stage.customer("1")
    assert await fields(stage) == {}


async def test_what_is_no_answer_stays_a_message(stage: Stage) -> None:
    """A reply to something else, a photo, another person's chat; and what is asked of the house itself."""
    await asked(stage)
    greeting = next(one for one in stage.shown(stage.eszter.id) if one.sender.is_bot)
    await stage.customer("1", reply_to=greeting.id)
    await stage.customer("/status")
    await stage.customer("/start")
    await stage.customer("/7")
    await stage.say(stage.obcy, stage.world.private(stage.obcy), "1")
    assert await fields(stage) == {} and await runs(stage) == [("running", "cause")]
    question = stage.find("1/6. kérdés", stage.eszter.id)
    await stage.customer("1", reply_to=question.id)
    assert await fields(stage) == {"cause": "card"}


async def test_nobody_answers_for_another(stage: Stage) -> None:
    """A button's code from another chat, of an older question, and of none."""
    await asked(stage)
    message, code = stage.button("Üzemanyagkártya", chat=stage.world.private(stage.eszter))
    chat = stage.world.private(stage.obcy)
    await stage.say(stage.obcy, chat, "Ahoj")
    await stage.until(lambda: stage.bot_texts(chat.id))
    await stage.forge(stage.obcy, code, chat=chat)
    await stage.forge(stage.eszter, f"{code}99", chat=stage.world.private(stage.eszter), message=message)
    assert await fields(stage) == {}
    await stage.customer("1")
    await stage.forge(stage.eszter, code, chat=stage.world.private(stage.eszter), message=message)
    assert await fields(stage) == {"cause": "card"} and await runs(stage) == [("running", "on")]


async def test_a_customer_is_asked_about_one_case_at_a_time(stage: Stage) -> None:
    await asked(stage)
    await stage.staff("/ask T1")
    assert stage.find("Eszter is being asked about T1 already. Nothing was sent. /ask T1 off ends that.")
    await stage.staff("/ask T1 off")
    assert [state for state, _ in await runs(stage)] == ["stopped"]
    await stage.staff("/ask T1")
    assert [state for state, _ in await runs(stage)] == ["stopped", "running"]
    for words in ("cause card", "on 2026-03-10", "receipt yes", "result a new card", "accepted yes"):
        await stage.say(stage.anna, stage.world.private(stage.anna), f"/set T1 {words}")  # a group has 20 a minute
    await stage.staff("/state T1 solved")
    assert [state for state, _ in await runs(stage)] == ["stopped", "closed"]
    await stage.staff("/ask T1")
    assert stage.find("T1 is over. Nothing was sent. /reopen T1 opens it again.")


async def test_without_an_answer_for_a_day_it_ends(stage: Stage) -> None:
    """No reminder: the ticket says so, and what he writes later is a message."""
    await asked(stage)
    said = len(stage.bot_texts(stage.eszter.id))
    await stage.push(hours=25)
    assert await runs(stage) == [("expired", "cause")]
    told = await stage.rows("SELECT text FROM entries WHERE text LIKE 'questions ended%'")
    assert [one["text"] for one in told] == ["questions ended: no answer about cause for 24 hours"]
    assert len(stage.bot_texts(stage.eszter.id)) == said
    await stage.customer("1")
    assert await fields(stage) == {}


async def test_a_question_that_does_not_arrive_ends_them(stage: Stage) -> None:
    """She has blocked the bot: nobody waits for an answer that cannot come, and the ticket says so."""
    await asked(stage)
    stage.world.block(stage.eszter)
    await stage.staff("/ask T1 off")
    await stage.staff("/ask T1")
    await stage.until(lambda: _is_over(stage))
    assert await runs(stage) == [("stopped", "cause"), ("handed", "cause")]
    told = await stage.rows("SELECT text FROM entries WHERE text LIKE 'questions ended%'")
    assert [one["text"] for one in told] == ["questions ended: the one about cause did not reach the customer"]


async def _is_over(stage: Stage) -> bool:
    return [state for state, _ in await runs(stage)] == ["stopped", "handed"]


async def test_questions_go_on_after_a_restart(stage: Stage) -> None:
    """R1: where they stand is in rows."""
    await asked(stage)
    await stage.customer("x")
    await stage.restart()
    await stage.customer("1")
    assert await fields(stage) == {"cause": "card"}
    await stage.customer("10.3.2026")
    await hears(stage, "receipt")


async def test_what_there_is_nothing_to_ask_for_is_told(stage: Stage) -> None:
    await stage.customer("Segítség")
    before = await stage.effects()
    await stage.staff("/ask T1")
    assert stage.find("There is nothing to ask for: T1 is a question")
    assert await stage.effects() == before


async def test_a_complaint_is_filled_in_by_text_message(database_url: str, tmp_path: Path) -> None:
    """B-6 on SMS: options by number or word; a digit is an answer, and no rating; STOP stays STOP."""
    async with texts.playing(database_url, tmp_path) as texting:
        stage, inbox = texting.stage, texting.api.world.inbox
        await _asked(texting)
        question = inbox(ESZTER)[-1]
        assert question.startswith("T1, question 1 of 3: What is your complaint about?\n1 ")
        assert "Write the number or the word." in question and "HUMAN" in question
        await texting.text("2")
        assert "Which product is it about?" in inbox(ESZTER)[-1] and "SKIP" in inbox(ESZTER)[-1]
        await texting.text("Toll")
        await texting.text("Skip.")
        assert inbox(ESZTER)[-1] == "Thank you, that is all we need."
        assert await fields(stage) == {"cause": "payment", "product": "toll"}
        await stage.staff("/set T1 result money back")
        await stage.staff("/ask T1")
        await texting.settled()
        assert "Do you accept the result of your complaint?" in inbox(ESZTER)[-1]
        await texting.text("STOP")
        assert await runs(stage) == [("complete", "station"), ("stopped", "accepted")]
        assert await stage.rows("SELECT id FROM opt_outs")
        await texting.text("yes")
        assert "accepted" not in await fields(stage)


async def _asked(texting: Texting) -> None:
    await texting.text("My card does not work")
    await texting.stage.staff("/kind T1 complaint")
    await texting.stage.staff("/ask T1")
    await texting.settled()


async def test_a_complaint_is_filled_in_by_letter(database_url: str, tmp_path: Path) -> None:
    """B-6 by e-mail: an answer replies to the question's own letter; only its first line counts."""
    async with mails.playing(database_url, tmp_path, hub=SHORT) as (stage, server, eszter):
        await eszter.write(mails.ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        receipt = await mails.come(stage, server, eszter.address, 1)
        await stage.staff("/kind T1 complaint")
        await stage.staff("/ask T1")
        first = await mails.come(stage, server, eszter.address, 2)
        assert "T1, question 1 of 2: What is your complaint about?" in first.text
        assert first.subject == "Re: Card blocked"
        await eszter.reply(receipt, "1")
        await stage.settled()
        assert await fields(stage) == {}, "an answer to another letter"
        await eszter.reply(first, "Fuel card\n\nKind regards\nEszter")
        second = await mails.come(stage, server, eszter.address, 3)
        assert "question 2 of 2: When was it?" in second.text
        await eszter.reply(second, "2026-03-10")
        done = await mails.come(stage, server, eszter.address, 4)
        assert done.text.strip() == "Thank you, that is all we need."
        assert await fields(stage) == {"cause": "card", "on": "2026-03-10"}
        assert await runs(stage) == [("complete", "on")]
        assert len(await stage.rows("SELECT id FROM tickets")) == 1


async def test_a_rule_asks_by_itself(database_url: str, tmp_path: Path) -> None:
    """B-6, M-6: what is set is not asked for, and the ticket tells which rule asked."""
    rule = {"name": "claims", "when": 'fold(message.text).contains("panasz")', "kind": "complaint", "ask": True}
    rule |= {"set": {"on": "2026-05-01"}}
    async with stages.playing(database_url, tmp_path, **SHORT, rules=[rule]) as stage:
        await stage.customer("Panaszom van")
        await hears(stage, "T1, 1/1. kérdés")
        said = await stage.rows("SELECT author_kind, text FROM entries WHERE kind = 'event' ORDER BY id")
        assert ("system", "rule claims asks the customer for cause") in [
            (row["author_kind"], row["text"]) for row in said
        ]
        await stage.press("Üzemanyagkártya", by=stage.eszter, chat=stage.world.private(stage.eszter))
        await stage.until(lambda: finished(stage))
        assert set(await fields(stage)) == {"cause", "on"}


async def finished(stage: Stage) -> bool:
    return await runs(stage) == [("complete", "cause")]
