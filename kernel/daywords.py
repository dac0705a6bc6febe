"""Words of time as people type them in English, Polish, Slovak, Hungarian and Russian, folded (`kernel.folding`)."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """Days are counted by the calendar, seconds as they pass."""

    days: int = 0
    seconds: int = 0


_SECOND, _MINUTE, _HOUR, _DAY, _WEEK = (
    Unit(seconds=1),
    Unit(seconds=60),
    Unit(seconds=3600),
    Unit(days=1),
    Unit(days=7),
)
UNITS: dict[str, Unit] = (
    dict.fromkeys("s sec secs second seconds".split(), _SECOND)
    | dict.fromkeys("m min mins minute minutes minut minuty perc мин минут минуты минуту".split(), _MINUTE)
    | dict.fromkeys("h hr hrs hour hours godz godzin godziny godzine hodin hodiny hodinu ora ч час часа".split(), _HOUR)
    | dict.fromkeys("часов".split(), _HOUR)
    | dict.fromkeys("d day days dni dzien den nap день дня дней".split(), _DAY)
    | dict.fromkeys("w week weeks tydzien tygodnie tyzden tyzdne het неделю недели".split(), _WEEK)
)
AWAY: dict[str, int] = (
    dict.fromkeys("today dzis dzisiaj dnes ma сегодня".split(), 0)
    | dict.fromkeys("tomorrow tmrw jutro zajtra holnap завтра".split(), 1)
    | dict.fromkeys("overmorrow pojutrze pozajtra holnaputan послезавтра".split(), 2)
)
_DAYS = (
    "monday mon poniedzialek pondelok hetfo hetfon понедельник",
    "tuesday tue tues wtorek utorok kedd kedden вторник",
    "wednesday wed sroda srode streda stredu szerda szerdan среда среду",
    "thursday thu thur thurs czwartek stvrtok csutortok csutortokon четверг",
    "friday fri piatek piatok pentek penteken пятница пятницу",
    "saturday sat sobota sobote sobotu szombat szombaton суббота субботу",
    "sunday sun niedziela niedziele nedela nedelu vasarnap воскресенье",
)
WEEKDAYS: dict[str, int] = {word: day for day, words in enumerate(_DAYS) for word in words.split()}
MONTHS: dict[str, int] = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
