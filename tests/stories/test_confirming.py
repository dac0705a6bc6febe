"""Acts that reach far are shown before they are done, and wait for the yes of whoever asked: on every channel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.commands import How, Order
from tests.stories.test_email import ADDRESS
from tests.stories.test_sms import playing as texting_with
from tests.stories.test_staff_letters import Posting, posting
from tests.stories.test_staff_texts import MAREK, code, last, link
from tests.support.stage import Stage

__all__ = ("posting",)  # the fixture
GONE = "Nothing of yours waits under this button any more. Nothing was done."
MERGES = (
    "Merge T1 (My card is blocked) into T2 (second matter)? 1 message or note of Eszter goes there, T1 is closed, and"
    " what comes late goes there, too."
)


@pytest.fixture
async def two(stage: Stage) -> Stage:
    """Two tickets of Eszter's: T1, and T2 that was taken out of it."""
    await stage.customer("My card is blocked")
    await stage.customer("And the invoice is wrong")
    await stage.staff("/split T1 1 second matter")
    assert (await stage.ticket(2))["subject"] == "second matter"
    return stage


def told(stage: Stage) -> str:
    return stage.bot_texts(stage.desk.id)[-1]


async def state(stage: Stage, number: int = 1) -> str:
    return str((await stage.ticket(number))["state"])


async def blocked(stage: Stage) -> int:
    return len(await stage.rows("SELECT id FROM blocked_addresses WHERE lifted_at IS NULL"))


async def test_a_merge_shows_what_moves_and_is_done_once_confirmed(two: Stage) -> None:
    """M-9, bot.md 2.8: the counts first, then one press."""
    before = await two.effects()
    await two.staff("/merge T1 into T2")
    assert told(two).splitlines()[0] == MERGES
    assert await two.effects() == before, "a question changes nothing"
    await two.press("Confirm")
    assert told(two).startswith("T1 merged into T2.")
    assert await state(two) == "closed"
    assert await two.press("Confirm") == GONE, "once"


async def test_a_ban_shows_who_and_is_done_once_confirmed(stage: Stage) -> None:
    """M-9: whom, until when, and how many open tickets are his."""
    await stage.customer("You are all crooks")
    await stage.staff("/ban T1 7d insults", by=stage.marek)
    assert told(stage).startswith("Block Eszter (Telegram) until ") and "1 open ticket is from there." in told(stage)
    assert await blocked(stage) == 0
    await stage.press("Confirm", by=stage.marek)
    assert told(stage).startswith("Eszter is blocked until ") and await blocked(stage) == 1
    await stage.staff("/ban T1 off", by=stage.marek)
    assert await blocked(stage) == 0, "letting in asks nobody"


async def test_a_confirmation_of_another_person_does_nothing(two: Stage) -> None:
    """M-9: bound to the person, whatever rank the other has."""
    await two.staff("/merge T1 into T2")
    before = await two.effects()
    assert await two.press("Confirm", by=two.marek) == GONE
    assert await two.press("Cancel", by=two.marek) == GONE
    assert await two.effects() == before
    await two.press("Confirm")
    assert await state(two) == "closed"


async def test_a_confirmation_after_its_time_does_nothing(two: Stage) -> None:
    await two.staff("/merge T1 into T2")
    await two.push(minutes=10, seconds=1)
    before = await two.effects()
    assert await two.press("Confirm") == GONE
    assert await two.effects() == before


@pytest.mark.parametrize("number", [1, 2])
async def test_a_confirmation_after_either_ticket_changed_does_nothing(two: Stage, number: int) -> None:
    """M-9: bound to the version of all that it reaches, the ticket that takes the words too."""
    await two.staff("/merge T1 into T2")
    await two.staff(f"/tag T{number} vip", by=two.marek)
    before = await two.effects()
    said = await two.press("Confirm")
    assert said == f"T{number} has changed since. Nothing was done. Look at it, and say it again."
    assert await two.effects() == before


async def test_what_is_cancelled_cannot_be_confirmed(two: Stage) -> None:
    await two.staff("/merge T1 into T2")
    before = await two.effects()
    assert await two.press("Cancel") == "Dropped. Nothing was done."
    assert await two.press("Confirm") == GONE
    assert await two.effects() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/merge T1 into T1", "T1 is T1 itself. Nothing was done."),
        ("/merge T1 into T9", "There is no T9"),
        ("/ban T1 7d x", "/ban needs a lead (you: agent). Nothing was done."),
    ],
)
async def test_nobody_is_asked_about_what_cannot_be(two: Stage, text: str, says: str) -> None:
    """The refusal comes at once, not after a yes."""
    await two.staff(text)
    assert told(two).startswith(says), told(two)
    assert await two.rows("SELECT id FROM staff_orders") == []


async def test_nobody_is_asked_to_block_whoever_is_blocked(stage: Stage) -> None:
    await stage.customer("You are all crooks")
    await stage.staff("/spam T1", by=stage.marek)
    assert told(stage).startswith("Close T1 as spam and block Eszter (Telegram)?")
    await stage.press("Confirm", by=stage.marek)
    await stage.staff("/ban T1", by=stage.marek)
    assert told(stage) == "Eszter is blocked already. Nothing was done."


async def test_on_a_page_the_command_box_asks_too_and_the_form_is_its_own_question(two: Stage) -> None:
    """The button stands under the answer, in the language of the page."""
    commands = two.app.pages.office.commands
    [row] = await two.rows("SELECT id FROM staff WHERE name = 'Anna'")
    said = await commands.run(row["id"], Order(How.COMMAND, "merge T1 into T2", "key 1", language="pl"))
    assert [one.label for one in said.choices] == ["Potwierdź", "Odwołaj"]
    assert await state(two) == "open"
    done = await commands.run(row["id"], Order(How.PRESS, said.choices[0].code, "key 2", language="pl"))
    assert done.done and await state(two) == "closed"


async def test_by_text_the_code_confirms_and_no_other_code_does(database_url: str, tmp_path: Path) -> None:
    """S20: the question with its counts and a code, in one text; the code alone does it."""
    async with texting_with(database_url, tmp_path) as texting:
        await link(texting, "Marek", MAREK)
        await texting.text("Nem működik a kártyám")
        await texting.text("T1 ban 7d insults", sender=MAREK)
        assert last(texting, MAREK).startswith("Block ") and "(SMS) until" in last(texting, MAREK)
        first = code(texting, MAREK)
        await texting.text("T1", sender=MAREK)
        opened = code(texting, MAREK)
        await texting.text(f"{opened} ban 7d insults", sender=MAREK)
        second = code(texting, MAREK)
        await texting.text(first, sender=MAREK)
        assert last(texting, MAREK).startswith("That code opens nothing"), "a later question voids an earlier"
        assert await blocked(texting.stage) == 0
        await texting.text(f"confirm {second}", sender=MAREK)
        assert "is blocked until" in last(texting, MAREK) and await blocked(texting.stage) == 1


async def test_by_letter_the_code_confirms_in_its_first_line(posting: Posting) -> None:
    """S20: the receipt asks; what is confirmed goes with nothing else, and only with the code."""
    stage = posting.stage
    letter = await posting.given()
    await posting.eszter.write(ADDRESS, "Invoice", "Another matter.")
    await posting.settled()
    await stage.staff("/assign T2 Anna", by=stage.marek)
    await posting.came(2)
    await posting.answers(letter, "#merge into T2\nWe are on it.")
    refused = await posting.came(3)
    assert "/merge is confirmed first" in refused.text and "We are on it." in refused.text
    await posting.answers(letter, "#merge into T2")
    asked = await posting.came(4)
    assert "Merge T1 (Card blocked) into T2 (Invoice)?" in asked.text, asked.text
    assert await state(stage) == "open"
    [found] = re.findall(r"#confirm (\w{4}) as its first line", asked.text)
    await posting.answers(asked, "#confirm QQ22")
    assert "Nothing of yours waits for that code" in (await posting.came(5)).text
    assert await state(stage) == "open"
    await posting.answers(asked, f"#confirm {found}")
    assert "T1 merged into T2." in (await posting.came(6)).text
    assert await state(stage) == "closed"
