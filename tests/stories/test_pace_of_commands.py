"""How fast a colleague may go: by command, by button and by letter, counted in one place."""

from __future__ import annotations

import re

from tests.stories.test_staff_letters import Posting, posting
from tests.support.stage import Stage

__all__ = ["posting"]
SLOW = re.compile(r"Slow down: more than (\d+) within a minute\. This was not done; write it again in (\d+) s\.")


def slowed(stage: Stage) -> list[str]:
    return [text for text in stage.bot_texts(stage.desk.id) if SLOW.search(text)]


async def notes(stage: Stage) -> int:
    return len(await stage.rows("SELECT id FROM entries WHERE kind = 'note'"))


async def test_commands_in_the_chat_are_so_many_a_minute(stage: Stage) -> None:
    """S14: he is told once, and when to go on; another colleague goes on, and so does he then."""
    stage.app.house.commands_a_minute = 5
    await stage.customer("Help")
    for number in range(8):
        await stage.staff(f"/note T1 no. {number}")
        await stage.staff("what a day")
    assert await notes(stage) == 5
    [said] = slowed(stage)
    [(most, wait)] = SLOW.findall(said)
    assert most == "5" and 1 <= int(wait) <= 60
    await stage.staff("/note T1 mine", by=stage.marek)
    assert await notes(stage) == 6
    await stage.push(seconds=61)
    await stage.staff("/note T1 again")
    assert await notes(stage) == 7


async def test_the_first_of_too_many_is_done_when_it_was_said(stage: Stage) -> None:
    stage.app.house.commands_a_minute = 5
    await stage.customer("Help")
    for number in range(6):
        await stage.staff(f"/note T1 no. {number}")
    [(_, wait)] = SLOW.findall(slowed(stage)[0])
    await stage.push(seconds=int(wait))
    await stage.staff("/note T1 again")
    assert await notes(stage) == 6


async def test_buttons_count_and_every_press_is_told(stage: Stage) -> None:
    stage.app.house.commands_a_minute = 5
    await stage.customer("Help")
    for number in range(5):
        await stage.staff(f"/note T1 no. {number}")
    assert SLOW.search(await stage.press("Take")) and SLOW.search(await stage.press("Take"))
    assert (await stage.ticket())["assignee"] is None and slowed(stage) == []
    await stage.push(seconds=61)
    await stage.press("Take")
    assert (await stage.ticket())["assignee"] == "Anna"


async def test_answers_to_customers_count_and_talk_does_not(stage: Stage) -> None:
    stage.app.house.commands_a_minute = 5
    await stage.customer("Help")
    copy = stage.find("Help").id
    for number in range(8):
        await stage.staff(f"answer {number}", reply_to=copy)
        await stage.staff("talk")
    assert len(await stage.rows("SELECT id FROM messages WHERE purpose = 'reply'")) == 5
    assert len(slowed(stage)) == 1


async def test_words_that_are_no_command_are_answered_five_times(stage: Stage) -> None:
    for number in range(8):
        await stage.staff(f"/abrakadabra{number}")
    said = stage.bot_texts(stage.desk.id)
    assert sum("is not a command" in one for one in said) == 5 and len(slowed(stage)) == 1


async def test_letters_are_so_many_a_minute(posting: Posting) -> None:
    """S14: told once by letter; letters that others may have written take nothing from his own."""
    posting.stage.app.house.commands_a_minute = 5
    letter = await posting.given()
    before = len(posting.server.inbox(letter.recipients[0]))
    for number in range(6):
        await posting.answers(letter, f"#note forged {number}", proof="")
    for number in range(8):
        await posting.answers(letter, f"#note no. {number}")
    assert await notes(posting.stage) == 5
    told = [one.text for one in posting.server.inbox(letter.recipients[0])[before:]]
    assert len([one for one in told if SLOW.search(one)]) == 1
    await posting.stage.push(seconds=61)
    await posting.answers(letter, "#note again")
    assert await notes(posting.stage) == 6
