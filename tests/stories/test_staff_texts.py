"""Colleagues by text message at the wire: a code opens a ticket, a spoofed sender nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from channels.contract import Address
from crmcore.models.staff import StaffIdentity
from kernel import ids
from tests.stories.test_sms import ESZTER, Texting, playing

MAREK, ANNA, NOBODY = "+48600000002", "+48600000001", "+48699999999"
CODE = re.compile(r"\b[A-HJ-NP-SU-Z][A-HJ-NP-SU-Z2-9]{3}(?= =|\. 10 min)")


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with playing(database_url, tmp_path) as found:
        for name, number in (("Marek", MAREK), ("Anna", ANNA)):
            await link(found, name, number)
        yield found


async def link(texting: Texting, name: str, number: str, *, ways: str = "sms") -> None:
    """Somebody has proved the number, and is told by text."""
    async with texting.stage.app.store.unit() as work:
        row = await work.one("SELECT id FROM staff WHERE name = ?", name)
        assert row is not None
        address = Address("tel", number)
        new = {"id": ids.new(), "staff_id": row["id"], "scheme": address.scheme, "value": address.value}
        await work.insert(StaffIdentity, [new])
        await work.change("UPDATE staff SET ways = ? WHERE id = ?", ways, row["id"])


def last(texting: Texting, number: str) -> str:
    return str(texting.api.world.inbox(number)[-1])


def code(texting: Texting, number: str) -> str:
    found = CODE.findall(last(texting, number))
    assert found, last(texting, number)
    return str(found[0])


async def alerted(texting: Texting) -> str:
    """Eszter waits too long; the code that Marek's alert ends with."""
    await texting.text("Nem működik a kártyám")
    await texting.stage.push(hours=1.1)
    await texting.settled()
    assert last(texting, MAREK).startswith("ALERT T1 late 6m: "), last(texting, MAREK)
    return code(texting, MAREK)


async def test_an_alert_is_seen_with_its_code_alone(texting: Texting) -> None:
    """Issue 5, S3-1: one text of one segment, whose code acks, quiets and answers."""
    opened = await alerted(texting)
    [line] = [one for one in texting.stage.app.house.lines.all() if one.channel == "sms"]
    assert line.capabilities.segments is not None and line.capabilities.segments(last(texting, MAREK)) == 1
    await texting.text(opened.lower(), sender=MAREK)
    [alert] = await texting.stage.rows("SELECT state FROM alerts")
    assert alert["state"] == "acked"
    assert last(texting, MAREK).startswith("T1: seen by you. Back at ")
    await texting.text(f"{opened} take", sender=MAREK)
    assert (await texting.stage.ticket())["assignee"] == "Marek"
    await texting.text(f"{opened} r Már jó", sender=MAREK)
    assert texting.api.world.inbox(ESZTER)[-1] == "Már jó"
    assert any("closed" not in one and "answered at" in one for one in texting.api.world.inbox(MAREK)), "it is over"
    await texting.text(f"{opened} c card replaced", sender=MAREK)
    assert (await texting.stage.ticket())["state"] == "closed"
    assert last(texting, MAREK) == "T1 closed."


async def test_words_are_looked_for_by_text_too(texting: Texting) -> None:
    """B-11: without a code, as it changes nothing; and a ticket's number is a word like any other."""
    await texting.text("Nem működik a kártyám")
    await texting.stage.indexed()
    await texting.text("find kártyám", sender=MAREK)
    assert "T1 Nem működik" in last(texting, MAREK), last(texting, MAREK)
    await texting.text("find T1 semmi", sender=MAREK)
    assert last(texting, MAREK) == "Nothing found for T1 semmi that is yours to see."


async def test_an_alert_that_came_twice_is_over_once(texting: Texting) -> None:
    """M-10: one text says the end of one alert."""
    await alerted(texting)
    await texting.stage.push(hours=3)
    await texting.settled()
    came = [one for one in texting.api.world.inbox(MAREK) if one.startswith("ALERT T1")]
    assert len(came) > 1
    await texting.stage.staff("/reply T1 Már jó")
    await texting.settled()
    assert len([one for one in texting.api.world.inbox(MAREK) if "answered at" in one]) == 1


async def test_what_a_rule_tells_reaches_whoever_reads_texts(database_url: str, tmp_path: Path) -> None:
    """4.8: by the first of his channels, with the code that opens the ticket."""
    rules = [{"name": "cards", "when": 'message.text.contains("kártyám")', "notify": ["Marek"]}]
    async with playing(database_url, tmp_path, rules=rules) as texting:
        await link(texting, "Marek", MAREK)
        await texting.text("Nem működik a kártyám")
        await texting.settled()
        assert last(texting, MAREK).startswith("Rule cards: T1: "), last(texting, MAREK)
        await texting.text(f"{code(texting, MAREK)} take", sender=MAREK)
        assert (await texting.stage.ticket())["assignee"] == "Marek"


async def test_help_and_start_are_limited_and_stop_is_not(texting: Texting) -> None:
    """S14: whoever writes in his name cannot make us send texts for ever."""
    for word in ["HELP", "START"] * 17:
        texting.api.world.text(MAREK, word)
    await texting.settled()
    inbox = texting.api.world.inbox(MAREK)
    assert len(inbox) == 31 and any(one.startswith("Slow down") for one in inbox), inbox
    await texting.text("STOP", sender=MAREK)
    found = await texting.stage.rows("SELECT id FROM messages WHERE text LIKE 'No more texts to this number.%'")
    assert len(found) == 1


async def test_the_words_of_a_text_are_in_no_log(texting: Texting) -> None:
    """S9."""
    opened = await alerted(texting)
    with capture_logs() as logs:
        await texting.text(f"{opened} Geheimnis verraten", sender=MAREK)
    assert "staff.text" in str(logs) and "Geheimnis" not in str(logs)


async def test_putting_an_alert_off_quiets_it_for_that_long(texting: Texting) -> None:
    """Issue 5: `K7Q2 z 1h`, and a code works five times."""
    opened = await alerted(texting)
    await texting.text(f"{opened} z 1h", sender=MAREK)
    [alert] = await texting.stage.rows("SELECT state FROM alerts")
    assert alert["state"] == "acked"
    for _ in range(4):
        await texting.text(f"{opened} s", sender=MAREK)
    assert last(texting, MAREK).startswith("T1 · ")
    await texting.text(f"{opened} s", sender=MAREK)
    assert last(texting, MAREK).startswith("That code opens nothing")


async def test_a_ticket_given_to_him_comes_with_a_code_and_he_answers_by_it(texting: Texting) -> None:
    """Issue 5: an agent who is told by text, and there alone."""
    stage = texting.stage
    stage.open(stage.anna)
    await texting.text("Segítség")
    await stage.staff("/assign T1 Anna", by=stage.marek)
    await texting.settled()
    assert last(texting, ANNA).startswith("Marek gave you T1: +36301234567, Seg")
    assert not any("gave you" in text for text in stage.bot_texts(stage.anna.id))
    await texting.text(f"{code(texting, ANNA)} r Jövök", sender=ANNA)
    assert texting.api.world.inbox(ESZTER)[-1] == "Jövök"
    assert last(texting, ANNA).startswith("T1 sending to ")


async def test_a_callback_shows_the_number_and_reminds(texting: Texting) -> None:
    await texting.text("Call me please")
    await texting.text("T1", sender=ANNA)
    await texting.text(f"{code(texting, ANNA)} cb 2h", sender=ANNA)
    assert ESZTER in last(texting, ANNA)
    [planned] = await texting.stage.rows("SELECT kind, text FROM reminders")
    assert (planned["kind"], planned["text"]) == ("call", "back")


async def test_a_command_without_a_code_waits_for_one_that_the_spoofer_never_sees(texting: Texting) -> None:
    """S20, S14: bound to the person, the very command and the ticket as it was."""
    await texting.text("Segítség")
    before = await texting.stage.effects()
    await texting.text("T1 close wrong number", sender=ANNA)
    assert await texting.stage.effects() == before
    assert last(texting, ANNA).startswith("Close T1 (")
    stored = code(texting, ANNA)
    await texting.text(f"{stored} take", sender=ANNA)
    assert await texting.stage.effects() == before, "it confirms one command, and opens nothing else"
    await texting.text(stored, sender=MAREK)
    assert await texting.stage.effects() == before, "another's code"
    await texting.stage.staff("/note T1 x")
    changed = await texting.stage.effects()
    await texting.text(stored, sender=ANNA)
    assert await texting.stage.effects() == changed
    assert "has changed since" in last(texting, ANNA)
    await texting.text("T1 close wrong number", sender=ANNA)
    stored = code(texting, ANNA)
    await texting.text(stored, sender=ANNA)
    assert (await texting.stage.ticket())["state"] == "closed"
    await texting.text(stored, sender=ANNA)
    assert last(texting, ANNA).startswith("That code opens nothing")


async def test_five_wrong_codes_lock_the_number_and_he_is_told_elsewhere(texting: Texting) -> None:
    """S20: guessing ends, also with the right code; his own chat says so."""
    stage = texting.stage
    stage.open(stage.marek)
    opened = await alerted(texting)
    before = await stage.effects()
    for guess in ("K7Q2", "A2AA", "B3BB", "C4CC", "D5DD"):
        await texting.text(f"{guess} c", sender=MAREK)
    assert "Five wrong codes" in stage.bot_texts(stage.marek.id)[-1]
    told = len(texting.api.world.inbox(MAREK))
    await texting.text(f"{opened} c", sender=MAREK)
    assert await stage.effects() == before
    assert len(texting.api.world.inbox(MAREK)) == told, "nothing is said any more"
    await stage.push(minutes=16)
    await texting.text(f"{opened} c", sender=MAREK)
    assert (await stage.ticket())["state"] == "closed"


async def test_what_an_unlinked_number_writes_is_a_customers_message(texting: Texting) -> None:
    """S20: the right code in the wrong hands, commands with and without a slash."""
    opened = await alerted(texting)
    before = {row["id"]: row for row in await texting.stage.rows("SELECT id, state, assignee_id FROM tickets")}
    for text in (opened, f"{opened} c", "T1 close", "/close T1", "my"):
        await texting.text(text, sender=NOBODY)
    found = {row["id"]: row for row in await texting.stage.rows("SELECT id, state, assignee_id FROM tickets")}
    assert {key: found[key] for key in before} == before
    assert [alert["state"] for alert in await texting.stage.rows("SELECT state FROM alerts")] == ["open"]
    said = await texting.stage.rows(
        "SELECT m.text FROM messages AS m JOIN entries AS e ON e.message_id = m.id WHERE m.address = ?"
        " AND m.direction = 'in' ORDER BY m.id",
        NOBODY,
    )
    assert [row["text"] for row in said] == [opened, f"{opened} c", "T1 close", "/close T1", "my"]


@pytest.mark.parametrize("text", ["clsoe it", "Sorry for that, dear Eszter", "/golive yes", "station 0412 down", "YES"])
async def test_what_is_no_command_by_text_reaches_nobody(texting: Texting, text: str) -> None:
    """S20: unknown verbs, plain words, and what is too far-reaching for a text: no effect, and one answer to him."""
    await texting.text("Segítség")
    before, told = await texting.stage.effects(), texting.api.world.inbox(ESZTER)
    await texting.text(text, sender=MAREK)
    assert await texting.stage.effects() == before
    assert texting.api.world.inbox(ESZTER) == told
    assert len(await texting.stage.rows("SELECT id FROM tickets")) == 1
    assert "Nothing was" in last(texting, MAREK)


async def test_a_stop_mutes_the_number_alone(texting: Texting) -> None:
    """M-4, issue 5: the next alert comes another way, and START brings the texts back."""
    stage = texting.stage
    stage.open(stage.marek)
    await texting.text("STOP", sender=MAREK)
    told = len(texting.api.world.inbox(MAREK))
    await texting.text("Nem működik a kártyám")
    await stage.push(hours=1.1)
    await texting.settled()
    assert len(texting.api.world.inbox(MAREK)) == told
    assert any("was due" in text for text in stage.bot_texts(stage.marek.id))
    await texting.text("START", sender=MAREK)
    await stage.push(hours=1)
    await texting.settled()
    assert last(texting, MAREK).startswith("ALERT T1")


async def test_an_alert_that_the_gateway_refuses_comes_the_next_way(texting: Texting) -> None:
    """M-9: a number that takes no messages must not be the end of an alert."""
    stage, world = texting.stage, texting.api.world
    stage.open(stage.marek)
    await texting.text("Nem működik a kártyám")
    world.faults.refuse_number(MAREK, 21610)
    await stage.push(hours=1.1)
    await texting.settled()
    assert world.inbox(MAREK) == []
    assert any("First answer was due" in text for text in stage.bot_texts(stage.marek.id))
    assert not any("No manager can be reached" in text for text in stage.bot_texts(stage.desk.id))


async def test_the_same_text_twice_acts_once(texting: Texting) -> None:
    """R5, S20: a repeated delivery of one text is one command."""
    opened = await alerted(texting)
    await texting.text(f"{opened} n Called him", sender=MAREK)
    told = texting.api.world.deliveries
    again = next(one for one in reversed(told) if one.params.get("Body", "").endswith("Called him"))
    for _ in range(3):
        texting.api.world.outgoing.put(again.url, again.params)
    await texting.settled()
    assert len(await texting.stage.rows("SELECT id FROM entries WHERE kind = 'note'")) == 1
