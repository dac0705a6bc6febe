"""Many alerts for one, at any hour: the first ring, the rest come together; at night only what is most urgent."""

from __future__ import annotations

from bot import bundling
from tests.support.stage import Stage


async def crowd(stage: Stage, count: int, *, first: int = 0) -> None:
    """So many customers write, each his own matter."""
    for number in range(first, first + count):
        await stage.post(f"Problem {number}", sender=f"c{number}@example.hu", thread=f"t{number}")


async def manager(stage: Stage) -> list[str]:
    return stage.bot_texts(stage.marek.id)


async def test_many_alerts_at_once_are_a_few_and_one_message(stage: Stage) -> None:
    """A storm of seven: four ring, three are told together when two minutes are over."""
    stage.open(stage.marek)
    await crowd(stage, 7)
    await stage.push(hours=1)
    await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == bundling.ALONE)
    await stage.push(minutes=2)
    await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == bundling.ALONE + 1)
    together = stage.bot_texts(stage.marek.id)[-1]
    assert together.startswith("3 alerts:\nP3 · T") and together.count("\n") == 3
    assert len(await stage.rows("SELECT id FROM alerts")) == 7


async def test_what_is_seen_to_meanwhile_is_not_told_together_any_more(stage: Stage) -> None:
    """One of three is closed before the message leaves; another one after it has left: it is edited."""
    stage.open(stage.marek)
    await crowd(stage, 7)
    await stage.push(hours=1)
    [first, second, third] = await stage.rows(
        "SELECT t.number FROM bundled_alerts AS b JOIN alerts AS a ON a.id = b.alert_id"
        " JOIN tickets AS t ON t.id = a.ticket_id ORDER BY b.id"
    )
    await stage.staff(f"/close T{first['number']} done")
    await stage.push(minutes=2)
    await stage.until(lambda: any("3 alerts:" in text for text in stage.bot_texts(stage.marek.id)))
    together = stage.find("3 alerts:", stage.marek.id)
    assert f"T{first['number']} · c0@example.hu" in together.text or ", over" in together.text
    await stage.staff(f"/take T{second['number']}")
    await stage.until(lambda: ", seen by Anna" in stage.find("3 alerts:", stage.marek.id).text)
    for number in (second["number"], third["number"]):
        await stage.staff(f"/close T{number} done")
    await stage.until(lambda: stage.find("3 alerts:", stage.marek.id).text.count(", over") == 3)


async def test_all_seen_to_before_it_leaves_it_does_not_leave(stage: Stage) -> None:
    stage.open(stage.marek)
    await crowd(stage, 5)
    await stage.push(hours=1)
    [one] = await stage.rows(
        "SELECT t.number FROM bundled_alerts AS b JOIN alerts AS a ON a.id = b.alert_id"
        " JOIN tickets AS t ON t.id = a.ticket_id"
    )
    await stage.staff(f"/close T{one['number']} done")
    await stage.push(minutes=3)
    assert not any("alert:" in text for text in stage.bot_texts(stage.marek.id))
    assert await stage.rows("SELECT state FROM messages WHERE purpose = 'alert_bundle'") == [{"state": "cancelled"}]


async def test_at_night_an_alert_waits_till_morning_and_the_most_urgent_does_not(stage: Stage) -> None:
    """M-10: quiet hours from noon to eight; the clock stands at ten."""
    stage.open(stage.marek)
    await stage.staff("/quiet 10:30-20:00", by=stage.marek)
    await stage.customer("Segítség kell")
    await stage.push(hours=1)
    await stage.push(minutes=31)
    assert stage.bot_texts(stage.marek.id) == []
    await stage.post("Card stolen", sender="x@example.hu")
    await stage.staff("/prio T2 1")
    await stage.push(hours=1)
    await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == 1)
    assert stage.bot_texts(stage.marek.id)[0].startswith("P1 · T2")
    await stage.staff("/close T2 done")
    await stage.push(hours=7, minutes=20)
    assert len(stage.bot_texts(stage.marek.id)) == 1
    await stage.push(minutes=10)
    [_, morning] = stage.bot_texts(stage.marek.id)
    assert morning.startswith("P3 · T1") and "alert no. 4" in morning  # one of it, the newest


async def test_quiet_hours_are_shown_changed_and_ended(stage: Stage) -> None:
    for text, part in (
        ("/quiet", "You have no quiet hours."),
        ("/quiet 21:00-07:00", "Quiet hours 21:00-07:00 (UTC)"),
        ("/quiet", "Quiet hours 21:00-07:00 (UTC)"),
        ("/quiet noon", "Which hours? got 'noon', expected two times of the day"),
        ("/quiet off", "Alerts come to you at any hour."),
    ):
        await stage.staff(text)
        assert part in stage.bot_texts(stage.desk.id)[-1]
