"""Who works when, and who knows what: shifts and skills of colleagues as the settings name them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, field

from kernel import folding
from tickets import calendar
from tickets.calendar import Calendar


class Shift(Struct, frozen=True):
    """Hours in which these colleagues work. `calendar`: of the settings, by name; `members`: by name too."""

    name: str
    calendar: str
    members: tuple[str, ...]


class Roster(Struct, frozen=True):
    """Shifts, and skills: a word (folded: a tag, or a language as "hu") → the names of who has it."""

    shifts: tuple[Shift, ...] = ()
    skills: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def works(self, name: str, at: datetime, calendars: Mapping[str, Calendar]) -> bool:
        """Whether a colleague works at `at` (aware): in one of his shifts, or always where he has none."""
        own = [one for one in self.shifts if _names(one.members, name)]
        hours = [calendars[one.calendar] for one in own if one.calendar in calendars]
        return not hours or any(calendar.is_open(one, at) for one in hours)

    def knows(self, name: str) -> frozenset[str]:
        """The skills of a colleague."""
        return frozenset(skill for skill, people in self.skills.items() if _names(people, name))

    def needed(self, tags: Iterable[str], language: str) -> frozenset[str]:
        """The skills that a ticket asks for: those of its tags, and its customer's language if that is one."""
        return frozenset(self.skills) & {folding.fold(word) for word in (*tags, language)}


def _names(people: Iterable[str], name: str) -> bool:
    return folding.fold(name) in map(folding.fold, people)
