"""Texts that people see, through gettext catalogues in five languages; dates and plurals through Babel."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_skeleton, format_time, get_day_names, get_timezone_name
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kernel import sentences, times
from kernel.errors import CentralaError
from kernel.phrases import Foreign, Moment, Phrase
from kernel.sentences import Kept

LANGUAGES = ("en", "pl", "sk", "hu", "ru")
LOCALES = Path(__file__).parent / "locales"
_REGION = {"en": "en_GB"}  # the day before the month, as all our readers write it


def say(language: str, text: str, **values: Any) -> str:
    """`text` in `language` (English where it is not ours), its {places} filled from `values`.

    Customers' words are values and never text: nothing in them is a place or a format.
    """
    return _catalogue(_ours(language)).gettext(text).format(**values)


def say_many(language: str, one: str, many: str, count: int, **values: Any) -> str:
    """The plural form that `count` takes in `language`; {count} is filled too."""
    return _catalogue(_ours(language)).ngettext(one, many, count).format(count=count, **values)


def into(language: str, words: str) -> str:
    """A line in `language`; words that are nothing but words as they are."""
    if isinstance(words, Moment):
        return in_full(language, words.at, words.zone)
    if not isinstance(words, Phrase):
        return words
    text = _catalogue(_ours(language)).gettext(words.text)
    return text.format(**_into(language, words.values)) if words.values else text


def _into(language: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: into(language, value) if isinstance(value, str) else value for name, value in values.items()}


def told(language: str, words: str, said: Kept | None) -> str:
    """What was written down, in `language`; `words` as they stand where nothing is kept, or what is does not fit."""
    return into(language, sentences.again(words, said))


def refusal(language: str, error: CentralaError) -> str:
    """Why something was refused: in `language` where that sentence is translated, else as it was raised."""
    if error.language != "en":
        return str(error)
    text = _catalogue(_ours(language)).gettext(error.text)
    return text.format(**_into(language, error.values)) if error.values else text


def phrase(language: str, said: str) -> str:
    """What was expected of an input, in `language`: a line, or a bare text of ours; English where it has none."""
    if isinstance(said, Phrase | Moment):
        return into(language, said)
    text = translated(language, said)
    return str(said) if text is None else text


def translated(language: str, said: str) -> str | None:
    """The text of a phrase in `language`, its {places} open; None where it is English and has no translation."""
    if isinstance(said, Foreign):
        return None
    text = said.text if isinstance(said, Phrase) else said
    if _ours(language) == "en":
        return text
    found = _catalogue(_ours(language)).gettext(text)
    return found if found != text else None


def moment(language: str, at: datetime, zone: tzinfo, *, now: datetime) -> str:
    """An instant as a person reads it, on a clock of 24 hours: the time alone today in `zone`, else with the day."""
    region = locale(language)
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    time = format_time(local, "short", locale=region)
    if local.date() == today:
        return time
    day = format_skeleton("MMMMd", local.date(), locale=region)  # which comes first is the language's to say
    return f"{day}, {time}"


def on_weekday(language: str, at: datetime, zone: tzinfo) -> str:
    """An instant of the days to come: "Monday, 08:00"."""
    local, region = at.astimezone(zone), locale(language)
    day = format_date(local.date(), "cccc", locale=region)  # the name as it stands alone, not as after a preposition
    return f"{day}, {format_time(local, 'short', locale=region)}"


def dated(language: str, at: datetime, zone: tzinfo) -> str:
    """An instant with its day, the month by name, on a clock of 24 hours: what may be read on another day."""
    local = at.astimezone(zone)
    return f"{format_skeleton('MMMd', local.date(), locale=locale(language))} {local:%H:%M}"


def in_zone(language: str, at: datetime, zone: tzinfo, *, now: datetime) -> str:
    """An instant with its zone, as colleagues read it: "14:20 CET", on another day "Mon 16 Mar 14:20 CET"."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    time = f"{local:%H:%M} {local.tzname()}"
    if local.date() == today:
        return time
    return f"{short_day(language, local.date())} {time}"


def short_day(language: str, day: date) -> str:
    """A day with its weekday: "Mon 16 Mar"."""
    return f"{day:%a %d %b}" if _ours(language) == "en" else format_skeleton("MMMMEd", day, locale=language)


def day(language: str, day_: date) -> str:
    """A day without its weekday and year: "16 Mar"."""
    return format_skeleton("MMMd", day_, locale=locale(language))


def day_in_full(language: str, day_: date) -> str:
    """A day with its weekday and year: "Mon 16 Mar 2026"."""
    if _ours(language) == "en":
        return f"{day_:%a} {day_.day} {day_:%b %Y}"
    return format_skeleton("yMMMMEd", day_, locale=language)


def day_of_week(language: str, day_: date) -> str:
    """A day of a week as a chart has it: "Mon 16"."""
    return f"{day_:%a %d}" if _ours(language) == "en" else format_skeleton("Ed", day_, locale=language)


def weekday(language: str, number: int) -> str:
    """The name of a weekday as it stands alone; Monday is 0."""
    return str(get_day_names("wide", "stand-alone", locale=locale(language))[number])


def in_full(language: str, at: datetime, zone: tzinfo) -> str:
    """An instant with its weekday, year and zone: "Wed 15 Apr 2026 10:00 CEST"."""
    if _ours(language) == "en":
        return times.written(at, zone)
    local = at.astimezone(zone)
    return f"{day_in_full(language, local.date())} {local:%H:%M %Z}"


def zone_name(language: str, zone: tzinfo, at: datetime) -> str:
    """The zone as people call it: "Central European Time"."""
    return get_timezone_name(at.astimezone(zone), locale=_ours(language))


def locale(language: str) -> str:
    """What Babel is told for a language of ours: clocks of 24 hours, the day before the month."""
    return _REGION.get(_ours(language), _ours(language))


def _ours(language: str) -> str:
    return language if language in LANGUAGES else "en"


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read from the .po files themselves, so that no compiled catalogue can be older than its source.

    There is one for each area (customer, console, …); a text that stands in two of them means the same in both.
    """
    if language == "en":
        return gettext.NullTranslations()
    whole = Catalog(locale=language)
    for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source, locale=language):
                whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
