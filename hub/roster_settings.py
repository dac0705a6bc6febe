"""`[shifts.NAME]` and `[skills]` of the settings made into a roster, every mistake told."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from kernel import folding
from kernel.errors import Problem
from kernel.phrases import Phrase, one_of
from kernel.settings import Section
from routing.roster import Roster, Shift
from tickets.calendar import Calendar

PEOPLE = Phrase('names of colleagues, such as ["Ewa", "Marek"]')


class ShiftSettings(Section):
    calendar: str = Field(min_length=1)
    members: tuple[str, ...] = ()


def built(
    shifts: Mapping[str, ShiftSettings],
    skills: Mapping[str, tuple[str, ...]],
    calendars: Mapping[str, Calendar],
    found: list[Problem],
) -> Roster:
    """The roster; what is wrong is added to `found`."""
    for name, one in shifts.items():
        if one.calendar not in calendars:
            known = one_of(calendars, Phrase("none is set; add {example}", example="[calendars.early]"))
            found.append(Problem(f"shifts.{name}.calendar", known, one.calendar))
        if not one.members:
            found.append(Problem(f"shifts.{name}.members", PEOPLE))
    found += [Problem(f"skills.{word}", PEOPLE) for word, names in skills.items() if not names]
    return Roster(
        tuple(Shift(name, one.calendar, one.members) for name, one in shifts.items()),
        _joined(skills),
    )


def _joined(skills: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """By the word as it is compared: "HU" and "hu" are one skill."""
    found: dict[str, tuple[str, ...]] = {}
    for word, names in skills.items():
        found[folding.fold(word)] = (*found.get(folding.fold(word), ()), *names)
    return found
