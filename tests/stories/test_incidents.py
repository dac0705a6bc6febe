"""Incidents at the wire: one cause, many messages; one word to each, one update to all, one close."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from crmcore.access import Scope, StaffId
from tests.support.stage import Stage
from tickets import overview
from tickets.overview import Slice

CROWD = 6
EVERYTHING = Scope(True, frozenset(), StaffId(0))
WORDS = "the card terminals are down again at the pump"


async def crowd(
    stage: Stage, count: int = CROWD, *, first: int = 6000, text: str = WORDS, wait: bool = True
) -> list[Any]:
    """So many people write the like, at once; returns them."""
    people = [stage.world.person(first + place, f"Driver {place}", language_code="pl") for place in range(count)]
    stage.open(*people)
    for place, person in enumerate(people):
        stage.world.say(person, stage.world.private(person), f"{text} {place}")
    if wait:
        await stage.settled()
    return people


def heard(stage: Stage, people: list[Any], part: str) -> list[int]:
    """How often each has read it."""
    return [sum(part in text for text in stage.bot_texts(one.id)) for one in people]


async def suggested(stage: Stage) -> None:
    await stage.until(lambda: "I-1 · " in "\n".join(stage.texts(stage.desk.id)))


async def test_like_messages_are_suggested_once_and_nobody_is_told_before_a_person_says_so(stage: Stage) -> None:
    """B-8: one message with both buttons; whom it would reach and in which words."""
    people = await crowd(stage)
    await suggested(stage)
    shown = stage.find("I-1 · ")
    assert "Tells " in shown.text and "Nobody is told yet." in shown.text
    assert [label for row in shown.buttons for label, _ in row] == ["Join all", "Not one"]
    assert set(heard(stage, people, "Wiemy o problemie")) == {0}
    assert sum("one cause?" in text for text in stage.bot_texts(stage.desk.id)) == 1


async def test_once_joined_each_is_told_once_and_later_ones_when_they_join(stage: Stage) -> None:
    """B-8: in his language, on his channel; no clock of theirs runs any more."""
    people = await crowd(stage)
    await suggested(stage)
    assert (await stage.press("Join all", by=stage.marek)).startswith("I-1 is open: ")
    await stage.until(lambda: heard(stage, people, "Wiemy o problemie") == [1] * CROWD)
    later = await crowd(stage, 2, first=7000)
    await stage.until(lambda: heard(stage, later, "Wiemy o problemie") == [1, 1])
    assert heard(stage, people, "Wiemy o problemie") == [1] * CROWD
    running = await stage.rows("SELECT id FROM clocks WHERE kind = 'first_response' AND ended_at IS NULL")
    assert running == []


async def test_one_update_to_all_and_one_close(stage: Stage) -> None:
    """B-8: each after a preview and a yes of who asked for it; then all tickets are closed."""
    people = await crowd(stage)
    await suggested(stage)
    await stage.press("Join all", by=stage.marek)
    await stage.until(lambda: heard(stage, people, "Wiemy o problemie") == [1] * CROWD)
    await stage.staff("/incident I-1 update next 3h the terminals are being restarted", by=stage.marek)
    assert heard(stage, people, "being restarted") == [0] * CROWD
    await stage.press(f"Send to {CROWD}", by=stage.marek)
    await stage.until(lambda: heard(stage, people, "being restarted") == [1] * CROWD)
    await stage.staff("/incident I-1 close", by=stage.marek)
    await stage.press(f"Send to {CROWD}", by=stage.marek)
    await stage.until(lambda: stage.rows("SELECT id FROM incidents WHERE state = 'closed'"))
    await stage.settled()
    assert heard(stage, people, "rozwiązany") == [1] * CROWD
    assert await stage.rows("SELECT id FROM tickets WHERE state <> 'closed'") == []


async def test_breaches_of_its_tickets_are_one_alert_of_its_own(stage: Stage) -> None:
    """B-8: the first answer was due in an hour; what alerts is that the promised news are late, once."""
    await crowd(stage)
    await suggested(stage)
    await stage.press("Join all", by=stage.marek)
    await stage.push(minutes=61)
    await stage.until(lambda: any("were promised news by" in text for text in stage.texts(stage.desk.id)))
    assert await stage.rows("SELECT id FROM alerts WHERE state <> 'resolved'") == []
    assert await stage.rows("SELECT id FROM clocks WHERE state = 'breached'") == []
    assert sum("were promised news by" in text for text in stage.texts(stage.desk.id)) == 1


async def test_what_is_not_one_cause_is_not_suggested_again(stage: Stage) -> None:
    """B-8: by a person's word; its tickets go on as they were."""
    people = await crowd(stage)
    await suggested(stage)
    await stage.press("Not one", by=stage.marek)
    await crowd(stage, 6, first=7000)
    await stage.settled()
    assert [row["state"] for row in await stage.rows("SELECT state FROM incidents")] == ["dismissed"]
    assert heard(stage, people, "Wiemy o problemie") == [0] * CROWD
    assert len(await stage.rows("SELECT id FROM clocks WHERE state = 'running'")) == CROWD + 6


async def test_a_person_names_one_adds_and_takes_out(stage: Stage) -> None:
    """B-8: without any suggestion; a ticket that is taken out has its clock again."""
    await stage.customer("Segítség")
    jan = stage.world.person(6001, "Jan", language_code="pl")
    stage.open(jan)
    await stage.say(jan, stage.world.private(jan), "Kartka")
    await stage.staff('/incident T1 "card terminals down"', by=stage.marek)
    assert stage.find("I-1 · card terminals down · one cause?")
    await stage.press("Join all", by=stage.marek)
    await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 2)
    await stage.staff("/incident I-1 add T2", by=stage.marek)
    await stage.until(lambda: heard(stage, [jan], "Wiemy o problemie") == [1])
    await stage.staff("/incident I-1 remove T2", by=stage.marek)
    assert stage.find("T2 taken out of I-1. The clock runs again.")
    [clock] = await stage.rows(
        "SELECT c.state FROM clocks AS c JOIN tickets AS t ON t.id = c.ticket_id WHERE t.number = 2"
    )
    assert clock["state"] == "running"


@pytest.mark.timeout(300)
@pytest.mark.paced
async def test_three_hundred_messages_are_one_suggestion_one_yes_and_one_word_to_each(stage: Stage) -> None:
    """B-8, measured: 300 people; one suggestion, one yes, 300 times that we know, one update to all, one close.

    Nobody reads a text twice; nothing of theirs alerts, and no figure counts them as late. Decisions pass the cards
    that wait for the group's pace.
    """
    people = await crowd(stage, 300, wait=False)
    await stage.until(lambda: _tickets(stage, 300), within_s=90)
    began = time.monotonic()
    await _yes(stage, "Join all")
    await stage.until(lambda: heard(stage, people, "Wiemy o problemie") == [1] * 300, within_s=60)
    assert time.monotonic() - began < 60
    stage.world.say(stage.marek, stage.desk, "/incident I-1 update next 5h being restarted")
    await _yes(stage, "Send to 300")
    await stage.until(lambda: heard(stage, people, "being restarted") == [1] * 300, within_s=60)
    stage.app.push_clock(timedelta(minutes=90))
    counted = (await overview.counted(stage.app.store.reading(), EVERYTHING)).all
    assert (counted[Slice.OPEN], counted[Slice.LATE], counted[Slice.SOON]) == (300, 0, 0)
    stage.world.say(stage.marek, stage.desk, "/incident I-1 close")
    await _yes(stage, "Send to 300", besides="being restarted")
    await stage.until(lambda: heard(stage, people, "rozwiązany") == [1] * 300, within_s=60)
    await stage.until(lambda: stage.rows("SELECT id FROM incidents WHERE state = 'closed'"), within_s=60)
    assert heard(stage, people, "Wiemy o problemie") == heard(stage, people, "being restarted") == [1] * 300
    assert len(await stage.rows("SELECT id FROM incidents")) == 1
    assert await stage.rows("SELECT id FROM alerts") == []
    assert await stage.rows("SELECT id FROM clocks WHERE state = 'breached'") == []
    assert await stage.rows("SELECT id FROM tickets WHERE state <> 'closed'") == []
    loud = await stage.rows("SELECT purpose FROM messages WHERE purpose IN ('incident', 'alert', 'warning')")
    assert [row["purpose"] for row in loud] == ["incident"], "the suggestion, and no alert"


async def _yes(stage: Stage, label: str, *, besides: str = "\0") -> None:
    """Marek presses the button once it stands there. `besides`: not under a message with these words."""

    def standing() -> Any:
        for message in reversed(stage.shown(stage.desk.id)):
            for text, code in (button for row in message.buttons for button in row):
                if text == label and besides not in message.text:
                    return message, code
        return None

    await stage.until(standing, within_s=60)
    message, code = standing()
    stage.world.press(stage.marek, stage.desk, message.id, code)


async def _tickets(stage: Stage, count: int) -> bool:
    [row] = await stage.rows("SELECT count(*) AS n FROM tickets")
    return bool(row["n"] == count)


async def test_an_agent_and_a_stranger_decide_nothing(stage: Stage) -> None:
    """S20: nor does a lead who has not asked for the news."""
    people = await crowd(stage)
    await suggested(stage)
    assert "needs a lead" in await stage.press("Join all")
    await stage.press("Join all", by=stage.obcy)
    assert heard(stage, people, "Wiemy o problemie") == [0] * CROWD
