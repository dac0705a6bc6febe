"""Whether it is solved: asked once when a person has ended a ticket; yes is kept, not yet opens it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories import test_sms as texts
from tests.stories.test_ratings import answered
from tests.stories.test_sms import ESZTER, Texting
from tests.support import cast
from tests.support import stage as stages
from tests.support.stage import Stage

SOLVED = "Megoldódott a(z) T1 ügy?"


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with texts.playing(database_url, tmp_path) as found:
        yield found


def said(stage: Stage) -> list[str]:
    return stage.bot_texts(stage.eszter.id)


async def press(stage: Stage, label: str) -> str:
    return await stage.press(label, by=stage.eszter, chat=stage.world.private(stage.eszter))


async def test_a_yes_is_an_act_of_the_customer_with_its_proof(stage: Stage) -> None:
    """S1-8: whether the customer accepts the result is recorded, with who said so and how we knew him."""
    await answered(stage)
    assert SOLVED not in said(stage), "not at once: it may have been closed by mistake"
    await stage.push(minutes=11)
    await stage.until(lambda: said(stage)[-1] == SOLVED)
    assert await stage.rows("SELECT id FROM surveys") == [], "one question at a time"
    message, code = stage.button("Igen", chat=stage.world.private(stage.eszter))
    assert await press(stage, "Igen") == "Köszönjük."
    await stage.until(lambda: f"{SOLVED} Igen\nKöszönjük." in said(stage))
    assert not stage.find(SOLVED, stage.eszter.id).buttons, "they are gone"
    await stage.until(lambda: said(stage)[-1].startswith("A(z) T1 ügyet lezártuk. Hogy teljesítettünk?"))
    [act] = await stage.rows("SELECT actor, proof, said FROM ticket_changes WHERE verb = 'accept'")
    assert (act["actor"], act["proof"], act["said"]) == ("Eszter", "telegram", "Eszter says that it is solved")
    [entry] = await stage.rows("SELECT author_kind, author FROM entries WHERE text LIKE '%it is solved'")
    assert (entry["author_kind"], entry["author"]) == ("customer", "Eszter")
    again = await stage.forge(
        stage.eszter, code.replace("yes", "not_yet"), chat=stage.world.private(stage.eszter), message=message
    )
    assert again == "Válaszát már megkaptuk. Köszönjük."
    assert (await stage.ticket())["state"] == "closed"


async def test_not_yet_opens_the_ticket_again_and_tells_its_owner(stage: Stage) -> None:
    stage.open(stage.anna)
    await answered(stage)
    await stage.push(minutes=11)
    assert await press(stage, "Még nem") == "Köszönjük a jelzést. Munkatársunk tovább foglalkozik vele."
    ticket = await stage.ticket()
    assert (ticket["state"], ticket["assignee"]) == ("open", "Anna")
    [clock] = await stage.rows("SELECT state FROM clocks WHERE kind = 'first_response' AND ended_at IS NULL")
    assert clock["state"] == "running"
    assert "Még nem" in stage.find("Még nem").text
    assert stage.find("T1: the customer says that it is not solved yet.", stage.anna.id)
    [act] = await stage.rows("SELECT actor, proof FROM ticket_changes WHERE verb = 'refuse'")
    assert (act["actor"], act["proof"]) == ("Eszter", "telegram")
    await stage.staff("/reply T1 Most már jó")
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    await stage.until(lambda: said(stage)[-1].startswith("A(z) T1 ügyet lezártuk. Hogy teljesítettünk?"))
    assert sum(SOLVED in text for text in said(stage)) == 1, "once a ticket"


@pytest.mark.parametrize(
    "acts",
    [
        pytest.param(("/reply T1 Jó", "/close T1 silent"), id="closed silently"),
        pytest.param(("/close T1",), id="nobody answered"),
        pytest.param(("/reply T1 Jó", "/close T1", "/reopen T1"), id="open again"),
        pytest.param(("/reply T1 Jó", "/close T1", "/undo"), id="the close taken back"),
        pytest.param(("/reply T1 Jó", "/wait T1"), id="not ended"),
    ],
)
async def test_who_is_not_asked(stage: Stage, acts: tuple[str, ...]) -> None:
    await stage.customer("A kártyám nem működik")
    for act in acts:
        await stage.staff(act)
    await stage.push(minutes=11)
    assert await stage.rows("SELECT id FROM acceptances") == []
    assert await stage.rows("SELECT id FROM surveys") == []
    assert not any(SOLVED in text for text in said(stage))


async def test_who_writes_again_before_he_is_asked_is_not_asked(stage: Stage) -> None:
    await answered(stage)
    await stage.customer("Megint nem működik")
    await stage.push(minutes=11)
    assert (await stage.ticket())["state"] == "open"
    assert await stage.rows("SELECT id FROM acceptances") == []
    assert not any(SOLVED in text for text in said(stage))


async def test_a_solved_ticket_is_asked_about_as_a_closed_one(stage: Stage) -> None:
    await answered(stage, "/state T1 solved")
    await stage.push(minutes=11)
    await stage.until(lambda: said(stage)[-1] == SOLVED)
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    assert sum(SOLVED in text for text in said(stage)) == 1


async def test_one_person_is_asked_one_question_at_a_time(stage: Stage) -> None:
    """Two tickets closed one after the other: the second is not asked about while the first waits."""
    await answered(stage)
    await stage.customer("Másik ügy: számla")
    tickets = await stage.rows("SELECT number, state FROM tickets ORDER BY number")
    assert [(one["number"], one["state"]) for one in tickets] == [(1, "open")], "his words open the first again"
    await stage.staff("/split T1 1 számla")
    for number in (1, 2):
        await stage.staff(f"/reply T{number} Jó")
        await stage.staff(f"/close T{number}")
    await stage.push(minutes=12)
    assert len(await stage.rows("SELECT id FROM acceptances")) == 1
    assert sum("Megoldódott" in text for text in said(stage)) == 1


async def test_it_can_be_switched_off(database_url: str, tmp_path: Path) -> None:
    async with stages.playing(database_url, tmp_path, bot={"asks_solved": False, "ratings": False}) as stage:
        await answered(stage)
        await stage.push(minutes=11)
        assert await stage.rows("SELECT id FROM acceptances") == []


async def test_a_press_from_elsewhere_says_nothing(stage: Stage) -> None:
    await answered(stage)
    await stage.push(minutes=11)
    chat = stage.world.private(stage.obcy)
    await stage.say(stage.obcy, chat, "Ahoj")
    await stage.forge(stage.obcy, "c:solved:not_yet", chat=chat)
    assert [row["answer"] for row in await stage.rows("SELECT answer FROM acceptances")] == [None]
    assert (await stage.ticket())["state"] == "closed"


async def test_a_word_answers_by_text_message_while_the_question_waits(texting: Texting) -> None:
    """S1-8, B-8: NO opens it again; the same word without a question is a message like any other."""
    stage, inbox = texting.stage, texting.api.world.inbox
    await texting.text("My card does not work")
    await texting.text("no")
    assert stage.find("\nno"), "to a colleague's question, perhaps"
    await stage.staff("/reply T1 It works now")
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    await texting.settled()
    assert inbox(ESZTER)[-1] == "T1: is it solved? Answer OK, or NO if it is not yet."
    await texting.text("No!")
    assert inbox(ESZTER)[-1] == "Thank you for telling us. A colleague will go on with it."
    assert (await stage.ticket())["state"] == "open"
    [act] = await stage.rows("SELECT proof FROM ticket_changes WHERE verb = 'refuse'")
    assert act["proof"] == "sms"


async def test_a_word_with_the_number_answers_beside_an_open_matter(texting: Texting) -> None:
    stage = texting.stage
    await texting.text("My card does not work")
    await stage.staff("/reply T1 It works now")
    await stage.staff("/close T1")
    await stage.push(minutes=11)
    await texting.settled()
    async with stage.app.store.unit() as work:  # another matter of his is open
        await work.change("UPDATE tickets SET state = 'waiting' WHERE number = 1")
    await texting.text("OK")
    assert [row["answer"] for row in await stage.rows("SELECT answer FROM acceptances")] == [None]
    await texting.text("OK T1")
    assert [row["answer"] for row in await stage.rows("SELECT answer FROM acceptances")] == ["yes"]


async def test_an_owner_who_has_left_is_told_nothing(stage: Stage) -> None:
    """M-9: the ticket that begins again is nobody's then."""
    zoe = await stage.hire("Zoe", cast.ANNA + 77)
    stage.open(zoe)
    await stage.customer("A kártyám nem működik")
    await stage.staff("/reply T1 Jó", by=zoe)
    await stage.staff("/close T1", by=zoe)
    await stage.push(minutes=11)
    async with stage.app.store.unit() as work:
        await work.change("UPDATE staff SET active = ? WHERE name = 'Zoe'", False)
    await press(stage, "Még nem")
    ticket = await stage.ticket()
    assert (ticket["state"], ticket["assignee"]) == ("open", None)
    assert stage.bot_texts(zoe.id) == []
