"""Outages at the wire: a station goes down, a colleague confirms, and exactly those who want to know are told."""

from __future__ import annotations

from typing import Any

import pytest

from channels.contract import Address
from crmcore import ledger, stations, subscribers
from crmcore.models.staff import Role
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from kernel import rows
from tests.support.stage import Stage

JAN, IRINA, DUSAN, LATE = 2101, 2102, 2103, 2104
PETRA = 1007
CROWD = 130  # three units of notices


def wish(telegram: int, name: str, language: str, *codes: str) -> Wish:
    address = Address("telegram", str(telegram))
    return Wish((1,), (address,), name, "Orlik", language, codes=frozenset(codes), every=not codes)


async def subscribe(stage: Stage, *wishes: Wish) -> None:
    async with stage.app.store.unit() as work:
        await subscribers.upsert(work, wishes)


@pytest.fixture
async def desk(stage: Stage) -> Stage:
    """Eszter (hu), Jan (pl) and Irina (ru) want to hear of 0412, Dusan (sk) of 0415 only; Ola cannot be reached."""
    world = stage.world
    people = [world.person(JAN, "Jan"), world.person(IRINA, "Irina"), world.person(DUSAN, "Dusan")]
    stage.open(stage.eszter, stage.marek, *people, world.person(LATE, "Late"))
    async with stage.app.store.unit() as work:
        gdynia = Facts("0412", "Gdynia", "Morska 100", zone="Europe/Warsaw", nearest="0415")
        await stations.upsert(work, [gdynia, Facts("0415", "Sopot", zone="Europe/Warsaw")])
    await subscribe(
        stage,
        wish(stage.eszter.id, "Eszter", "hu", "0412"),
        wish(JAN, "Jan", "pl", "0412", "0415"),
        wish(IRINA, "Irina", "ru"),
        wish(DUSAN, "Dusan", "sk", "0415"),
        Wish((9,), (Address("tel", "+48600123456"),), "Ola", codes=frozenset({"0412"})),
    )
    return stage


def heard(stage: Stage) -> dict[str, int]:
    """How many messages each has had from the bot."""
    people = {"Eszter": stage.eszter.id, "Jan": JAN, "Irina": IRINA, "Dusan": DUSAN, "Late": LATE}
    return {name: len(stage.bot_texts(chat)) for name, chat in people.items() if stage.bot_texts(chat)}


async def announced(desk: Stage) -> None:
    """O-1 is out to the three."""
    await desk.staff("/station 0412 down 2h maintenance", by=desk.marek)
    await desk.press("Send to 3", by=desk.marek)


async def nothing_drafted(stage: Stage) -> bool:
    return await stage.rows("SELECT id FROM outages") == [] and heard(stage) == {}


async def test_declare_preview_confirm_and_exactly_those_are_told(desk: Stage) -> None:
    """M-7, S0-8: each in his language; the one who cannot be reached is named before anything is sent."""
    await desk.staff("/station 0412 down 2h maintenance", by=desk.marek)
    preview = desk.find("O-1/1 · 0412 Gdynia, Morska 100 · unplanned").text
    assert "Out of service 10:00 UTC to 12:00 UTC. Reason: maintenance." in preview
    assert "Tells 3: 3 Telegram · languages: hu 1, pl 1, ru 1" in preview
    assert "Left out: 1\n– Ola: no channel here reaches a tel address" in preview
    assert "pl: Stacja 0412 Gdynia, Morska 100: wyłączona od " in preview
    assert heard(desk) == {}
    assert await desk.press("Send to 3", by=desk.marek) == "O-1/1 goes out now."
    assert heard(desk) == {"Eszter": 1, "Jan": 1, "Irina": 1}
    [polish], [hungarian], [russian] = (desk.bot_texts(who) for who in (JAN, desk.eszter.id, IRINA))
    assert polish.startswith("Stacja 0412 Gdynia, Morska 100: wyłączona od ") and "Powód: konserwacja." in polish
    assert "Ok: karbantartás. Legközelebbi: 0415. Sz. O-1/1." in hungarian
    assert "Причина: техническое обслуживание." in russian
    assert desk.find("O-1/1: 3 told, 1 left out.")


async def test_the_ledger_knows_whom_when_why_and_how_it_went(desk: Stage) -> None:
    """S0-8: evidence, the one left out included."""
    await announced(desk)
    reader = desk.app.store.reading()
    lines, after = await ledger.lines(reader, (await ledger.by_number(reader, 1)).id)
    told = sorted((one.contact, one.channel, one.language, one.why, one.state, one.reason) for one in lines)
    assert told == [
        ("Eszter", "telegram", "hu", "subscribed", "sent", ""),
        ("Irina", "telegram", "ru", "subscribed to all stations", "sent", ""),
        ("Jan", "telegram", "pl", "subscribed", "sent", ""),
        ("Ola", "", "pl", "subscribed", "left_out", "no channel here reaches a tel address"),
    ]
    assert after == 0 and all(one.text for one in lines if one.channel)
    [history] = await desk.rows(
        "SELECT count(*) AS n FROM timeline WHERE kind = 'notice' AND ref_kind = 'outage' AND message_id IS NOT NULL"
    )
    assert history["n"] == 3


@pytest.mark.parametrize(
    ("text", "button", "polish"),
    [
        ("/station 0412 move until 18:00", "Send to 3", "ZMIANA: stacja 0412 Gdynia, Morska 100 wyłączona od"),
        ("/station O-1 up", "Send to 3", "Stacja 0412 Gdynia, Morska 100 znów działa od"),
        ("/station 0412 cancel", "Send to 3", "ODWOŁANE: stacja 0412 Gdynia, Morska 100 działa bez przerwy"),
    ],
    ids=["moved", "ended", "cancelled"],
)
async def test_what_changes_is_told_to_exactly_those_told(desk: Stage, text: str, button: str, polish: str) -> None:
    """S0-8: not to who subscribed later, and again only after a confirm."""
    await announced(desk)
    await subscribe(desk, wish(LATE, "Late", "en", "0412"))
    await desk.staff(text, by=desk.marek)
    assert heard(desk) == {"Eszter": 1, "Jan": 1, "Irina": 1}
    await desk.press(button, by=desk.marek)
    assert heard(desk) == {"Eszter": 2, "Jan": 2, "Irina": 2}
    newest = desk.bot_texts(JAN)[-1]
    assert newest.startswith(polish) and newest.endswith("Nr O-1/2.")


async def test_an_outage_that_is_over_can_be_declared_again(desk: Stage) -> None:
    await announced(desk)
    await desk.staff("/station 0412 down", by=desk.marek)
    assert desk.find("0412 is already out under O-1. Change that one: /station O-1 move, up or cancel.")
    await desk.staff("/station 0412 up", by=desk.marek)
    await desk.press("Send to 3", by=desk.marek)
    await desk.staff("/station 0412", by=desk.marek)
    assert desk.find("0412 Gdynia, Morska 100: in service.")
    await desk.staff("/station 0412 down", by=desk.marek)
    assert desk.find("O-2/1 · 0412 Gdynia")


async def test_times_are_read_in_the_words_that_reminders_read(desk: Stage) -> None:
    """S0-8: one reader; the preview says what was understood."""
    await desk.staff("/station 0412 down jutro o 6:00 until 9pm awaria pompy", by=desk.marek)
    said = next(line for line in desk.find("O-1/1 · 0412").text.splitlines() if line.startswith("Out of service"))
    assert "06:00" in said and "21:00" in said and said.endswith("Reason: awaria pompy.")


async def test_an_agent_may_look_but_not_declare(desk: Stage) -> None:
    """S0-8, R3: nothing is drafted."""
    await desk.staff("/station 0412 down 2h")
    assert desk.find("/station down needs a lead (you: agent). Nothing was done.")
    await desk.staff("/station list")
    assert desk.find("No station is out.")
    assert await nothing_drafted(desk)


async def test_a_stranger_cannot_press_a_preview(desk: Stage) -> None:
    """S12: nor an agent, nor a manager who has not asked for it."""
    petra = await desk.hire("Petra", PETRA, Role.MANAGER)
    await desk.staff("/station 0412 down 2h", by=desk.marek)
    for who in (desk.obcy, desk.anna, petra):
        await desk.press("Send to 3", by=who)
    assert heard(desk) == {}
    await desk.press("Send to 3", by=desk.marek)
    assert heard(desk) == {"Eszter": 1, "Jan": 1, "Irina": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/station 9999 down", "There is no station 9999."),
        ("/station 412 down 2h", "There is no station 412. Near: 0412."),
        ("/station 0412 up", "0412 is not out. /station list shows what is. Nothing was done."),
        ("/station 0412 down 25:00 until 18:77", "When?"),
        ("/station 0412 down tomorrow 18:00 until 2020-01-01 10:00", "It ends before it starts."),
        ("/confirm O-7", "There is no O-7."),
        ("/confirm", "Which outage?"),
    ],
    ids=["unknown", "near", "not out", "no time", "ends first", "no outage", "none named"],
)
async def test_what_makes_no_sense_is_told_in_a_sentence(desk: Stage, text: str, said: str) -> None:
    """M-9: what happened, that nothing was done, the next step."""
    await desk.staff(text, by=desk.marek)
    assert "Nothing was done." in desk.find(said).text
    assert await nothing_drafted(desk)


async def test_a_preview_is_confirmed_once_and_only_for_ten_minutes(desk: Stage) -> None:
    """bot.md 2.8: bound to a person, an act and a time."""
    await desk.staff("/station 0412 down 2h", by=desk.marek)
    await desk.push(minutes=11)
    toast = await desk.press("Send to 3", by=desk.marek)
    assert toast == "This preview is older than ten minutes. Ask for it again. Nothing was sent."
    assert heard(desk) == {}
    await desk.staff("/discard O-1", by=desk.marek)
    await desk.staff("/station 0412 down 2h", by=desk.marek)
    message, code = desk.button("Send to 3")
    await desk.press("Send to 3", by=desk.marek)
    toast = await desk.forge(desk.marek, code, message=message)
    assert toast == "Nothing of O-2 waits for a confirm. Nothing was done."
    assert heard(desk) == {"Eszter": 1, "Jan": 1, "Irina": 1}


@pytest.mark.parametrize("word", ["confirm", "/confirm", "/confirm O-1", "Confirm"])
async def test_where_no_button_can_be_pressed_a_word_confirms(desk: Stage, word: str) -> None:
    """M-9: in reply to the preview, or by the outage's number."""
    await desk.staff("/station 0412 down 2h", by=desk.marek)
    await desk.staff(word, by=desk.marek, reply_to=desk.find("O-1/1 ·").id)
    assert heard(desk) == {"Eszter": 1, "Jan": 1, "Irina": 1}


@pytest.mark.parametrize("how", ["button", "reply"])
async def test_a_preview_can_be_dropped(desk: Stage, how: str) -> None:
    await desk.staff("/station 0412 down 2h", by=desk.marek)
    if how == "button":
        said = await desk.press("Cancel", by=desk.marek)
    else:
        await desk.staff("discard", by=desk.marek, reply_to=desk.find("O-1/1 ·").id)
        said = desk.texts(desk.desk.id)[-1]
    assert said == "O-1/1 is dropped. Nobody was told."
    await desk.staff("/confirm O-1", by=desk.marek)
    assert desk.find("Nothing of O-1 waits for a confirm.") and heard(desk) == {}


async def test_who_has_blocked_us_is_left_out_the_next_time(desk: Stage) -> None:
    """S0-8: said in the preview, with the reason."""
    desk.world.private(desk.world.people[JAN]).opened = False
    await announced(desk)
    assert heard(desk) == {"Eszter": 1, "Irina": 1}
    await desk.staff("/station 0415 down 2h", by=desk.marek)
    preview = desk.find("O-2/1 ·").text
    assert "Tells 2:" in preview and "– Jan (Orlik): Telegram refuses us (blocked)" in preview


async def test_a_hub_that_stops_in_the_middle_tells_nobody_twice_and_nobody_not(desk: Stage) -> None:
    """R8, M-7: three units of notices; stopped after the first of them is written."""
    crowd = [desk.world.person(5000 + place, f"Driver {place}") for place in range(CROWD)]
    desk.open(*crowd)
    for start in range(0, CROWD, 25):
        await subscribe(desk, *(wish(one.id, one.name, "pl", "0415") for one in crowd[start : start + 25]))
    await desk.staff("/station 0415 down 2h", by=desk.marek)
    message, code = desk.button(f"Send to {CROWD + 3}")
    desk.world.press(desk.marek, desk.desk, message.id, code)
    await desk.until(lambda: _some(desk))
    await desk.app.stop()
    await desk.start()
    await desk.until(lambda: _all_left(desk))
    assert {len(desk.bot_texts(one.id)) for one in crowd} == {1}
    assert heard(desk) == {"Jan": 1, "Irina": 1, "Dusan": 1}
    [row] = await desk.rows("SELECT state, told, left_out FROM outage_revisions")
    assert (row["state"], row["told"], row["left_out"]) == ("sent", CROWD + 3, 0)


async def _all_left(stage: Stage) -> bool:
    """Nothing waits: neither somebody to be told nor a message, however the channel paces them."""
    [row] = await stage.rows(
        "SELECT (SELECT count(*) FROM outage_revisions WHERE state = 'sending')"
        " + (SELECT count(*) FROM messages WHERE state IN ('queued', 'leased')) AS n"
    )
    return not row["n"]


async def _some(stage: Stage) -> bool:
    [row] = await stage.rows("SELECT count(*) AS n FROM notices")
    return bool(row["n"])


async def test_what_a_customer_answers_to_a_notice_becomes_a_ticket(desk: Stage) -> None:
    """M-5: he is heard."""
    await announced(desk)
    notice = desk.shown(desk.eszter.id)[-1]
    await desk.customer("És hol tankoljak?", reply_to=notice.id)
    ticket: dict[str, Any] = await desk.ticket()
    assert ticket["subject"] == "És hol tankoljak?"


async def tagged(stage: Stage) -> list[tuple[str, list[str]]]:
    found = await stage.rows("SELECT subject, tags FROM tickets ORDER BY number")
    return [(row["subject"], rows.json(row["tags"]) or []) for row in found]


async def test_who_answers_a_notice_has_a_ticket_that_knows_the_outage(desk: Stage) -> None:
    """S0-8: by the gesture, or by writing after it; a later matter of his is one of its own."""
    await announced(desk)
    notice = desk.shown(desk.eszter.id)[-1]
    await desk.customer("Mikor nyit ki?", reply_to=notice.id)
    card = desk.find("Mikor nyit ki?\nEszter").text
    assert " · O-1" in card
    await desk.say(desk.world.person(JAN, "Jan"), desk.world.private(desk.world.person(JAN, "Jan")), "Czy jest kawa?")
    assert await tagged(desk) == [("Mikor nyit ki?", ["O-1"]), ("Czy jest kawa?", ["O-1"])]


async def test_words_long_after_a_notice_or_after_an_answer_of_ours_are_not_about_it(desk: Stage) -> None:
    await announced(desk)
    irina = desk.world.person(IRINA, "Irina")
    await desk.push(hours=49)
    await desk.say(irina, desk.world.private(irina), "Моя карта не работает")
    await desk.customer("A kártyám", reply_to=None)
    assert await tagged(desk) == [("Моя карта не работает", []), ("A kártyám", [])]


async def test_a_lead_reads_on_his_phone_who_was_told(desk: Stage) -> None:
    """S0-8: what is said at the end names the verb that shows more; those not reached stand first, eight a page."""
    people = [desk.world.person(3100 + place, f"Driver {place}") for place in range(8)]
    desk.open(*people)
    await subscribe(desk, *(wish(one.id, one.name, "en", "0412") for one in people))
    await desk.staff("/station 0412 down 2h maintenance", by=desk.marek)
    await desk.press("Send to 11", by=desk.marek)
    assert desk.find("O-1/1: 11 told, 1 left out. /outage O-1 shows whom.")
    await desk.staff("/outage O-1", by=desk.marek)
    first = desk.find("/1 announce sent: 11 told, 1 left out").text.splitlines()
    assert first[2] == "11 ✓ sent, 1 left out"
    assert first[3] == "– Ola · pl · left out: no channel here reaches a tel address"
    assert len([line for line in first if line.startswith("– ")]) == 8
    assert first[-1] == "… and 4 more: /outage O-1 2"
    await desk.press("Next 4", by=desk.marek)
    names = {line.split(" · ")[0].removeprefix("– ") for line in first if line.startswith("– ")}
    second = [text for text in desk.bot_texts(desk.desk.id) if text.startswith("O-1 ·")][-1].splitlines()
    others = {line.split(" · ")[0].removeprefix("– ") for line in second if line.startswith("– ")}
    assert len(others) == 4 and not others & names
    assert len(others | names) == 12


async def test_an_outage_that_is_not_named_right_says_the_next_step(desk: Stage) -> None:
    await announced(desk)
    for text, said in (
        ("/outage", "Which outage? /outage O-12 shows one; /station list shows what there is."),
        ("/outage 0412", "Which outage? /outage O-12 shows one; /station list shows what there is."),
        ("/outage O-1 0", "Which page? A number from 1, for example /outage O-12 2."),
        ("/outage O-1 x", "Which page? A number from 1, for example /outage O-12 2."),
        ("/outage O-9", "There is no O-9. /station list shows what there is. Nothing was done."),
    ):
        await desk.staff(text, by=desk.marek)
        assert desk.bot_texts(desk.desk.id)[-1] == said
