"""A transcript played by a settings file: its queues, rules and calendars, its people, and nothing that leads out."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crmcore.access import Role
from hub.replay import house, playing, transcript
from hub.replay.house import Member
from hub.replay.transcript import Act, Line
from kernel.errors import Invalid
from tests.support import commands

OURS = """
quiet = true

[company]
zone = "Europe/Warsaw"

[database]
url = "postgres://live:secret@db.example/live"

[web]
public_url = "https://desk.example"

[channels.telegram]
token = "4711:live-token-of-the-live-bot-0123456789"
staff_chat = -100123

[hooks.out.erp]
url = "https://erp.example/in"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

[calendars.office]
zone = "Europe/Warsaw"
hours.mon = ["08:00-16:00"]
hours.tue = ["08:00-16:00"]

[queues.cards]
calendar = "office"
members = ["Bela Kun"]
manager = "Ewa"
first_response = "1h"

[[rules]]
name = "cards"
when = 'message.words.contains(" card")'
queue = "cards"
hook = "erp"

[[rules]]
name = "urgent cards"
when = 'ticket.queue == "cards" && ticket.priority == 1'
tags = ["urgent"]
"""
TALK = """
eszter> My card is blocked
< T1 · My card is blocked
< cards · P3
< due
anna> /take T1
< There is no T1, or it is not yours to see.
bela_kun> /prio T1 1
< rule urgent cards: tag urgent
ewa> /ban T1 7d insults
< Block Eszter (Telegram)
bela_kun> [Confirm]
< Nothing of yours waits under this button any more.
ewa> [Confirm]
< Eszter is blocked until
"""


def given(text: str = OURS) -> dict[str, Any]:

    return tomllib.loads(text)


async def wrong(lines: Sequence[str], values: dict[str, Any], at: datetime | None = None) -> list[Any]:
    async with playing.opened(values, begins_at=at) as player:
        read = transcript.read(lines)
        return [(told.line.text, told.texts) async for told in player.play(read) if not told.is_right]


def test_what_leads_outside_is_not_taken() -> None:
    """Issue 5: no store, channel, door or address of the live one; a webhook goes to nobody."""
    found = house.taken(given(), hub="http://127.0.0.1:1")
    assert set(found) == {"company", "calendars", "queues", "rules", "hooks", "bot"}
    assert found["hooks"]["out"]["erp"]["url"] == "http://127.0.0.1:1/nobody"
    written = str(found)
    assert not any(word in written for word in ("live", "erp.example", "desk.example", "-100123"))


def test_whoever_the_file_names_may_speak() -> None:
    """Anna and Marek, and the file's own people by their names with _ for a space; a manager as one."""
    found = house.staff(
        {
            "queues": {"a": {"members": ["Bela Kun", "Anna"], "manager": "Ewa"}, "b": {"manager": "Anna"}, "c": 3},
            "shifts": {"early": {"members": ["Ida"]}},
            "duty": {"cards": {"rotation": ["Jan"]}},
            "skills": {"hu": ["Ferenc"], "x": "y"},
            "rules": "none",
        }
    )
    assert found == {
        "anna": Member("Anna", Role.MANAGER),
        "marek": Member("Marek", Role.MANAGER),
        "bela_kun": Member("Bela Kun", Role.AGENT),
        "ida": Member("Ida", Role.AGENT),
        "jan": Member("Jan", Role.AGENT),
        "ferenc": Member("Ferenc", Role.AGENT),
        "ewa": Member("Ewa", Role.MANAGER),
    }


async def test_a_transcript_is_played_by_the_queues_rules_and_people_of_a_file() -> None:
    """Issue 5: on a Tuesday at nine in Warsaw, when the office is open."""
    lines = [line for line in TALK.splitlines() if line != "< due"]
    assert await wrong(lines, given(), datetime(2026, 3, 10, 8, tzinfo=UTC)) == []


async def test_its_calendar_counts_from_the_time_it_begins_at() -> None:
    """Issue 5: the same words at night are answered by the next morning."""
    lines = ["eszter> My card is blocked", "< first answer by", "bela_kun> /sla T1", "< due Tue 10 Mar 09:00 CET"]
    assert await wrong(lines, given(), datetime(2026, 3, 9, 20, tzinfo=UTC)) == []


async def test_a_button_that_is_not_there_is_wrong() -> None:
    async with playing.opened() as player:
        told = [one async for one in player.play([Line(1, Act.PRESS, "anna", "Confirm")])]
    assert [one.is_right for one in told] == [False]


async def test_tables_that_do_not_hold_together_are_told() -> None:
    """M-12: with their places, before anything is played."""
    with pytest.raises(Invalid) as raised:
        async with playing.opened({"queues": {"cards": {"calendar": "none"}}, "rules": "x"}):
            raise AssertionError
    assert {one.field for one in raised.value.problems} >= {"queues.cards.calendar"}


def test_the_command_plays_by_a_file(tmp_path: Path) -> None:
    """Issue 5, for support: the file of a live desk, whose bot and database are left alone."""
    config, talk = tmp_path / "ours.toml", tmp_path / "talk.txt"
    config.write_text(OURS)
    talk.write_text("eszter> My card is blocked\n< cards\nbela_kun> /take T1\n< T1 is yours\nbela_kun> [Nothing]\n")
    done = commands.run_text("bot", "replay", str(talk), "--config", str(config), "--at", "2026-03-10 09:00")
    assert done.returncode == 1, done.stderr
    assert "line 5: there is no button [Nothing]" in done.stdout and "bela_kun> /take T1" in done.stdout
    config.write_text('[queues.cards]\ncalendar = "none"\n')
    refused = commands.run_text("bot", "replay", str(talk), "--config", str(config))
    assert refused.returncode == 2 and "queues.cards.calendar" in refused.stderr
    late = commands.run_text("bot", "replay", str(talk), "--at", "soon")
    assert late.returncode == 2 and "--at soon" in late.stderr
