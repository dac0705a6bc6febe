"""Shifts and skills as the settings have them; what makes no sense is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import settings
from kernel.errors import Invalid
from routing.choosing import Strategy
from routing.roster import Shift

WHOLE = """
[calendars.early]
zone = "UTC"
hours.mon = ["06:00-14:00"]
[shifts.first]
calendar = "early"
members = ["Anna", "Ewa"]
[skills]
HU = ["Ferenc"]
refunds = ["Ewa"]
[queues.cards]
assign = "skills"
"""


def load(folder: Path, toml: str) -> settings.Settings:
    file = folder / "centrala.toml"
    file.write_text(toml)
    return settings.load(file)


def test_shifts_and_skills_are_read(tmp_path: Path) -> None:
    """M-6: skills are words as tags are, small or capital."""
    found = load(tmp_path, WHOLE)
    assert found.roster.shifts == (Shift("first", "early", ("Anna", "Ewa")),)
    assert found.roster.skills == {"hu": ("Ferenc",), "refunds": ("Ewa",)}
    assert found.queues["cards"].giving.strategy is Strategy.SKILLS


def test_a_skill_that_is_written_twice_is_one(tmp_path: Path) -> None:
    """M-6: nobody loses a skill because another wrote it in capitals."""
    found = load(tmp_path, '[skills]\nHU = ["Ferenc"]\nhu = ["Ewa"]')
    assert found.roster.skills == {"hu": ("Ferenc", "Ewa")}


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('[shifts.late]\ncalendar = "late"\nmembers = ["Bea"]', "shifts.late.calendar"),
        ('[shifts.late]\ncalendar = "early"', "shifts.late.members"),
        ('[shifts.late]\nmembers = ["Bea"]', "shifts.late.calendar"),
        ("[skills]\nhu = []", "skills.hu"),
        ('[skills]\nhu = "Ferenc"', "skills.hu"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, written: str, key: str) -> None:
    early = '[calendars.early]\nzone = "UTC"\nhours.mon = ["06:00-14:00"]\n'
    with pytest.raises(Invalid) as refused:
        load(tmp_path, early + written)
    assert [problem.field for problem in refused.value.problems] == [key]
