"""Times as people write them: tables in a zone, and each reading against a scan of the zone's clocks by the minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel import times

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 3, 10, 9, 0, 30, tzinfo=UTC)  # a Tuesday, 10:00 in Warsaw
MINUTE = timedelta(minutes=1)

READ = [
    ("2h", "Tue 10 Mar 2026 12:00 CET", ""),
    ("in 2h call him", "Tue 10 Mar 2026 12:00 CET", "call him"),
    ("2h30m call him", "Tue 10 Mar 2026 12:30 CET", "call him"),
    ("2h 30m call him", "Tue 10 Mar 2026 12:30 CET", "call him"),
    ("in 20 minutes", "Tue 10 Mar 2026 10:20 CET", ""),
    ("in an hour", "Tue 10 Mar 2026 11:00 CET", ""),
    ("in 1d", "Wed 11 Mar 2026 10:00 CET", ""),
    ("in 3 weeks", "Tue 31 Mar 2026 10:00 CEST", ""),
    ("za 2h", "Tue 10 Mar 2026 12:00 CET", ""),
    ("через 2 часа позвонить", "Tue 10 Mar 2026 12:00 CET", "позвонить"),
    ("9:00", "Wed 11 Mar 2026 09:00 CET", ""),
    ("10:00", "Wed 11 Mar 2026 10:00 CET", ""),  # half a minute ago
    ("10:01", "Tue 10 Mar 2026 10:01 CET", ""),
    ("at 9 call him", "Wed 11 Mar 2026 09:00 CET", "call him"),
    ("9pm", "Tue 10 Mar 2026 21:00 CET", ""),
    ("12:30 am", "Wed 11 Mar 2026 00:30 CET", ""),
    ("12pm", "Tue 10 Mar 2026 12:00 CET", ""),
    ("24:00", "Wed 11 Mar 2026 00:00 CET", ""),
    ("today 24:00 lock up", "Wed 11 Mar 2026 00:00 CET", "lock up"),
    ("14:30z", "Tue 10 Mar 2026 15:30 CET", ""),
    ("14:30 z Anną", "Tue 10 Mar 2026 14:30 CET", "z Anną"),
    ("today 15:00: the bank", "Tue 10 Mar 2026 15:00 CET", "the bank"),
    ("tomorrow 9:00 call him", "Wed 11 Mar 2026 09:00 CET", "call him"),
    ("tomorrow, call him", "Wed 11 Mar 2026 09:00 CET", "call him"),
    ("TOMORROW at 9:00", "Wed 11 Mar 2026 09:00 CET", ""),
    ("at 9:00 tomorrow call", "Wed 11 Mar 2026 09:00 CET", "call"),
    ("the day after tomorrow 8:15", "Thu 12 Mar 2026 08:15 CET", ""),
    ("monday 14:00", "Mon 16 Mar 2026 14:00 CET", ""),
    ("on fri", "Fri 13 Mar 2026 09:00 CET", ""),
    ("tuesday", "Tue 17 Mar 2026 09:00 CET", ""),  # it is Tuesday: the next one
    ("tuesday 9:00", "Tue 17 Mar 2026 09:00 CET", ""),
    ("tuesday 11:00", "Tue 10 Mar 2026 11:00 CET", ""),
    ("next week", "Mon 16 Mar 2026 09:00 CET", ""),
    ("next week 14:00 order paper", "Mon 16 Mar 2026 14:00 CET", "order paper"),
    ("next friday", "Fri 20 Mar 2026 09:00 CET", ""),
    ("15.4. 10:00", "Wed 15 Apr 2026 10:00 CEST", ""),
    ("15.4 10:00 visit", "Wed 15 Apr 2026 10:00 CEST", "visit"),
    ("15. 4. 2027 10:00", "Thu 15 Apr 2027 10:00 CEST", ""),
    ("1.2.", "Mon 1 Feb 2027 09:00 CET", ""),
    ("10.3. 12:00", "Tue 10 Mar 2026 12:00 CET", ""),
    ("29.2. 8:00", "Tue 29 Feb 2028 08:00 CET", ""),
    ("15 April 10:00", "Wed 15 Apr 2026 10:00 CEST", ""),
    ("15 apr 2027", "Thu 15 Apr 2027 09:00 CEST", ""),
    ("2026-04-15 10:00", "Wed 15 Apr 2026 10:00 CEST", ""),
    ("2026-04-15T10:00", "Wed 15 Apr 2026 10:00 CEST", ""),
    ("2026-04-15T10:00:59", "Wed 15 Apr 2026 10:00 CEST", ""),
    ("2026-04-15T10:00Z", "Wed 15 Apr 2026 12:00 CEST", ""),
    ("2026.04.15. 10:00", "Wed 15 Apr 2026 10:00 CEST", ""),
    ("jutro o 9:00 zadzwonić", "Wed 11 Mar 2026 09:00 CET", "zadzwonić"),
    ("w piątek 9:00", "Fri 13 Mar 2026 09:00 CET", ""),
    ("v stredu o 9:00", "Wed 11 Mar 2026 09:00 CET", ""),
    ("zajtra", "Wed 11 Mar 2026 09:00 CET", ""),
    ("holnapután 9:00", "Thu 12 Mar 2026 09:00 CET", ""),
    ("csütörtökön 9:00", "Thu 12 Mar 2026 09:00 CET", ""),
    ("завтра в 9:00 позвонить", "Wed 11 Mar 2026 09:00 CET", "позвонить"),
    ("во вторник 9:00", "Tue 17 Mar 2026 09:00 CET", ""),
    ("2h\nfirst line\nsecond", "Tue 10 Mar 2026 12:00 CET", "first line\nsecond"),
]

REFUSED = [
    ("", "No time was found"),
    ("call him", "No time was found"),
    ("tomorrow's list", "No time was found"),
    ("a day", "No time was found"),
    ("5", "No time was found"),
    ("5 trucks", "No time was found"),
    ("next time", "No time was found"),
    ("in 0m", "That is now"),
    ("now", "That is now"),
    ("today", "At what time today"),
    ("10.3.", "At what time today"),
    ("2026-03-10", "At what time today"),
    ("today 9:00", "That has passed"),
    ("2026-03-09 10:00", "That has passed"),
    ("25:00", "25:00 is no time of day"),
    ("9:60", "9:60 is no time of day"),
    ("24:30", "24:30 is no time of day"),
    ("13am", "13am is no time of day"),
    ("31.4.", "There is no day 31 in month 4"),
    ("29.2.2027", "There is no day 29 in month 2"),
    ("9.30", "There is no day 9 in month 30"),
    ("2026-13-01", "There is no day 1 in month 13"),
    ("2032-01-01", "more than five years"),
    ("9999w", "more than five years"),
    ("9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w"
     " 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w 9999w"
     " 9999w 9999w 9999w 9999w 9999w 9999w", "too far"),
]  # fmt: skip

# now (UTC), text, when (UTC), what is remarked: the nights in which Warsaw changes its clocks
CHANGES = [
    ("2026-03-28T12:00", "tomorrow 2:30", "2026-03-29T01:30", "02:30 is skipped that day"),
    ("2026-03-28T12:00", "tomorrow 3:00", "2026-03-29T01:00", ""),
    ("2026-03-28T12:00", "tomorrow 1:59", "2026-03-29T00:59", ""),
    ("2026-03-28T12:00", "1d", "2026-03-29T11:00", ""),  # 13:00 by the clocks, 23 hours away
    ("2026-03-28T12:00", "24h", "2026-03-29T12:00", ""),  # 24 hours away, 14:00 by the clocks
    ("2026-03-28T01:30", "1d", "2026-03-29T01:30", "02:30 is skipped that day"),
    ("2026-10-24T12:00", "tomorrow 2:30", "2026-10-25T00:30", "this is the first"),
    ("2026-10-25T00:29", "2:30", "2026-10-25T00:30", "this is the first"),
    ("2026-10-25T00:30", "2:30", "2026-10-25T01:30", "this is the second"),
    ("2026-10-25T00:40", "today 2:30", "2026-10-25T01:30", "this is the second"),
    ("2026-10-25T01:30", "2:30", "2026-10-26T01:30", ""),
    ("2026-10-25T00:30", "1h", "2026-10-25T01:30", ""),  # both show 02:30
    ("2026-10-24T12:00", "1d", "2026-10-25T13:00", ""),  # 14:00 by the clocks, 25 hours away
]

# as of NOW, in Warsaw: what an outage may begin or end with, when that is, what is left for the reason
LED = [
    ("now", "2026-03-10 10:00:30", ""),
    ("2h", "2026-03-10 12:00:30", ""),
    ("2h 30m pump", "2026-03-10 12:30:30", "pump"),
    ("in 20 minutes", "2026-03-10 10:20:30", ""),
    ("1d12h", "2026-03-11 22:00:30", ""),
    ("14:30", "2026-03-10 14:30", ""),
    ("9:05 pump", "2026-03-10 09:05", "pump"),
    ("9pm", "2026-03-10 21:00", ""),
    ("at 9", "2026-03-10 09:00", ""),
    ("24:00", "2026-03-11 00:00", ""),
    ("today 14:30", "2026-03-10 14:30", ""),
    ("Tomorrow 6:00, works", "2026-03-11 06:00", "works"),
    ("jutro o 6:00 awaria", "2026-03-11 06:00", "awaria"),
    ("14:30 tomorrow pump", "2026-03-11 14:30", "pump"),
    ("14:30 tomorrow 6:00", "2026-03-10 14:30", "tomorrow 6:00"),
    ("14:30 18:00", "2026-03-10 14:30", "18:00"),
    ("fri 9:00", "2026-03-13 09:00", ""),
    ("w piątek 9:00", "2026-03-13 09:00", ""),
    ("tue 9:00", "2026-03-17 09:00", ""),
    ("tue 11:00", "2026-03-10 11:00", ""),
    ("next week 6:00", "2026-03-16 06:00", ""),
    ("2026-03-12 22:00", "2026-03-12 22:00", ""),
    ("2026-03-12T22:00", "2026-03-12 22:00", ""),
    ("2026-03-12T22:00Z", "2026-03-12 23:00", ""),
    ("2020-01-01 10:00", "2020-01-01 10:00", ""),
    ("12.03. 22:00", "2026-03-12 22:00", ""),
    ("12.3.2027. 22:00", "2027-03-12 22:00", ""),
    ("8.3. 8:00", "2026-03-08 08:00", ""),
    ("5.1. 8:00", "2027-01-05 08:00", ""),
    ("15 April 10:00", "2026-04-15 10:00", ""),
    ("29.03. 12:00", "2026-03-29 12:00", ""),  # summer time by then
]

# a day alone: when it begins and when it is over
DAYS = [
    ("today", "2026-03-10 00:00", "2026-03-11 00:00"),
    ("14.03.", "2026-03-14 00:00", "2026-03-15 00:00"),
    ("2026-03-12 maintenance", "2026-03-12 00:00", "2026-03-13 00:00"),
    ("fri", "2026-03-13 00:00", "2026-03-14 00:00"),
    ("tuesday", "2026-03-10 00:00", "2026-03-11 00:00"),
    ("29.03.", "2026-03-29 00:00", "2026-03-30 00:00"),  # 23 hours
    ("25.10.", "2026-10-25 00:00", "2026-10-26 00:00"),  # 25 hours
]

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Warsaw",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",  # half an hour
        "Asia/Kolkata",
        "Pacific/Chatham",
        "UTC",
    )
]
# nights of 2026 in which one of these zones changes its clocks, and any other time
_NIGHTS = [
    datetime(2026, *day, tzinfo=UTC) for day in ((3, 8), (3, 29), (4, 4), (4, 5), (9, 26), (10, 3), (10, 25), (11, 1))
]
_NEAR = st.builds(
    lambda night, ahead: night + timedelta(minutes=ahead), st.sampled_from(_NIGHTS), st.integers(-24 * 60, 36 * 60)
)
_ANY = st.integers(0, 7 * 365 * 24 * 60).map(lambda ahead: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=ahead))
INSTANTS = st.one_of(_NEAR, _ANY)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def warsaw(text: str) -> datetime:
    """Local time in Warsaw, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW).astimezone(UTC)


@pytest.mark.parametrize(("text", "when", "rest"), READ, ids=[text for text, _, _ in READ])
def test_a_time_is_read_in_the_zone_of_who_says_it(text: str, when: str, rest: str) -> None:
    """M-7, S4-18."""
    spoken = times.read(text, now=NOW, zone=WARSAW)
    assert (times.written(spoken.at, WARSAW), spoken.rest, spoken.remark) == (when, rest, "")
    assert spoken.at.tzinfo is UTC


@pytest.mark.parametrize(("text", "why"), REFUSED, ids=[text[:20] for text, _ in REFUSED])
def test_what_is_no_time_ahead_is_refused_with_the_reason(text: str, why: str) -> None:
    """M-7."""
    with pytest.raises(ValueError, match=why):
        times.read(text, now=NOW, zone=WARSAW)


@pytest.mark.parametrize(("now", "text", "when", "remark"), CHANGES)
def test_a_change_of_the_clocks_is_resolved_by_the_rule(now: str, text: str, when: str, remark: str) -> None:
    """R8: skipped times move, of two the first ahead counts, hours pass, days are the calendar's; and it is said."""
    spoken = times.read(text, now=utc(now), zone=WARSAW)
    assert spoken.at == utc(when)
    assert remark in spoken.remark
    assert bool(remark) is bool(spoken.remark)


@pytest.mark.parametrize(("text", "when", "rest"), LED, ids=[text for text, _, _ in LED])
def test_a_time_past_or_to_come_is_read_and_the_rest_left(text: str, when: str, rest: str) -> None:
    """S0-8: in the zone of who types it."""
    found = times.leading(text, now=NOW, zone=WARSAW)
    assert found is not None and (found.at, found.rest) == (warsaw(when), rest)


@pytest.mark.parametrize(("text", "begins", "ends"), DAYS, ids=[text for text, _, _ in DAYS])
def test_a_day_alone_lasts_until_its_midnight(text: str, begins: str, ends: str) -> None:
    """S0-8, R8: by the clocks of that day."""
    found = times.leading(text, now=NOW, zone=WARSAW)
    assert found is not None and (found.at, found.last_at) == (warsaw(begins), warsaw(ends))


@pytest.mark.parametrize(
    "text", ["", "maintenance", "pump 3", "3", "2 pumps", "12", "0412", "1.5.3", "sunny", "the day"]
)
def test_what_is_no_time_is_left_alone(text: str) -> None:
    assert times.leading(text, now=NOW, zone=WARSAW) is None


@pytest.mark.parametrize("text", ["25:00", "24:30", "12:60", "31.02.", "2026-13-01", "2026-02-30 10:00", "99:99", "0m"])
def test_what_looks_like_a_time_and_is_none_is_refused(text: str) -> None:
    """It would else be taken for the first word of a reason."""
    with pytest.raises(ValueError, match="expected"):
        times.leading(text, now=NOW, zone=WARSAW)


@pytest.mark.parametrize(
    ("after", "text", "expected"),
    [
        ("2026-03-10 22:00", "6:00", "2026-03-11 06:00"),
        ("2026-03-10 22:00", "23:00", "2026-03-10 23:00"),
        ("2026-03-10 22:00", "22:00", "2026-03-11 22:00"),
        ("2026-03-10 22:00", "8h", "2026-03-11 06:00"),
        ("2026-03-10 22:00", "24:00", "2026-03-11 00:00"),
        ("2026-03-12 22:00", "tomorrow 6:00", "2026-03-13 06:00"),
        ("2026-12-20 22:00", "5.1. 6:00", "2027-01-05 06:00"),
        ("2026-03-28 22:00", "2:30", "2026-03-29 03:30"),  # skipped, moved by what is skipped
        ("2026-10-25 02:10", "2:30", "2026-10-25 02:30"),  # the first of two
    ],
)
def test_an_end_is_the_first_one_after_the_beginning(after: str, text: str, expected: str) -> None:
    found = times.leading(text, now=NOW, zone=WARSAW, after=warsaw(after))
    assert found is not None and found.at == warsaw(expected)


def test_what_was_said_is_told_apart() -> None:
    """A bare clock time may be meant of tomorrow, a duration alone is a length: callers ask which it was."""
    said = {text: times.leading(text, now=NOW, zone=WARSAW) for text in ("9:00", "tomorrow 9:00", "2h", "now", "fri")}
    assert {text: (found.is_dated, found.is_span) for text, found in said.items() if found} == {
        "9:00": (False, False),
        "tomorrow 9:00": (True, False),
        "2h": (True, True),
        "now": (True, False),
        "fri": (True, False),
    }


def test_the_same_words_are_another_instant_in_another_zone() -> None:
    """S4-18."""
    read = {zone.key: times.read("tomorrow 9:00", now=NOW, zone=zone).at for zone in ZONES}
    assert read["Europe/Warsaw"] == utc("2026-03-11T08:00")
    assert read["America/New_York"] == utc("2026-03-11T13:00")
    assert read["Asia/Kolkata"] == utc("2026-03-11T03:30")


def scanned(wall: str, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks show `wall` (HH:MM), or would had they not skipped it, found minute by minute."""
    at = (now - timedelta(hours=4)).replace(second=0, microsecond=0)
    before = at.astimezone(zone).replace(tzinfo=None)
    for _ in range(4 * 24 * 60):
        at += MINUTE
        shown = at.astimezone(zone).replace(tzinfo=None)
        missing = before + MINUTE
        while missing < shown:  # the clocks went forward: what they skip comes as much later as it lies inside
            if f"{missing:%H:%M}" == wall:
                yield at + (missing - before - MINUTE)
            missing += MINUTE
        if f"{shown:%H:%M}" == wall:
            yield at
        before = shown


@given(st.sampled_from(ZONES), INSTANTS, st.times())
def test_a_clock_time_alone_is_the_next_that_the_clocks_show(zone: ZoneInfo, now: datetime, said: object) -> None:
    """R8, against the scan."""
    wall = f"{said:%H:%M}"
    expected = min(at for at in scanned(wall, now, zone) if at > now)
    assert times.read(wall, now=now, zone=zone).at == expected


@given(st.sampled_from(ZONES), INSTANTS, st.integers(1, 400 * 24 * 60), st.sampled_from(["iso", "dotted", "written"]))
def test_what_is_written_is_read_as_the_same_instant(zone: ZoneInfo, now: datetime, ahead: int, form: str) -> None:
    """R8: any instant ahead, said in its zone; only the second of two equal times cannot be told from the first."""
    at = now + timedelta(minutes=ahead)
    local = at.astimezone(zone)
    first = local.replace(fold=0).astimezone(UTC)
    expected = first if first > now else at
    texts = {
        "iso": f"{local:%Y-%m-%d %H:%M}",
        "dotted": f"{local.day}.{local.month}.{local.year} {local:%H:%M}",
        "written": " ".join(times.written(at, zone).split()[1:-1]),
    }
    spoken = times.read(texts[form], now=now, zone=zone)
    assert spoken.at == expected
    assert times.written(spoken.at, zone).split()[:-1] == times.written(at, zone).split()[:-1]


@given(st.sampled_from(ZONES), INSTANTS, st.integers(1, 400), st.integers(0, 23))
def test_days_are_the_calendars_and_hours_pass(zone: ZoneInfo, now: datetime, days: int, hours: int) -> None:
    """R8."""
    passing = times.read(f"{hours + 1}h", now=now, zone=zone)
    assert passing.at - now == timedelta(hours=hours + 1)
    spoken = times.read(f"in {days}d", now=now, zone=zone)
    assume(not spoken.remark)
    wall = now.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    assert spoken.at.astimezone(zone).replace(tzinfo=None) == wall


@given(st.sampled_from(ZONES), INSTANTS, st.one_of(st.text(), st.from_regex(r"[0-9:. amptoyswdh-]{0,30}")))
def test_whatever_is_written_is_a_time_ahead_or_refused(zone: ZoneInfo, now: datetime, text: str) -> None:
    """Nobody breaks the bot with what he writes."""
    try:
        spoken = times.read(text, now=now, zone=zone)
    except ValueError:
        return
    assert now < spoken.at <= now + times.FURTHEST
    assert text.rstrip().endswith(spoken.rest)


@given(st.sampled_from(ZONES), INSTANTS, st.one_of(st.text(), st.from_regex(r"[0-9:. amptoyswdhz-]{0,30}")))
def test_whatever_an_outage_begins_with_is_read_left_or_refused(zone: ZoneInfo, now: datetime, text: str) -> None:
    try:
        found = times.leading(text, now=now, zone=zone)
    except ValueError:
        return
    assert found is None or (
        found.at.tzinfo is UTC and text.rstrip().endswith(found.rest) and found.at <= found.last_at
    )


@given(st.sampled_from(ZONES), INSTANTS, st.times())
def test_both_readers_mean_the_same_next_clock_time(zone: ZoneInfo, now: datetime, said: object) -> None:
    """R8: an end by the clock alone is what a reminder of that time would be."""
    wall = f"{said:%H:%M}"
    led = times.leading(wall, now=now, zone=zone, after=now)
    assert led is not None and led.at == times.read(wall, now=now, zone=zone).at
