"""Telegram's troubles at the wire: blocked, throttled, cut, away, moved, deleted; each once, and the agent knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.telegram import peek
from tests.support import stage as stages
from tests.support.cast import BASIC_CHAT
from tests.support.stage import Stage

BLOCKED = "T1 ✗ not sent to Eszter: Eszter has blocked us or left. Try another channel, or call."


@pytest.fixture
async def small(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The staff chat is a small group, as a group is at first."""
    async with stages.playing(database_url, tmp_path, desk=BASIC_CHAT) as playing:
        yield playing


def sends(stage: Stage, text: str) -> int:
    """How many times the bot has asked Telegram to send this text."""
    return sum(call.method.lower() == "sendmessage" and call.params.get("text") == text for call in stage.world.calls)


async def unreachable(stage: Stage) -> bool:
    [row] = await stage.rows("SELECT unreachable_since FROM identities WHERE value = ?", str(stage.eszter.id))
    return row["unreachable_since"] is not None


async def test_a_customer_who_blocks_the_bot_is_unreachable_until_he_writes_again(stage: Stage) -> None:
    """R6: the agent is told why; nothing is tried again; unblocking mends it."""
    await stage.customer("Segítség")
    stage.world.block(stage.eszter)
    await stage.settled()
    assert await unreachable(stage)
    await stage.staff("/r T1 Jövök")
    assert stage.find(BLOCKED)
    assert sends(stage, "Jövök") == 1
    stage.world.unblock(stage.eszter)
    await stage.customer("Itt vagyok")
    assert not await unreachable(stage)
    await stage.staff("/r T1 Jövök most")
    assert stage.bot_texts(stage.eszter.id)[-1] == "Jövök most"


async def test_a_throttled_chat_waits_as_told_and_others_do_not(stage: Stage) -> None:
    """R6: 429 with retry_after holds up that chat alone, and nothing is lost or doubled."""
    await stage.customer("Segítség")
    await stage.say(stage.obcy, stage.world.private(stage.obcy), "Pomoc")
    stage.world.faults.throttle(stage.eszter.id, 1.0)
    await stage.staff("/r T1 Jövök")
    assert len(stage.bot_texts(stage.eszter.id)) == 1
    await stage.staff("/r T2 Idem")
    await stage.until(lambda: stage.bot_texts(stage.obcy.id)[-1] == "Idem")
    assert len(stage.bot_texts(stage.eszter.id)) == 1
    await stage.until(lambda: stage.bot_texts(stage.eszter.id)[-1] == "Jövök")
    assert sends(stage, "Jövök") == 2
    await stage.until(lambda: "T1 ✓ sent to Eszter" in stage.texts(stage.desk.id))


async def test_a_connection_cut_after_the_send_is_never_repeated(stage: Stage) -> None:
    """R7: done or not, only Telegram knows: the agent is told so."""
    await stage.customer("Segítség")
    stage.world.faults.cut_after("sendMessage")
    await stage.staff("/r T1 Jövök")
    await stage.push(hours=2)
    assert stage.bot_texts(stage.eszter.id).count("Jövök") == 1
    assert sends(stage, "Jövök") == 1
    [row] = await stage.rows("SELECT state FROM messages WHERE purpose = 'reply'")
    assert row == {"state": "maybe_sent"}
    assert stage.find("T1 may have reached Eszter or not: the channel's answer was lost. Ask, or send it again.")


async def test_a_failing_telegram_is_tried_again_and_the_reply_arrives_once(stage: Stage) -> None:
    """R6: 5xx."""
    await stage.customer("Segítség")
    stage.world.faults.fail_next("sendMessage", 502, "Bad Gateway", times=1)
    await stage.staff("/r T1 Jövök")
    assert "Jövök" not in stage.texts(stage.eszter.id)
    await stage.push(seconds=3)
    await stage.until(lambda: "T1 ✓ sent to Eszter" in stage.texts(stage.desk.id))
    assert stage.bot_texts(stage.eszter.id).count("Jövök") == 1
    assert sends(stage, "Jövök") == 2


async def test_a_reply_that_could_not_leave_for_a_day_is_not_sent_late(stage: Stage) -> None:
    """R6: attempts end, and the agent sees it."""
    await stage.customer("Segítség")
    stage.world.faults.fail_next("sendMessage", 502, "Bad Gateway", times=1)
    await stage.staff("/r T1 Jövök")
    await stage.app.stop()
    stage.app.clock.push(timedelta(hours=25))
    await stage.start()
    told = "T1 ✗ not sent to Eszter: the channel was away too long"
    await stage.until(lambda: any(told in text for text in stage.texts(stage.desk.id)))
    assert "Jövök" not in stage.texts(stage.eszter.id)


async def test_a_text_that_telegram_does_not_take_is_told_to_the_agent(stage: Stage) -> None:
    """R6: refused for good: a dead letter with a sentence."""
    await stage.customer("Segítség")
    stage.world.faults.fail_next("sendMessage", 400, "Bad Request: message is too odd")
    await stage.staff("/r T1 Jövök")
    assert stage.find("T1 ✗ not sent to Eszter: the channel refused it. /show has the text; change it")


async def test_a_staff_group_that_becomes_a_supergroup_is_followed(small: Stage) -> None:
    """R6: what was on its way arrives in the new chat, commands are heard there, new tickets go there."""
    small.world.say(small.eszter, small.world.private(small.eszter), "Segítség")
    small.desk = small.world.upgrade(small.desk)
    await small.settled()
    assert small.find("T1 ·") and small.find("Eszter:\nSegítség")
    await small.staff("/take T1")
    assert small.find("T1 is yours.")
    await small.staff("Jövök", reply_to=small.find("Eszter:").id)
    assert small.bot_texts(small.eszter.id)[-1] == "Jövök"


async def test_after_the_move_old_tickets_get_a_card_in_the_new_chat_and_nothing_there_is_overwritten(
    small: Stage,
) -> None:
    """R6: message numbers begin anew in the new chat; an edit by the old number would hit another message."""
    await small.customer("Segítség")
    small.desk = small.world.upgrade(small.desk)
    await small.settled()
    for text in ("/my", "/queue", "/commands"):
        await small.staff(text)
    before = small.texts(small.desk.id)
    await small.customer("Halló?")
    await small.staff("/take T1")
    assert small.texts(small.desk.id)[: len(before)] == before
    assert "Anna has it" in small.find("T1 ·").text
    assert small.find("Eszter:\nHalló?")


async def test_after_a_restart_the_moved_group_is_found_by_its_old_id(small: Stage) -> None:
    """R6: the settings still name the old one: the channel comes up, and the cards go to the new."""
    await small.app.stop()
    small.desk = small.world.upgrade(small.desk)
    await small.start()
    await small.customer("Segítség")
    await small.staff("/take T1")
    assert "Anna has it" in small.find("T1 ·").text


async def test_a_moved_group_that_shuts_the_bot_out_does_not_keep_customers_from_their_answers(small: Stage) -> None:
    """It moved while the hub was stopped, and the bot was taken out of what it has become."""
    await small.app.stop()
    small.world.remove_bot(small.world.upgrade(small.desk), small.anna)
    await small.start()
    await small.customer("Segítség")
    assert "T1" in small.bot_texts(small.eszter.id)[-1]


async def test_a_fault_of_ours_does_not_end_the_polling(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """M-4: it is logged, and the update that met it comes again."""
    real, met = peek.from_update, []

    def broken(*update: Any, **more: Any) -> Any:
        if not met:
            met.append(update)
            raise KeyError("a fault of ours")
        return real(*update, **more)

    monkeypatch.setattr(peek, "from_update", broken)
    await stage.customer("Segítség")
    assert len(met) == 1
    assert "T1" in stage.bot_texts(stage.eszter.id)[-1]


async def test_a_staff_chat_that_threw_the_bot_out_does_not_keep_customers_from_their_answers(stage: Stage) -> None:
    """R9: the hub starts all the same, and colleagues work from their own chats."""
    await stage.app.stop()
    stage.world.remove_bot(stage.desk, stage.anna)
    await stage.start()
    await stage.customer("Segítség")
    assert len(stage.bot_texts(stage.eszter.id)) == 1
    await stage.say(stage.anna, stage.world.private(stage.anna), "/r T1 Jövök")
    assert stage.bot_texts(stage.eszter.id)[-1] == "Jövök"


async def test_an_edit_of_a_message_that_was_deleted_troubles_nobody(stage: Stage) -> None:
    """R6: a card taken away in the chat: the work goes on, the next words come with or without it."""
    await stage.customer("Segítség")
    stage.world.ledger.remove(stage.find("T1 ·"))
    await stage.staff("/take T1")
    assert stage.find("T1 is yours.")
    await stage.customer("Halló?")
    assert stage.find("Eszter:\nHalló?")
    assert await stage.rows("SELECT id FROM messages WHERE state IN ('queued', 'leased')") == []


async def test_a_staff_chat_that_was_away_gets_the_card_with_the_next_words(stage: Stage) -> None:
    """M-5: a ticket whose card could not be posted is not invisible for ever."""
    stage.world.faults.fail_next("sendMessage", 403, "Forbidden: bot is not a member of the group chat", times=3)
    await stage.customer("Segítség")
    assert stage.shown(stage.desk.id) == []
    await stage.customer("Halló?")
    assert stage.find("T1 ·") and stage.find("Eszter:\nHalló?")
