"""Telegram in, at the wire: edits, files, service messages, repeats, restarts. Nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from channels.telegram.simulator.model import Document, Photo, StoredMessage
from tests.support import stage as stages
from tests.support.stage import Stage

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 8 + b"\0\0\0\x01" * 2


async def tickets(stage: Stage) -> int:
    return len(await stage.rows("SELECT id FROM tickets"))


def polls(stage: Stage) -> list[int]:
    return [int(one.params["offset"]) for one in stage.world.calls if one.method == "getUpdates"]


async def feed(stage: Stage, kind: str, **payload: Any) -> None:
    """An update that no simulated app makes, from Eszter's chat."""
    chat = {"id": stage.eszter.id, "type": "private", "first_name": "Eszter"}
    sender = {"id": stage.eszter.id, "is_bot": False, "first_name": "Eszter", "language_code": "hu"}
    stage.world.updates.add(kind, {"message_id": 900, "date": 1_790_000_000, "chat": chat, "from": sender, **payload})
    await stage.settled()


async def test_an_edited_message_stands_with_its_new_words_and_the_old_are_kept(stage: Stage) -> None:
    """M-5, M-8: and the desk sees what it was changed to."""
    said = await stage.customer("My card is 7012")
    stage.world.edit(stage.eszter, stage.world.private(stage.eszter), said, "My card is 7021")
    await stage.settled()
    entries = await stage.rows(
        "SELECT e.kind, COALESCE(e.text, m.text) AS text FROM entries AS e"
        " LEFT JOIN messages AS m ON m.id = e.message_id ORDER BY e.id"
    )
    assert entries == [
        {"kind": "message", "text": "My card is 7021"},
        {"kind": "event", "text": "edited; before: My card is 7012"},
    ]
    copy = stage.find("Eszter (edited):\nMy card is 7021")
    await stage.staff("Thank you", reply_to=copy.id)
    assert stage.bot_texts(stage.eszter.id)[-1] == "Thank you"
    assert len(stage.bot_texts(stage.eszter.id)) == 2


async def test_an_edit_that_changes_nothing_is_nothing(stage: Stage) -> None:
    """M-5: a moving place, a preview that appears."""
    said = await stage.customer("Hello")
    before, shown = await stage.effects(), stage.texts(stage.desk.id)
    stage.world.edit(stage.eszter, stage.world.private(stage.eszter), said, "Hello")
    await stage.settled()
    assert (await stage.effects(), stage.texts(stage.desk.id)) == (before, shown)


@pytest.mark.parametrize(
    ("file", "caption", "shown"),
    [
        (Photo(PIXEL), "", "[photo]"),
        (Photo(PIXEL), "My receipt", "[photo] My receipt"),
        (Document(b"%PDF", "invoice.pdf"), "", "[file]"),
        (Document(b"%PDF", "invoice.pdf"), "Wrong sum", "[file] Wrong sum"),
    ],
    ids=["photo", "photo with words", "document", "document with words"],
)
async def test_a_file_is_a_message_with_or_without_words(
    stage: Stage, file: Photo | Document, caption: str, shown: str
) -> None:
    """M-8: never a refusal, never dropped."""
    stage.world.send(stage.eszter, stage.world.private(stage.eszter), file, caption=caption)
    await stage.settled()
    assert stage.find(f"Eszter:\n{shown}").text == f"Eszter:\n{shown}"
    assert (await stage.ticket())["subject"] == shown


async def test_an_album_is_one_ticket(stage: Stage) -> None:
    """M-5."""
    stage.world.send_album(stage.eszter, stage.world.private(stage.eszter), [Photo(PIXEL)] * 3, caption="Receipts")
    await stage.settled()
    assert await tickets(stage) == 1
    assert stage.find("[photo] Receipts")


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (
            {
                "sticker": {
                    "file_id": "a",
                    "file_unique_id": "b",
                    "type": "regular",
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                }
            },
            "[sticker]",
        ),
        ({"dice": {"emoji": "🎲", "value": 3}}, "[dice]"),
        ({"location": {"latitude": 47.5, "longitude": 19.0}}, "[place]"),
        ({"voice": {"file_id": "a", "file_unique_id": "b", "duration": 2}}, "[voice message]"),
    ],
    ids=["sticker", "dice", "place", "voice"],
)
async def test_what_has_no_words_is_a_message_all_the_same(stage: Stage, payload: dict[str, Any], shown: str) -> None:
    """M-8."""
    await feed(stage, "message", **payload)
    assert stage.find(f"Eszter:\n{shown}")


async def test_service_messages_open_nothing(stage: Stage) -> None:
    """M-5: somebody joins or leaves, a message is pinned, a timer is set."""
    zoltan = stage.world.person(3002, "Zoltan")
    stage.world.join(zoltan, stage.desk)
    stage.world.leave(zoltan, stage.desk)
    stage.world.ledger.post_and_tell(
        StoredMessage(
            stage.eszter.id,
            stage.eszter,
            service={"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        )
    )
    await stage.settled()
    assert await tickets(stage) == 0
    assert stage.bot_texts(stage.desk.id) == [] and stage.bot_texts(stage.eszter.id) == []


async def test_a_group_that_is_none_of_ours_is_left_alone(stage: Stage) -> None:
    """S20: whoever puts the bot into a group hears one offer, which only managers can accept, and nothing else."""
    other = stage.world.group(-700, "Others", members=[stage.anna, stage.obcy])
    await stage.customer("Segítség")
    for text in ("/my", "/show T1", "Hello bot"):
        await stage.say(stage.anna, other, text)
    await stage.until(lambda: stage.bot_texts(other.id))
    [offer] = stage.bot_texts(other.id)
    assert offer.startswith("Shall colleagues work here?") and "T1" not in offer
    assert await tickets(stage) == 1


async def test_an_update_that_comes_twice_is_handled_once(stage: Stage) -> None:
    """R5, S12: a customer's message, and a colleague's command."""
    await stage.customer("Segítség")
    await stage.staff("/r T1 Jövök")
    last = stage.world.updates.last_id
    before, shown = await stage.effects(), stage.texts(stage.desk.id)
    for update_id in (last - 1, last, last, last - 1):
        stage.world.redeliver(update_id)
        await stage.settled()
    assert (await stage.effects(), stage.texts(stage.desk.id)) == (before, shown)
    assert stage.bot_texts(stage.eszter.id).count("Jövök") == 1


async def test_an_update_that_cannot_be_understood_is_kept_and_shown(stage: Stage) -> None:
    """M-4: the raw bytes stay, and a person hears of it."""
    await feed(stage, "message", date="yesterday", text="Segítség")
    assert await tickets(stage) == 1
    assert stage.find("(a message that cannot be read; the original is kept)")
    [entry] = await stage.rows("SELECT text FROM entries")
    assert entry["text"].startswith("unreadable: not an update that is known")
    [raw] = await stage.rows("SELECT body, state FROM raw_messages")
    assert b"yesterday" in bytes(raw["body"]) and raw["state"] == "done"


async def test_kinds_of_updates_that_are_new_to_us_open_nothing(stage: Stage) -> None:
    """M-4: no words of anybody are in it, whether it can be read or not."""
    stage.world.updates.allow([])
    stage.world.updates.add("purchased_paid_media", {"from": {"id": 1}, "paid_media_payload": "x"})
    await stage.settled()
    assert await tickets(stage) == 0


async def test_the_offset_moves_only_when_the_store_has_the_update(stage: Stage) -> None:
    """R11: while the store cannot write, Telegram is asked for nothing newer; then nothing is missing."""
    await stage.customer("Egy")
    latest = stage.world.updates.last_id
    async with stage.app.store.unit() as work:
        if work.is_postgres:
            await work.change("LOCK TABLE raw_messages IN EXCLUSIVE MODE")
        else:
            await work.change("UPDATE raw_messages SET reason = NULL WHERE id = 0")
        stage.world.say(stage.eszter, stage.world.private(stage.eszter), "Kettő")
        for _ in range(20):
            await asyncio.sleep(0)
        assert max(polls(stage)) == latest + 1
        assert [one.id for one in stage.world.updates.pending] == [latest + 1]
    await stage.until(lambda: max(polls(stage)) == latest + 2)
    await stage.settled()
    assert stage.find("Eszter:\nKettő")


async def test_a_poll_whose_answer_is_lost_is_asked_again(stage: Stage) -> None:
    """R11."""
    stage.world.faults.cut_after("getUpdates")
    await stage.customer("Segítség")
    await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 1)
    assert await tickets(stage) == 1


async def test_what_was_stored_and_not_handled_is_handled_after_a_restart(stage: Stage) -> None:
    """R11, R1: in, but not understood yet, when the hub stopped."""
    stage.app.fork.is_paused = True
    stage.world.say(stage.eszter, stage.world.private(stage.eszter), "Segítség")
    await stage.until(lambda: stage.rows("SELECT id FROM raw_messages WHERE state = 'waiting'"))
    await stage.restart()
    await stage.settled()
    assert await tickets(stage) == 1
    assert len(stage.bot_texts(stage.eszter.id)) == 1


async def test_what_is_said_while_the_hub_is_down_is_handled_once_when_it_is_back(stage: Stage) -> None:
    """R11: customers' words and colleagues' commands alike."""
    await stage.customer("Egy")
    card, code = stage.button("Take")
    await stage.app.stop()
    stage.world.say(stage.eszter, stage.world.private(stage.eszter), "Kettő")
    stage.world.press(stage.anna, stage.desk, card.id, code)
    await stage.start()
    await stage.settled()
    assert stage.find("Eszter:\nKettő")
    assert (await stage.ticket())["assignee"] == "Anna"
    assert await tickets(stage) == 1


async def test_a_queued_reply_goes_out_after_a_restart(stage: Stage) -> None:
    """R1: Telegram was away when it was written, and the hub restarted before it came back."""
    await stage.customer("Segítség")
    stage.world.faults.fail_next("sendMessage", 502, "Bad Gateway")
    await stage.staff("/r T1 Jövök")
    await stage.app.stop()
    await stage.start()
    await stage.push(seconds=3)
    await stage.until(lambda: stage.bot_texts(stage.eszter.id)[-1] == "Jövök")
    await stage.until(lambda: "T1 ✓ sent to Eszter" in stage.texts(stage.desk.id))


async def test_what_arrives_while_the_channel_is_loading_is_handled_afterwards(
    database_url: str, tmp_path: Path
) -> None:
    """R11: it was there before the hub was; receiving needs no understanding."""

    def write(stage: Stage) -> None:
        stage.world.say(stage.eszter, stage.world.private(stage.eszter), "Segítség")

    async with stages.playing(database_url, tmp_path, before=write) as early:
        await early.until(lambda: len(early.bot_texts(early.eszter.id)) == 1)
        assert await tickets(early) == 1
