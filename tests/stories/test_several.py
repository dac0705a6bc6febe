"""One command for several tickets, at the wire: all or none, limits, and the question before many."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.test_sms import playing as texting_with
from tests.stories.test_staff_letters import Posting, posting
from tests.stories.test_staff_texts import MAREK, code, last, link
from tests.support import stage as stages
from tests.support.stage import Stage

__all__ = ("posting",)  # the fixture


async def opened(stage: Stage, count: int) -> None:
    """So many tickets, each of a customer of its own but the first two, which are one's."""
    there = len(await stage.rows("SELECT id FROM tickets"))
    for number in range(count):
        await stage.post(f"Matter {number}", sender=f"orlik{max(number, 1)}@example.hu", thread=str(number))
    assert len(await stage.rows("SELECT id FROM tickets")) == there + count


async def states(stage: Stage) -> list[str]:
    return [row["state"] for row in await stage.rows("SELECT state FROM tickets ORDER BY number")]


def told(stage: Stage) -> str:
    return stage.bot_texts(stage.desk.id)[-1]


@pytest.mark.parametrize("text", ["/close T1, T2, T3 card replaced", "/close T1 and T2 and T3 card replaced"])
async def test_three_are_done_at_once_and_named(stage: Stage, text: str) -> None:
    """M-9: each with the words that follow the list; one not named stays."""
    await opened(stage, 4)
    await stage.staff(text)
    assert told(stage) == "T1 closed.\nT2 closed.\nT3 closed."
    assert await states(stage) == ["closed", "closed", "closed", "open"]
    found = await stage.rows("SELECT text FROM entries WHERE text LIKE '%card replaced%'")
    assert len(found) == 3
    await stage.staff("/undo T2")
    assert await states(stage) == ["closed", "open", "closed", "open"], "each is taken back by itself"


async def test_one_that_cannot_be_and_none_is_done(stage: Stage) -> None:
    """M-9: all or nothing; the refusal names the one."""
    await opened(stage, 3)
    await stage.staff("/close T2")
    before = await stage.effects()
    await stage.staff("/prio T1, T2, T3 1")
    assert told(stage).startswith("T2 is closed. Nothing was done.")
    await stage.staff("/prio T1, T9 1")
    assert told(stage).startswith("There is no T9, or it is not yours to see.")
    assert await stage.effects() == before


async def test_more_than_three_are_asked_about_with_their_counts(stage: Stage) -> None:
    """bot.md 2.8: how many tickets of how many customers, and whom it asks for a rating; bound to all of them."""
    await stage.customer("Hello")
    await stage.staff("/reply T1 It works")
    await opened(stage, 4)
    await stage.push(seconds=5)
    before = await stage.effects()
    await stage.staff("/close T1, T2, T3, T4 done")
    asked = "/close done for T1, T2, T3, T4: 4 tickets of 3 customers? 1 customer may be asked for a rating."
    assert told(stage).splitlines()[0] == asked
    assert await stage.effects() == before
    await stage.staff("/tag T4 vip", by=stage.marek)
    assert (await stage.press("Confirm")).startswith("T4 has changed since.")
    await stage.staff("/close T1, T2, T3, T4 silent done")
    assert "rating" not in told(stage)
    await stage.press("Confirm")
    assert await states(stage) == ["closed"] * 4 + ["open"]


async def test_at_most_twenty_and_each_once(stage: Stage) -> None:
    """bot.md 2.1."""
    await opened(stage, 2)
    await stage.staff(f"/take {', '.join(f'T{number}' for number in range(1, 22))}")
    assert told(stage) == "At most 20 tickets at once, and you wrote 21. Nothing was done."
    await stage.staff("/take T1, T1, T2, T1, T2")
    assert [row["assignee_id"] is not None for row in await stage.rows("SELECT assignee_id FROM tickets")] == [True] * 2


async def test_under_a_message_the_list_has_to_name_its_ticket(stage: Stage) -> None:
    """bot.md 2.1: two sources that disagree, and nothing is done."""
    await opened(stage, 3)
    card = stage.find("T1 ·").id
    before = await stage.effects()
    await stage.staff("/take T2, T3", reply_to=card)
    assert told(stage) == "You answered under T1 but wrote T2, T3. Nothing was done."
    assert await stage.effects() == before
    await stage.staff("/take T2, T1", reply_to=card)
    assert [row["assignee"] for row in [await stage.ticket(1), await stage.ticket(2)]] == ["Anna", "Anna"]


async def test_each_has_to_be_his_to_see(database_url: str, tmp_path: Path) -> None:
    """S20: one of a foreign queue in the list, and none is done."""
    rules = [{"name": "cards", "when": 'message.text.contains("card")', "queue": "cards"}]
    async with stages.playing(database_url, tmp_path, queues={"cards": {"assign": "none"}}, rules=rules) as stage:
        await stage.customer("Hello")
        await stage.post("My card", sender="orlik@example.hu")
        before = await stage.effects()
        await stage.staff("/close T1, T2")
        assert told(stage) == "There is no T2, or it is not yours to see. /my and /queue list what is."
        assert await stage.effects() == before


async def test_by_text_the_numbers_stand_first_and_a_code_confirms(database_url: str, tmp_path: Path) -> None:
    """M-9, S20: `T1 T2 close`; without proof two are asked about as well."""
    async with texting_with(database_url, tmp_path) as texting:
        await link(texting, "Marek", MAREK)
        await texting.text("Nem működik")
        await texting.stage.post("Another matter", sender="orlik@example.hu")
        await texting.text("T1 T2 close card replaced", sender=MAREK)
        asked = last(texting, MAREK)
        assert asked.startswith("/close card replaced for T1, T2: 2 tickets of 2 customers? Send "), asked
        assert await states(texting.stage) == ["open", "open"]
        await texting.text(code(texting, MAREK), sender=MAREK)
        assert await states(texting.stage) == ["closed", "closed"]
        assert last(texting, MAREK) == "T1 closed.\nT2 closed."


async def test_by_letter_a_list_names_the_letters_own_ticket(posting: Posting) -> None:
    """M-9: `#close T1, T2`; the receipt says both."""
    letter = await posting.given()
    await posting.stage.post("Another matter", sender="orlik@example.hu")
    await posting.answers(letter, "#close T1, T2 done")
    receipt = await posting.came(2)
    assert "T1 closed.\nT2 closed." in receipt.text, receipt.text
    assert await states(posting.stage) == ["closed", "closed"]
