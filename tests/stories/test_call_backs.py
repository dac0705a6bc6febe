"""Call-backs: a customer asks to be rung, or nobody took his call; the queue is told, and hears what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from channels.contract import Address
from crmcore import subscribers
from crmcore.models.staff import Role
from crmcore.subscribers import Wish
from kernel.clock import Clock
from tests.stories import test_sms as texts
from tests.stories.test_sms import ESZTER, Texting
from tests.support import stage as stages
from tests.support.stage import Stage

TUESDAY = datetime(2026, 3, 10, 9, tzinfo=UTC)  # ten o'clock in Budapest
WEEK = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {"zone": "Europe/Budapest", "hours": {day: ["08:00-16:00"] for day in WEEK}}
MORE: dict[str, Any] = {"calendars": {"office": OFFICE}, "queues": {"inbox": {"calendar": "office"}}}
NUMBER = "+36301234567"
PETRA = 1007


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path, running(TUESDAY), **MORE) as stage:
        yield stage


def running(at: datetime) -> Clock:
    """A clock that goes: a chat is written to once a second."""
    clock = Clock()
    clock.push(at - clock.now())
    return clock


async def hears(stage: Stage, part: str) -> str:
    await stage.until(lambda: any(part in text for text in stage.bot_texts(stage.eszter.id)))
    return next(text for text in reversed(stage.bot_texts(stage.eszter.id)) if part in text)


async def states(stage: Stage) -> list[tuple[str, int]]:
    found = await stage.rows("SELECT state, tries FROM call_backs ORDER BY id")
    return [(row["state"], row["tries"]) for row in found]


async def missed(stage: Stage, number: str = NUMBER, **data: Any) -> int:
    event = {"type": "call.missed", "timestamp": "2026-03-10T09:00:00Z", "data": {"from": number, **data}}
    status, _ = await stage.send(orjson.dumps(event))
    await stage.settled()
    return status


async def test_a_customer_is_rung_in_the_hours_he_names(office: Stage) -> None:
    """B-5: his words make a ticket; the desk is told when the window begins, and the result stands in his history."""
    await office.customer("/callback 14-16")
    told = await hears(office, "Felhívjuk")
    assert told == "Felhívjuk: 14:00 – 16:00. Melyik számon? Írja meg nekünk itt. Más időpont? Írja: /callback 14-16."
    assert await states(office) == [("waiting", 0)]
    assert not any("☎" in text for text in office.texts(office.desk.id))
    await office.push(hours=4)
    assert "wants to be called, until 16:00" in office.find("☎ T1 · Eszter").text
    await office.press("Reached")
    assert await states(office) == [("reached", 1)]
    [call] = await office.rows("SELECT direction, contact_id FROM call_notes")
    assert call["direction"] == "out" and call["contact_id"]


async def test_his_status_names_the_call_that_he_was_promised(office: Stage) -> None:
    """B-5, S0-2: while he expects it, and not the number to anybody who asks."""
    await office.customer("/callback 14-16")
    await hears(office, "Felhívjuk")
    await office.customer("/status T1")
    assert (await hears(office, "T1 (")).endswith(": megkaptuk. Felhívjuk: 14:00 – 16:00.")
    await office.push(hours=4)
    await office.press("Reached")
    await office.customer("/status")
    assert "Felhívjuk" not in await hears(office, "1 nyitott ügye van.")


async def test_the_window_is_in_the_customers_zone(office: Stage) -> None:
    """B-5: where a list of ours says where he lives, his hours are those of his clock."""
    async with office.app.store.unit() as work:
        address = Address("telegram", str(office.eszter.id))
        wish = Wish((1,), (address,), "Eszter", language="hu", zone="Europe/London", every=True)
        await subscribers.upsert(work, [wish])
    await office.customer("/callback 12-14")
    assert (await hears(office, "Felhívjuk")).startswith("Felhívjuk: 12:00 – 14:00")
    [row] = await office.rows("SELECT window_from, zone FROM call_backs")
    assert row["zone"] == "Europe/London"
    assert "12:00" in str(row["window_from"])


async def test_a_button_moves_the_call_to_other_hours(office: Stage) -> None:
    chat = office.world.private(office.eszter)
    await office.customer("/start")
    await office.press("Hívjanak fel", by=office.eszter, chat=chat)
    await hears(office, "Felhívjuk: 10:00 – 12:00. Melyik számon?")
    await office.press("15:00-18:00", by=office.eszter, chat=chat)
    await hears(office, "Felhívjuk: 15:00 – 18:00.")
    assert await states(office) == [("waiting", 0)], "moved, not doubled"
    assert len(await office.rows("SELECT id FROM tickets")) == 1


async def test_three_tries_are_the_most(office: Stage) -> None:
    """B-5: again when the colleague says, half an hour later if he says nothing, and never a fourth time."""
    await office.customer("/callback")
    await office.until(lambda: any("☎ T1" in text for text in office.texts(office.desk.id)))
    await office.press("No answer")
    assert await states(office) == [("waiting", 1)]
    await office.push(minutes=31)
    assert "try 2 of 3" in office.find("☎ T1").text
    await office.staff("/rang T1 no answer 1h")
    await office.push(minutes=31)
    assert "try 2 of 3" in office.find("☎ T1").text
    await office.push(minutes=31)
    assert "try 3 of 3" in office.find("☎ T1").text
    await office.staff("/rang T1 no answer")
    assert "no answer 3 times" in office.bot_texts(office.desk.id)[-1]
    assert await states(office) == [("given_up", 3)]
    before = len(office.texts(office.desk.id))
    await office.staff("/rang T1 reached")
    assert "No call-back is wanted on T1" in office.bot_texts(office.desk.id)[-1]
    assert len(office.texts(office.desk.id)) == before + 2


async def test_who_is_not_rung_in_time_is_told_of_once_more(office: Stage) -> None:
    """The task's own clock."""
    await office.customer("/callback 14-16")
    await office.push(hours=4)
    await office.push(hours=2)
    assert "nobody has rung yet" in office.find("☎ T1").text
    await office.push(hours=3)
    assert sum("☎ T1" in text for text in office.texts(office.desk.id)) == 2


CHAIN: dict[str, Any] = {
    "chains": [{"name": "calls", "steps": [{"who": "queue.manager"}, {"who": "role:lead", "after": "15m"}]}],
    "queues": {"inbox": {"chain": "calls", "calendar": "office", "manager": "Marek", "first_response": "8h"}},
    "calendars": {"office": OFFICE},
}
LATE = "A call we promised is late: nobody has rung"


@asynccontextmanager
async def promised(url: str, folder: Path) -> AsyncIterator[Stage]:
    """Anna has the ticket, Marek leads the queue, Petra is a lead; Eszter was promised a call at 14 to 16."""
    async with stages.playing(url, folder, running(TUESDAY), **CHAIN) as stage:
        petra = await stage.hire("Petra", PETRA, Role.LEAD)
        stage.open(stage.anna, stage.marek, petra)
        await stage.customer("/callback 14-16")
        await stage.staff("/take T1")
        await stage.push(hours=4)
        yield stage


def alerted(stage: Stage, person: int) -> int:
    """How many alerts of the late call have come to his own chat."""
    return sum(LATE in text for text in stage.bot_texts(person))


async def test_a_promise_that_is_broken_climbs_a_step_after_the_other(database_url: str, tmp_path: Path) -> None:
    """B-5, M-10: the owner, ten minutes later the manager, then the leads; each once, over restarts."""
    async with promised(database_url, tmp_path) as stage:
        await stage.push(hours=2)
        await stage.until(lambda: "nobody has rung yet" in stage.bot_texts(stage.anna.id)[-1])
        assert alerted(stage, stage.marek.id) == 0
        await stage.restart()
        await stage.push(minutes=10)
        await stage.until(lambda: alerted(stage, stage.marek.id) == 1)
        assert alerted(stage, PETRA) == 0
        await stage.restart()
        await stage.push(minutes=15)
        await stage.until(lambda: alerted(stage, PETRA) == 1)
        assert (alerted(stage, stage.marek.id), alerted(stage, stage.anna.id)) == (1, 0)


@pytest.mark.parametrize(
    ("said", "shown"),
    [("/rang T1 reached", "called at"), ("/rang T1 no answer 2h", "nobody answered"), ("/close T1", "closed at")],
)
async def test_what_comes_of_the_call_ends_it(said: str, shown: str, database_url: str, tmp_path: Path) -> None:
    """B-5: a result of the call, or the end of the ticket; whoever was alerted sees it."""
    async with promised(database_url, tmp_path) as stage:
        await stage.push(hours=2)
        await stage.push(minutes=10)
        await stage.until(lambda: alerted(stage, stage.marek.id) == 1)
        await stage.staff(said)
        await stage.until(lambda: any(shown in text for text in stage.bot_texts(stage.marek.id)))
        assert await stage.rows("SELECT state FROM alerts") == [{"state": "resolved"}]
        await stage.push(minutes=30)
        assert alerted(stage, PETRA) == 0


async def test_an_answer_is_no_call(database_url: str, tmp_path: Path) -> None:
    """B-5: words do not end what was promised by voice; another time that the customer names does."""
    async with promised(database_url, tmp_path) as stage:
        await stage.push(hours=2)
        await stage.staff("/reply T1 Mindjárt hívjuk")
        assert await stage.rows("SELECT kind, state FROM alerts") == [{"kind": "call_back", "state": "open"}]
        await stage.customer("/callback 16-17")
        assert await stage.rows("SELECT state FROM alerts") == [{"state": "resolved"}]


async def test_a_second_broken_promise_is_told_anew(database_url: str, tmp_path: Path) -> None:
    """B-5: a try that nobody answered has a window of its own, and that can be missed, too."""
    async with promised(database_url, tmp_path) as stage:
        await stage.push(hours=2)
        await stage.staff("/rang T1 no answer 1h")
        await stage.push(hours=2)
        await stage.push(minutes=10)
        await stage.until(lambda: alerted(stage, stage.marek.id) == 1)
        states_ = [row["state"] for row in await stage.rows("SELECT state FROM alerts ORDER BY id")]
        assert states_ == ["resolved", "open"]


async def test_a_closed_ticket_ends_the_task(office: Stage) -> None:
    await office.customer("/callback 14-16")
    await office.staff("/close T1")
    await office.push(hours=4)
    assert await states(office) == [("given_up", 0)]
    assert not any("☎" in text for text in office.texts(office.desk.id))


async def test_a_missed_call_becomes_one_task_an_hour(office: Stage) -> None:
    """B-5: the exchange posts every call; a number that rings again within the hour joins what is there."""
    assert await missed(office, name="Eszter") == 202
    assert await missed(office) == 202
    assert await missed(office, "+48601234567") == 202
    assert await states(office) == [("due", 0), ("due", 0)]
    assert office.find(f"☎ T1 · Eszter: {NUMBER}\nmissed call")
    notes = await office.rows("SELECT text FROM entries WHERE text LIKE 'called again%'")
    assert [row["text"] for row in notes] == [f"called again: {NUMBER}"]
    await office.press("Reached")
    await office.push(hours=1.1)
    await missed(office, "+48601234567")
    assert len(await states(office)) == 3


async def test_a_missed_call_outside_the_hours_waits_for_the_morning(database_url: str, tmp_path: Path) -> None:
    async with stages.playing(database_url, tmp_path, running(datetime(2026, 3, 13, 18, tzinfo=UTC)), **MORE) as stage:
        await missed(stage)
        assert await states(stage) == [("waiting", 0)]
        await stage.push(days=2, hours=13, minutes=1)
        assert stage.find(f"{NUMBER}\nmissed call, until 10:00")


async def test_a_call_that_names_nobody_is_refused(office: Stage) -> None:
    """S20: the exchange hears which field is wrong."""
    body = {"type": "call.missed", "timestamp": "2026-03-10T09:00:00Z", "data": {"to": "+48"}}
    status, answer = await office.send(orjson.dumps(body))
    assert status == 400
    assert [one["field"] for one in answer["errors"]] == ["data.from"]


async def test_a_text_asks_for_a_call_and_no_caller_is_texted(database_url: str, tmp_path: Path) -> None:
    """The number that he texts from is the one to ring; who only rang is sent nothing."""
    async with texts.playing(database_url, tmp_path) as texting:
        await wanted_by_text(texting)


async def wanted_by_text(texting: Texting) -> None:
    stage, inbox = texting.stage, texting.api.world.inbox
    await texting.text("CALL ME")
    await texting.settled()
    await stage.until(lambda: any(text.startswith("We will call you:") for text in inbox(ESZTER)))
    [said] = [text for text in inbox(ESZTER) if text.startswith("We will call you:")]
    assert said.endswith(f"at {ESZTER}. Another time? Write CALL 14-16.")
    await missed(stage, "+48601234567")
    await texting.settled()
    assert inbox("+48601234567") == []
    assert len(await stage.rows("SELECT id FROM call_backs")) == 2
