"""The first day's group: offered where the bot is added, chosen by a press, and told what it lacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import stage as stages
from tests.support.stage import Stage

NO_ADMIN = "• I am no administrator here, so I cannot make a topic for each ticket."
NOT_HEARD = "• I do not hear plain talk here."
NO_TOPICS = "• Topics are off, so all tickets stand in one stream."
FILE = "# ours\n[channels.telegram]\ntoken = '1000:story-token-of-the-bot' # from @BotFather\n"
OFFER = "Shall colleagues work here?"
CHOSEN = "This is the staff group now: tickets get their cards here"
COMPLETE = "All that was missing is there now."
TEAM = -1009900


@pytest.fixture
async def grouping(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub that reads a settings file of its own, without a staff group; Anna's team has a group with topics."""
    file = tmp_path / "centrala.toml"
    file.write_text(FILE)
    telegram = {"telegram": {"staff_chat": 0}}
    async with stages.playing(database_url, tmp_path, channels=telegram, file=file) as playing:
        people = [playing.anna, playing.marek, playing.obcy]
        playing.desk = playing.world.group(TEAM, "Team", members=people, forum=True, with_bot=False)
        yield playing


async def added(stage: Stage, *, by: Any = None, admin: bool = True) -> None:
    """The bot is added; the group's owner decides what it may do."""
    stage.world.add_bot(stage.desk, by or stage.marek, admin=admin)
    await stage.settled()


async def shows(stage: Stage, *parts: str) -> None:
    """Until the newest message of the bot in the group says all of it."""

    def says() -> bool:
        texts = stage.bot_texts(stage.desk.id)
        return bool(texts) and all(part in texts[-1] for part in parts)

    await stage.until(says)


def written(stage: Stage) -> str:
    return (stage.app.settings.data / "centrala.toml").read_text()


async def choose(stage: Stage, *, by: Any = None) -> str:
    return await stage.press("Use this as the staff group", by=by or stage.marek)


async def test_a_group_is_offered_chosen_by_a_press_live_at_once_and_written(grouping: Stage) -> None:
    """B-11: no id is typed, nothing is restarted, and what stood in the file stands there still."""
    await added(grouping)
    await shows(grouping, OFFER)
    assert await choose(grouping) == "This is the staff group now."
    await shows(grouping, CHOSEN)
    assert len(grouping.bot_texts(TEAM)) == 1 and "Missing" not in grouping.bot_texts(TEAM)[0]
    file = (
        "# ours\n[channels.telegram]\ntoken = '1000:story-token-of-the-bot' # from @BotFather\nstaff_chat = -1009900\n"
    )
    await grouping.until(lambda: written(grouping) == file)
    await grouping.customer("Segítség")
    assert [topic.name.split(" · ")[0] for topic in grouping.world.topics(TEAM)] == ["T1"]
    await grouping.staff("/take T1")
    assert (await grouping.ticket())["assignee"] == "Anna"


@pytest.mark.parametrize("who", ["anna", "obcy"])
async def test_only_a_manager_or_an_administrator_chooses(grouping: Stage, who: str) -> None:
    """S20: others are told who can."""
    await added(grouping, by=grouping.anna)
    await shows(grouping, OFFER)
    said = await choose(grouping, by=getattr(grouping, who))
    assert said == "Only a manager or an administrator of ours can choose the staff group. Ask one of them to press."
    assert "staff_chat" not in written(grouping)
    assert not grouping.app.house.staff_chats


async def test_what_is_missing_is_said_and_its_mending_noticed(grouping: Stage) -> None:
    """B-11: by an update of our rights, or with the next thing that is said; always in the one message."""
    grouping.world.set_topics(grouping.desk, False)
    await added(grouping, admin=False)
    await shows(grouping, OFFER, NO_ADMIN, NOT_HEARD, NO_TOPICS, "Group info → Edit → Administrators")
    await choose(grouping)
    await shows(grouping, CHOSEN, NO_ADMIN)
    grouping.world.add_bot(grouping.desk, grouping.anna)
    await grouping.until(lambda: NO_ADMIN not in grouping.bot_texts(TEAM)[-1])
    await shows(grouping, CHOSEN, NO_TOPICS)
    assert NOT_HEARD not in grouping.bot_texts(TEAM)[-1]
    grouping.world.set_topics(grouping.desk, True)
    await grouping.staff("Topics are on now")
    await shows(grouping, CHOSEN, "• I may not manage topics.")
    grouping.world.add_bot(grouping.desk, grouping.anna)
    await shows(grouping, CHOSEN, COMPLETE)
    assert len(grouping.bot_texts(TEAM)) == 1
    await grouping.customer("Segítség")
    assert grouping.world.topics(TEAM), "topics are used at once"


async def test_privacy_and_anonymity_are_looked_at_by_a_button(grouping: Stage) -> None:
    """B-11: what no update tells is found by [Look again]."""
    await added(grouping, admin=False)
    await shows(grouping, NOT_HEARD)
    grouping.world.hears_all = True
    grouping.world.hide(grouping.anna, grouping.desk)
    assert await grouping.press("Look again", by=grouping.marek) == "I look again."
    await shows(grouping, NO_ADMIN, "• Anna writes as the group itself, so I cannot see who it is.")
    assert NOT_HEARD not in grouping.bot_texts(TEAM)[-1]


async def test_a_chosen_group_that_becomes_a_supergroup_is_followed_into_the_file(grouping: Stage) -> None:
    """R6, B-11: live and in the settings; a restart keeps to it."""
    grouping.desk = grouping.world.group(-9900, "Small", members=[grouping.anna, grouping.marek], with_bot=False)
    await added(grouping)
    await shows(grouping, OFFER)
    await choose(grouping)
    await grouping.until(lambda: "staff_chat = -9900" in written(grouping))
    grouping.desk = grouping.world.upgrade(grouping.desk)
    await grouping.until(lambda: f"staff_chat = {grouping.desk.id}" in written(grouping))
    assert written(grouping).count("staff_chat") == 1
    await grouping.customer("Segítség")
    assert grouping.find("T1 ·")


async def test_a_choice_that_cannot_be_written_is_live_and_says_what_to_do(database_url: str, tmp_path: Path) -> None:
    """B-11: without a file the group is told what to set; the choice is kept over a restart."""
    async with stages.playing(database_url, tmp_path, channels={"telegram": {"staff_chat": 0}}) as stage:
        stage.desk = stage.world.group(TEAM, "Team", members=[stage.anna, stage.marek], forum=True, with_bot=False)
        await added(stage)
        await shows(stage, OFFER)
        await choose(stage)
        await shows(stage, CHOSEN, "set staff_chat = -1009900 under [channels.telegram] there.")
        await stage.restart()
        await stage.until(lambda: stage.app.house.staff_chats)
        await stage.customer("Segítség")
        assert stage.world.topics(TEAM)


async def test_in_a_strangers_group_nothing_is_said_once_there_is_one_of_ours(stage: Stage) -> None:
    """S20: anybody can add a bot to his group."""
    theirs = stage.world.group(-1008800, "Theirs", members=[stage.obcy], with_bot=False)
    stage.world.add_bot(theirs, stage.obcy)
    await stage.settled()
    stage.world.say(stage.obcy, theirs, "/start")
    await stage.settled()
    await stage.customer("Segítség")
    assert stage.bot_texts(theirs.id) == []
    assert await stage.rows("SELECT * FROM staff_groups") == []
    toast = await stage.forge(stage.obcy, "t:gu:0:0")
    assert toast.startswith("Only a manager or an administrator of ours")


async def test_when_another_group_is_chosen_the_old_one_is_told(stage: Stage) -> None:
    """B-11: and nothing more is posted there."""
    old, team = (
        stage.desk,
        stage.world.group(TEAM, "Team", members=[stage.anna, stage.marek], forum=True, with_bot=False),
    )
    stage.desk = team
    await added(stage)
    await shows(stage, OFFER)
    await choose(stage)
    await shows(stage, CHOSEN)
    assert stage.bot_texts(old.id) == ["Another group is the staff group now. Nothing more is posted here."]
    await stage.customer("Segítség")
    assert len(stage.bot_texts(old.id)) == 1 and stage.world.topics(TEAM)


async def test_when_the_bot_is_taken_out_of_the_staff_group_leads_hear_of_it(stage: Stage) -> None:
    """R6: cards that go nowhere are no secret."""
    stage.open(stage.anna, stage.marek)
    stage.world.remove_bot(stage.desk, stage.anna)
    await stage.until(lambda: stage.bot_texts(stage.marek.id))
    assert stage.bot_texts(stage.marek.id)[0].startswith("I was taken out of the staff group")
    assert stage.bot_texts(stage.anna.id) == []
