"""Every verb at the wire: typed in the staff chat and in a colleague's own chat, by its short forms, by its button."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands import registry
from crmcore import access
from crmcore.models.staff import Role
from tests.support import stage as stages
from tests.support.stage import Stage

# command, what the bot says, what has become of the ticket
TYPED = [
    ("/take T1", "T1 is yours. First answer by", {"assignee": "Anna"}),
    ("/assign T1 Marek", "T1: nobody → Marek", {"assignee": "Marek"}),
    ("/close T1 card replaced", "T1 closed.", {"state": "closed"}),
    ("/note T1 He called twice.", "Note on T1.", {"state": "open", "assignee": None}),
    ("/reply T1 It works again.", "T1 ✓ sent to Eszter", {"state": "waiting", "assignee": "Anna"}),
    ("/show T1", "Segítség", {"state": "open"}),
    ("/my", "Nothing is yours. /queue shows what waits.", {}),
    ("/queue", "Nobody has: 1\nT1 P3 Segítség · first answer by", {}),
    ("/commands", "/take T12 (/tk, /claim) — make the ticket yours", {}),
]
SHORT = [
    ("/tk T1", "T1 is yours.", {"assignee": "Anna"}),
    ("/claim t1", "T1 is yours.", {"assignee": "Anna"}),
    ("/TAKE@centrala_demo_bot #T1", "T1 is yours.", {"assignee": "Anna"}),
    ("/a T1 mar", "T1: nobody → Marek", {"assignee": "Marek"}),
    ("/a T1 me", "T1: nobody → Anna", {"assignee": "Anna"}),
    ("/a T1 @Anna", "T1: nobody → Anna", {"assignee": "Anna"}),
    ("/c T-1", "T1 closed.", {"state": "closed"}),
    ("/done T 1", "T1 closed.", {"state": "closed"}),
    ("/done Т1", "T1 closed.", {"state": "closed"}),  # the Cyrillic letter
    ("/n T1 He called twice.", "Note on T1.", {"state": "open"}),
    ("/r T1 It works.", "T1 ✓ sent to Eszter", {"state": "waiting"}),
    ("/answer T1: It works.", "T1 ✓ sent to Eszter", {"state": "waiting"}),
    ("/s T1 3", "Segítség", {"state": "open"}),
    ("/q inbox", "Nobody has, in inbox: 1", {}),
    ("/help", "/take T12 (/tk, /claim) — make the ticket yours", {}),
    ("/start", "/take T12 (/tk, /claim) — make the ticket yours", {}),
    ("/help close", "/close T12 card replaced (/c) — close it", {}),
]


@pytest.mark.parametrize("place", ["staff chat", "own chat"])
@pytest.mark.parametrize(("text", "said", "after"), TYPED, ids=[row[0] for row in TYPED])
async def test_a_verb_does_its_work_wherever_a_colleague_types_it(
    stage: Stage, place: str, text: str, said: str, after: dict[str, Any]
) -> None:
    """M-9: the same words in the staff chat and in a private chat with the bot."""
    await stage.customer("Segítség")
    chat = stage.desk if place == "staff chat" else stage.world.private(stage.anna)
    await stage.say(stage.anna, chat, text)
    assert said in stage.find(said.split("\n")[0], chat.id).text
    ticket = await stage.ticket()
    assert {key: ticket[key] for key in after} == after


@pytest.mark.parametrize(("text", "said", "after"), SHORT, ids=[row[0] for row in SHORT])
async def test_a_verb_is_known_by_its_short_forms_and_a_ticket_by_all_its_spellings(
    stage: Stage, text: str, said: str, after: dict[str, Any]
) -> None:
    """M-9: bot.md 2.1."""
    await stage.customer("Segítség")
    await stage.staff(text)
    stage.find(said)
    ticket = await stage.ticket()
    assert {key: ticket[key] for key in after} == after


@pytest.mark.parametrize("word", ["/commands", "/help", "/start"])
@pytest.mark.parametrize("role", list(Role))
async def test_everybody_is_told_all_that_he_can_do_however_long_it_is(stage: Stage, role: Role, word: str) -> None:
    """M-9: what is longer than a message of the channel comes as several, no line of it parted."""
    who = await stage.hire("Nowy", 4711, role)
    await stage.say(who, stage.world.private(who), word)
    lines = "\n".join(stage.bot_texts(who.id)).split("\n")
    mine = [verb for verb in registry().verbs if verb.is_typed and access.ranks_as(role, verb.least)]
    assert [(line.partition(" — ")[2], verb.name) for line, verb in zip(lines, mine, strict=False)] == [
        (verb.effect, verb.name) for verb in mine
    ]
    assert lines[len(mine) :] == ["Or reply to a customer's message to answer it, and to a card to write a note."]


@pytest.mark.parametrize(
    "text", ["/close T1 T2 done", "/take T1 t-2", "/prio T1 #T2 1", "/snooze T1 T2 2h", "/move T1 T2 inbox"]
)
async def test_two_tickets_that_nothing_joins_are_refused(stage: Stage, text: str) -> None:
    """M-9: the second may be a reason or a ticket that is meant; neither is guessed, and nothing happens."""
    await stage.customer("Segítség")
    before = await stage.effects()
    await stage.staff(text)
    said = f"Is T2 meant, too? Nothing was done. Several have a comma between them: {text.split()[0]} T1, T2"
    assert stage.bot_texts(stage.desk.id)[-1] == said
    assert await stage.effects() == before


@pytest.mark.parametrize("text", ["/done T1, T2", "/show T1 T2", "/show T1, T2"])
async def test_two_tickets_behind_a_verb_for_one_are_refused(stage: Stage, text: str) -> None:
    """M-9: the second is no reason, and nothing happens to the first."""
    await stage.customer("Segítség")
    before = await stage.effects()
    await stage.staff(text)
    verb = text.split()[0]
    said = f"{verb} is for one ticket, and you wrote T1 and T2. Nothing was done. One at a time: {verb} T1"
    assert stage.bot_texts(stage.desk.id)[-1].startswith(said)
    assert await stage.effects() == before


@pytest.mark.parametrize("text", ["/note T1 T2 is his, too", "/relate T1 T2", "/merge T1 into T2"])
async def test_a_second_ticket_stands_where_a_verb_means_it(stage: Stage, text: str) -> None:
    await stage.customer("Segítség")
    await stage.staff(text)
    assert "is for one ticket" not in stage.bot_texts(stage.desk.id)[-1]


async def test_every_button_of_a_card_and_of_a_list_does_what_its_verb_does(stage: Stage) -> None:
    """M-9: [Show] [Take] [Close] [Reopen], and a ticket's button in a list."""
    await stage.customer("Segítség")
    assert await stage.press("Show") == ""  # the message says it all: no dialog with the half of it
    assert "Eszter: Segítség" in stage.shown(stage.desk.id)[-1].text
    assert (await stage.press("Take")).startswith("T1 is yours.")
    assert await stage.press("Take") == (await stage.press("Take"))  # his already: said, nothing done
    await stage.staff("/my")
    assert stage.find("Yours: 1")
    await stage.press("T1")
    assert "Anna took the ticket" in stage.shown(stage.desk.id)[-1].text
    assert await stage.press("Close") == "T1 closed."
    assert await stage.press("Reopen") == "T1 open again."
    assert (await stage.ticket())["state"] == "open"


async def test_replying_to_the_card_is_a_note_and_replying_to_the_copy_answers(stage: Stage) -> None:
    """M-9: "Behaviour that two builders would do differently"."""
    await stage.customer("Segítség")
    before = stage.bot_texts(stage.eszter.id)
    await stage.staff("Ask Kati about her.", reply_to=stage.find("T1 ·").id)
    assert stage.bot_texts(stage.eszter.id) == before
    [note] = await stage.rows("SELECT kind, author, text FROM entries WHERE kind = 'note'")
    assert note == {"kind": "note", "author": "Anna", "text": "Ask Kati about her."}
    await stage.staff("Intézzük.", reply_to=stage.find("Eszter:").id)
    assert stage.bot_texts(stage.eszter.id) == [*before, "Intézzük."]


async def test_the_gesture_names_the_ticket_of_a_command(stage: Stage) -> None:
    """M-9: under the card, the copy and the bot's own answers no number is needed."""
    await stage.customer("Segítség")
    await stage.staff("/take", reply_to=stage.find("T1 ·").id)
    assert (await stage.ticket())["assignee"] == "Anna"
    await stage.staff("/r Intézzük.", reply_to=stage.find("Eszter:").id)
    assert stage.bot_texts(stage.eszter.id)[-1] == "Intézzük."
    await stage.staff("/c", reply_to=stage.find("T1 ✓ sent").id)
    assert (await stage.ticket())["state"] == "closed"
    await stage.staff("/ro", reply_to=stage.find("T1 closed.").id)
    assert (await stage.ticket())["state"] == "open"


async def test_plain_talk_in_a_chat_without_topics_is_nothing(stage: Stage) -> None:
    """M-9: colleagues may talk, to each other's messages too."""
    await stage.customer("Segítség")
    before, shown = await stage.effects(), len(stage.bot_texts(stage.desk.id))
    said = await stage.staff("Who had lunch?")
    await stage.staff("Me, T1 can wait", by=stage.marek, reply_to=said)
    assert await stage.effects() == before
    assert len(stage.bot_texts(stage.desk.id)) == shown


async def test_a_reply_takes_the_ticket_if_it_is_free_and_says_whose_it_is_if_not(stage: Stage) -> None:
    """M-9."""
    await stage.customer("Segítség")
    await stage.staff("/r T1 Jövök.", by=stage.marek)
    assert (await stage.ticket())["assignee"] == "Marek"
    await stage.push(minutes=3)  # long after: what two say at once is another story
    await stage.staff("/r T1 Én is.")
    assert (
        len(await stage.rows("SELECT id FROM messages WHERE purpose = 'progress' AND text LIKE '%T1 is Marek''s.'"))
        == 1
    )
    assert (await stage.ticket())["assignee"] == "Marek"
    assert stage.bot_texts(stage.eszter.id)[-1] == "Én is."


async def test_an_assigned_colleague_is_told_in_his_own_chat_and_gets_the_next_words_there(stage: Stage) -> None:
    """M-9, M-6: he can work from there."""
    stage.open(stage.marek)
    await stage.customer("Segítség")
    await stage.staff("/assign T1 Marek")
    own = stage.world.private(stage.marek)
    assert stage.find("Anna gave you T1.", own.id)
    await stage.customer("Halló?")
    copy = stage.find("Eszter:\nHalló?", own.id)
    await stage.say(stage.marek, own, "Itt vagyok.", reply_to=copy.id)
    await stage.until(lambda: stage.bot_texts(stage.eszter.id)[-1] == "Itt vagyok.")


@pytest.fixture
async def chatless(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """No staff chat: cards go to each colleague's own chat."""
    telegram = {"channels": {"telegram": {"staff_chat": 0}}}
    async with stages.playing(database_url, tmp_path, **telegram) as playing:
        playing.open(playing.anna, playing.marek)
        yield playing


async def test_without_a_staff_chat_each_colleague_gets_the_card_and_can_answer(chatless: Stage) -> None:
    """M-9: the smallest desk."""
    await chatless.customer("Segítség")
    assert chatless.find("T1 ·", chatless.marek.id)
    own = chatless.world.private(chatless.anna)
    await chatless.say(chatless.anna, own, "Jó.", reply_to=chatless.find("Eszter:", own.id).id)
    assert chatless.bot_texts(chatless.eszter.id)[-1] == "Jó."
    await chatless.until(lambda: "Anna has it" in chatless.find("T1 ·", chatless.marek.id).text)
