"""Durations as people write them ("2h30m"), read and written; the calendar they are counted in is not here."""

import re
from datetime import timedelta

from kernel.errors import Misread
from kernel.phrases import Phrase

UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
# Five digits a unit keep every sum far inside what a timedelta can hold.
PATTERN = re.compile(r"\s*".join(rf"(?:(?P<{unit}>[0-9]{{1,5}}){unit})?" for unit in UNITS))

_EXPECTED = Phrase('whole numbers with the units w, d, h, m or s, largest first, such as "1h", "2h30m" or "1d"')


def parse_duration(text: str, *, field: str = "duration") -> timedelta:
    """Whole weeks, days, hours, minutes and seconds, largest first, each at most once: "1h", "2h30m", "1d", "90s".

    A day is 24 hours and a week seven of them, never a working day. `field` is only what the error calls the value.
    Raises Misread, saying what was got and what was expected.
    """
    found = PATTERN.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise Misread(field, _EXPECTED, repr(text))
    return sum((UNITS[unit] * int(count) for unit, count in found.groupdict().items() if count), timedelta())


def format_duration(duration: timedelta) -> str:
    """The same spelling with spaces, "1h 30m"; below a second is dropped, nothing is "0s", overdue is "-1h 30m"."""
    left = abs(duration)
    words = []
    for unit, size in UNITS.items():
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    sign = "-" if words and duration < timedelta() else ""
    return sign + (" ".join(words) or "0s")
