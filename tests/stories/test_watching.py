"""Those who watch a ticket hear of it at the wire: together, where they are reached, nothing of their own doings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.test_staff_letters import Posting, posting  # noqa: F401 - a fixture
from tests.stories.test_staff_texts import MAREK, last
from tests.stories.test_told_elsewhere import playing as texting_too
from tests.stories.test_told_elsewhere import without_chat
from tests.stories.test_tongues import speaks
from tests.support import stage as stages
from tests.support.stage import Stage

HEAD = "You watch T1 · Eszter · "


async def watched(stage: Stage) -> None:
    """Marek watches what Anna has."""
    stage.open(stage.anna, stage.marek)
    await stage.customer("Nem működik a kártyám")
    await stage.staff("/take T1")
    await stage.staff("/watch T1", by=stage.marek)
    await stage.push(minutes=5)


def told(stage: Stage) -> list[list[str]]:
    """What Marek has got of what he watches, each message as its lines."""
    return [one.splitlines()[1:] for one in stage.bot_texts(stage.marek.id) if one.startswith(HEAD)]


async def test_what_happens_is_told_together(stage: Stage) -> None:
    """S4-20, S2-10: new words, an answer, a hand-over and the end, in one message for each two minutes."""
    await watched(stage)
    assert told(stage) == []
    await stage.customer("Még mindig nem")
    await stage.staff("/reply T1 Mindjárt")
    await stage.push(seconds=60)
    assert told(stage) == []
    await stage.push(seconds=61)
    await stage.until(lambda: told(stage))
    assert told(stage) == [["“Még mindig nem”", "Anna answered"]]
    await stage.staff("/close T1 a new card was sent")
    await stage.push(minutes=3)
    await stage.until(lambda: len(told(stage)) == 2)
    assert told(stage)[1] == ["Anna closed the ticket: a new card was sent"]
    await stage.customer("It broke again")
    await stage.push(minutes=3)
    await stage.until(lambda: len(told(stage)) == 3)
    assert told(stage)[2] == ["“It broke again”"]


async def test_it_is_told_in_the_language_of_who_watches(stage: Stage) -> None:
    """Issue 5, docs/decisions/0023."""
    await speaks(stage, "Marek", "pl")
    await watched(stage)
    await stage.staff("/state T1 waiting_us")
    await stage.staff("/undo")
    await stage.push(minutes=3)
    await stage.until(lambda: any("Obserwujesz T1" in one for one in stage.bot_texts(stage.marek.id)))
    [told_] = [one for one in stage.bot_texts(stage.marek.id) if one.startswith("Obserwujesz T1 ")]
    assert told_.splitlines()[1:] == ["Anna: stan: czeka na nas", "Anna: cofnięto: Anna: stan: czeka na nas"]


async def test_state_and_queue_are_told_and_labels_are_not(database_url: str, tmp_path: Path) -> None:
    """S4-20: a ticket is followed wherever it goes; a tag or a note calls nobody."""
    async with stages.playing(database_url, tmp_path, queues={"cards": {"assign": "none"}}) as stage:
        await watched(stage)
        await stage.staff("/tag T1 vip")
        await stage.staff("/note T1 he is at the pump")
        await stage.push(minutes=3)
        assert told(stage) == []
        await stage.staff("/wait T1")
        await stage.staff("/move T1 cards")
        await stage.push(minutes=3)
        await stage.until(lambda: told(stage))
        [lines] = told(stage)
        assert len(lines) == 2 and lines[1] == "Anna moved the ticket: inbox → cards"


async def test_nobody_hears_of_his_own_doings(stage: Stage) -> None:
    await watched(stage)
    await stage.staff("/wait T1", by=stage.marek)
    await stage.push(minutes=3)
    await stage.settled()
    assert told(stage) == []
    await stage.staff("/take T1 ", by=stage.marek)
    await stage.customer("Még mindig nem")
    await stage.push(minutes=3)
    await stage.settled()
    assert told(stage) == [], "who has it is told as its owner"


@pytest.mark.parametrize(("priority", "is_told"), [(3, False), (1, True)], ids=["any", "the most urgent"])
async def test_quiet_hours_hold_it_but_for_the_most_urgent(stage: Stage, priority: int, is_told: bool) -> None:
    await watched(stage)
    await stage.staff(f"/prio T1 {priority}")
    async with stage.app.store.unit() as work:
        await work.change("UPDATE staff SET quiet = '00:00-23:59' WHERE name = 'Marek'")
    await stage.customer("Még mindig nem")
    await stage.push(minutes=3)
    await stage.settled()
    assert bool(told(stage)) is is_told
    assert len(await stage.rows("SELECT id FROM messages WHERE purpose = 'watch'")) == 1


async def test_who_watches_no_more_is_sent_nothing_that_waits(stage: Stage) -> None:
    await watched(stage)
    await stage.customer("Még mindig nem")
    await stage.staff("/watch T1 off", by=stage.marek)
    await stage.push(minutes=3)
    await stage.settled()
    assert told(stage) == []


async def test_who_reads_texts_gets_one_with_a_code(database_url: str, tmp_path: Path) -> None:
    """M-8: by the channel that reaches him; the code opens the ticket."""
    async with texting_too(database_url, tmp_path) as texting:
        stage = texting.stage
        await texting.text("Nem működik a kártyám")
        await stage.staff("/take T1")
        await stage.staff("/watch T1", by=stage.marek)
        await without_chat(texting, "Marek")
        await stage.push(minutes=5)
        await texting.text("Még mindig nem")
        await stage.staff("/reply T1 Mindjárt")
        await stage.push(minutes=3)
        await texting.settled()
        assert last(texting, MAREK).startswith('T1: Anna answered; "Még mindig nem". '), last(texting, MAREK)
        assert " = show | " in last(texting, MAREK)


async def test_who_reads_letters_gets_one_for_all(posting: Posting) -> None:  # noqa: F811
    """M-8: and may answer it as any letter of ours."""
    await posting.given()
    await posting.stage.staff("/assign T1 Marek")
    await posting.stage.staff("/watch T1")
    [receipt] = posting.server.inbox(posting.eszter.address)
    await posting.eszter.reply(receipt, "Still blocked")
    await posting.settled()
    await posting.stage.until(lambda: "Still blocked" in " ".join(posting.stage.texts(posting.stage.desk.id)))
    await posting.stage.staff("/wait T1", by=posting.stage.marek)
    await posting.stage.push(minutes=3)
    letter = await posting.came(2)
    assert "“Still blocked”" in letter.text and "Marek set" in letter.text, letter.text
    assert letter.text.startswith("##- ") and letter.text.index("Marek set") < letter.text.index("“Still blocked”")
