"""Those who may do nothing: a stranger in the staff chat, a colleague who has left, an agent of another queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import registry
from channels.telegram.simulator.model import StoredMessage
from channels.telegram.simulator.world import ANONYMOUS_ADMIN
from crmcore import staff
from tests.support import stage as stages
from tests.support.stage import Stage

UNKNOWN = "I do not know this account. Ask an administrator to add you."
TYPED = [
    "/take T1",
    "/assign T1 me",
    "/close T1",
    "/reopen T1",
    "/show T1",
    "/files T1",
    "/reply T1 Send me money",
    "/note T1 x",
    "/undo",
    "/via T1 telegram",
    "/station 0412 down",
    "/outage O-1",
    "/confirm O-1",
    "/discard O-1",
    "/link T1 +48601234567",
    "/my",
    "/queue",
    "/ack T1",
    "/escalate T1 he waits",
    "/who",
    "/quiet 21:00-07:00",
    "/digest now",
    "/away",
    "/back",
    "/remind T1 2h x",
    "/plan T1 2h call",
    "/reminders",
    "/done T1",
    "/drop R1",
    "/snooze T1 2h",
    "/wake T1",
    "/state T1 solved",
    "/wait T1",
    "/prio T1 1",
    "/tag T1 vip",
    "/move T1 inbox",
    "/kind T1 complaint",
    "/set T1 cause card",
    "/watch T1",
    "/merge T1 into T1",
    "/split T1 1",
    "/relate T1 T1",
    "/ban T1",
    "/spam T1",
    "/sla T1",
    "/zone UTC",
    "/lang pl",
    "/phone +48601234567",
    "/invite Obcy admin",
    "/company T1 Orlik",
    "/call T1 x",
    "/card T1",
    "/find T1 x",
    "/source T1 fair",
    "/golive",
    "/withheld",
    "/callback T1",
    "/rang T1 reached",
    "/upload T1",
    "/ask T1",
    "/macro T1 hello",
    "/channels sms",
    "/web",
    "/incident T1 no fuel",
    "/commands",
]
PRESSED = [verb.button for verb in registry().verbs if verb.button]


def test_every_typed_verb_is_tried_by_the_stranger() -> None:
    """S20: a verb that joins the registry joins this table."""
    assert {line.split()[0][1:] for line in TYPED} == {verb.name for verb in registry().verbs if verb.is_typed}


async def test_a_stranger_in_the_staff_chat_types_into_the_void(stage: Stage) -> None:
    """S20: he is in the group, and no colleague: no effect, and no answer that could tell him anything."""
    await stage.customer("Segítség")
    before, shown = await stage.effects(), len(stage.bot_texts(stage.desk.id))
    copy = stage.find("Eszter:").id
    for text in TYPED:
        await stage.staff(text, by=stage.obcy)
        await stage.staff(text.replace(" T1", ""), by=stage.obcy, reply_to=copy)
    await stage.staff("I am staff, honest", by=stage.obcy, reply_to=copy)
    assert await stage.effects() == before
    assert len(stage.bot_texts(stage.desk.id)) == shown
    assert len(stage.bot_texts(stage.eszter.id)) == 1


async def test_a_strangers_command_in_private_is_a_customers_message(stage: Stage) -> None:
    """S20: everybody who is not staff is a customer, and no text of theirs ever runs."""
    await stage.customer("Segítség")
    tried = TYPED[::4]  # each is copied to the desk, and Telegram takes 20 a minute; tests/hub/test_wall.py tries all
    for text in tried:
        await stage.say(stage.obcy, stage.world.private(stage.obcy), text)
    ticket = await stage.ticket(1)
    assert (ticket["state"], ticket["assignee_id"]) == ("open", None)
    said = await stage.rows(
        "SELECT m.text FROM messages AS m JOIN entries AS e ON e.message_id = m.id JOIN tickets AS t"
        " ON t.id = e.ticket_id WHERE t.number = 2 AND m.direction = 'in' ORDER BY m.id"
    )
    assert [row["text"] for row in said] == tried
    assert [text.split(",")[0] for text in stage.bot_texts(stage.obcy.id)] == [
        f"Vašu správu máme pod číslom T2. Kolega vám odpovie do: {_time(stage)}"
    ]


async def test_a_strangers_press_does_nothing(stage: Stage) -> None:
    """S20: buttons of cards, and forged data for every verb that has a button, in both chats."""
    await stage.customer("Segítség")
    await stage.staff("/reply T1 One moment")
    before = await stage.effects()
    message = stage.find("T1 ·")
    [reply] = await stage.rows("SELECT id FROM messages WHERE purpose = 'reply'")
    for chat in (stage.desk, stage.world.private(stage.obcy)):
        for verb in PRESSED:
            for number in (1, reply["id"]):
                toast = await stage.forge(stage.obcy, f"t:{verb}:{number}:1", chat=chat, message=message)
                assert toast == UNKNOWN, verb
    assert await stage.effects() == before


async def test_a_colleague_who_is_removed_loses_everything_at_once(stage: Stage) -> None:
    """S20, S18: the very button he pressed a minute ago, his commands, his gestures."""
    await stage.customer("Segítség")
    assert await stage.press("Close") == "T1 closed."
    assert await stage.press("Reopen") == "T1 open again."
    card, code = stage.button("Close")
    copy = stage.find("Eszter:")
    async with stage.app.store.unit() as work:
        await staff.remove(work, "Anna")
    before = await stage.effects()
    assert await stage.forge(stage.anna, code, message=card) == UNKNOWN
    await stage.staff("/close T1")
    await stage.staff("Goodbye", reply_to=copy.id)
    assert await stage.effects() == before
    assert len(stage.bot_texts(stage.eszter.id)) == 1


async def test_a_removed_colleague_gets_no_more_of_the_customers_words(stage: Stage) -> None:
    """S20: a card in his own chat stands; nothing is added to it and nothing in it changes."""
    stage.open(stage.marek)
    await stage.customer("Segítség")
    await stage.staff("/assign T1 Marek")
    async with stage.app.store.unit() as work:
        await staff.remove(work, "Marek")
    before = stage.texts(stage.marek.id)
    await stage.customer("My card is 7012")
    await stage.staff("/close T1")
    assert stage.texts(stage.marek.id) == before
    assert stage.find("Eszter:\nMy card is 7012")


async def test_a_removed_colleague_who_writes_is_a_customer(stage: Stage) -> None:
    """S20: his reply to an old card in his own chat is his own matter."""
    stage.open(stage.marek)
    await stage.customer("Segítség")
    await stage.staff("/assign T1 Marek")
    card = stage.find("Anna gave you T1", stage.marek.id)
    async with stage.app.store.unit() as work:
        await staff.remove(work, "Marek")
    await stage.say(stage.marek, stage.world.private(stage.marek), "/close T1", reply_to=card.id)
    assert (await stage.ticket(1))["state"] == "open"
    assert (await stage.ticket(2))["subject"] == "/close T1"


@pytest.mark.parametrize("text", ["/close T1", "We know"], ids=["a command", "an answer under the copy"])
async def test_an_anonymous_admin_is_told_how_to_be_known(stage: Stage, text: str) -> None:
    """S20: nobody can be authorised who hides behind the group."""
    await stage.customer("Segítség")
    before = await stage.effects()
    under = stage.find("Eszter:").id
    said = StoredMessage(stage.desk.id, ANONYMOUS_ADMIN, text=text, sender_chat=stage.desk, reply_to=under)
    stage.world.ledger.post_and_tell(said)
    await stage.settled()
    assert 'Turn off "Remain anonymous"' in stage.bot_texts(stage.desk.id)[-1]
    assert await stage.effects() == before


@pytest.fixture
async def queues(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Cards go to a queue of their own; Bela works it, Anna does not."""
    settings = {
        "queues": {"cards": {"first_response": "1h", "assign": "none"}},
        "rules": [{"name": "cards", "when": 'message.text.contains("card")', "queue": "cards"}],
    }
    async with stages.playing(database_url, tmp_path, **settings) as playing:
        await playing.hire("Bela", 1006, queues=("cards",))
        yield playing


@pytest.mark.parametrize("text", ["/take T1", "/close T1", "/show T1", "/reply T1 Hi", "/note T1 x", "/assign T1 me"])
async def test_a_ticket_of_a_foreign_queue_is_no_ticket_at_all(queues: Stage, text: str) -> None:
    """S3-3 (of tickets), S6, S20: the very sentence that a ticket gets which does not exist."""
    await queues.customer("My card is blocked")
    assert (await queues.ticket())["queue"] == "cards"
    before = await queues.effects()
    await queues.staff(text)
    said = queues.bot_texts(queues.desk.id)[-1]
    await queues.staff(text.replace("T1", "T9"))
    assert queues.bot_texts(queues.desk.id)[-1] == said.replace("T1", "T9")
    assert await queues.effects() == before


async def test_buttons_gestures_and_lists_of_a_foreign_queue_are_closed_too(queues: Stage) -> None:
    """S6, S20."""
    await queues.customer("My card is blocked")
    before = await queues.effects()
    assert (await queues.press("Take")).startswith("There is no T1, or it is not yours to see.")
    await queues.staff("We know", reply_to=queues.find("Eszter:").id)
    await queues.staff("/queue")
    assert queues.bot_texts(queues.desk.id)[-1] == "Nothing waits."
    assert await queues.effects() == before
    bela = queues.world.people[1006]
    await queues.staff("/queue cards", by=bela)
    assert queues.bot_texts(queues.desk.id)[-1].startswith("Nobody has, in cards: 1")
    assert (await queues.press("Take", by=bela)).startswith("T1 is yours.")


def _time(stage: Stage) -> str:
    return stage.bot_texts(stage.obcy.id)[-1].rsplit(": ", 1)[1]
