"""Words of time as people type them in English, Polish, Slovak, Hungarian and Russian, folded (`kernel.folding`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

Meaning = TypeVar("Meaning")


class Unit(NamedTuple):
    """Days are counted by the calendar, seconds as they pass."""

    days: int = 0
    seconds: int = 0


def _by_word(meanings: Iterable[tuple[Meaning, str]]) -> dict[str, Meaning]:
    return {word: meaning for meaning, words in meanings for word in words.split()}


UNITS = _by_word(
    [
        (Unit(seconds=1), "s sec secs second seconds"),
        (Unit(seconds=60), "m min mins minute minutes minut minuty perc мин минут минуты минуту"),
        (Unit(seconds=3600), "h hr hrs hour hours godz godzin godziny godzine hodin hodiny hodinu ora"),
        (Unit(seconds=3600), "ч час часа часов"),
        (Unit(days=1), "d day days dni dzien den nap день дня дней"),
        (Unit(days=7), "w week weeks tydzien tygodnie tyzden tyzdne het неделю недели"),
    ]
)
# how many days away
AWAY = _by_word(
    [
        (0, "today dzis dzisiaj dnes ma сегодня"),
        (1, "tomorrow jutro zajtra holnap завтра"),
        (2, "pojutrze pozajtra holnaputan послезавтра"),
    ]
)
WEEKDAYS = _by_word(
    enumerate(
        (
            "monday mon poniedzialek pondelok hetfo hetfon понедельник",
            "tuesday tue tues wtorek utorok kedd kedden вторник",
            "wednesday wed sroda srode streda stredu szerda szerdan среда среду",
            "thursday thu thur thurs czwartek stvrtok csutortok csutortokon четверг",
            "friday fri piatek piatok pentek penteken пятница пятницу",
            "saturday sat sobota sobote sobotu szombat szombaton суббота субботу",
            "sunday sun niedziela niedziele nedela nedelu vasarnap воскресенье",
        )
    )
)
MONTHS = _by_word(
    enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
)
