"""The small grey translation under a customer's text: the story's own lines, and what our catalogues have said.

An automatic text is understood by the very templates that made it, so the translation is what an English reader would
have got. What a person typed has none. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

from babel.dates import format_skeleton
from babel.messages import Catalog
from babel.messages.pofile import read_po
from msgspec import Struct

from hub.demo import lines
from kernel import texts

AREAS = ("customer", "customers")  # catalogues of what customers are told
LEAP_YEAR = 2024
_PLACE = re.compile(r"\{(\w+)\}")
_AT = re.compile(r"(.+?) (\d\d:\d\d)")
_SIGNS_MIN = 2  # that a template needs besides its places ("№ {ref}." has them): else it would fit anything


class Template(Struct, frozen=True):
    """A text of the catalogue. `shape` fits it as sent in one language, letters without their marks."""

    shape: re.Pattern[str]
    english: str


@lru_cache(maxsize=2_000)
def of(text: str, *languages: str) -> str:
    """What of `text` we can say in English, line by line; "" if nothing."""
    found = (_line(line.strip(), languages) for line in text.split("\n"))
    return "\n".join(line for line in found if line)


def _line(line: str, languages: tuple[str, ...]) -> str:
    if not line:
        return ""
    if line in lines.MEANING:
        return lines.MEANING[line]
    told = (_sentences(line, _bare(line), 0, language) for language in languages)
    return next((" ".join(parts) for parts in told if parts), "")


def _sentences(line: str, bare: str, start: int, language: str) -> list[str]:
    """Whole from `start` on as texts of the catalogue, one after the other; [] where that cannot be."""
    for template in _templates(language):
        for end in _ends(bare, start):
            found = template.shape.fullmatch(bare, start, end)
            if found is None:
                continue
            rest = [] if end == len(bare) else _sentences(line, bare, end + 1, language)
            if end < len(bare) and not rest:
                continue
            values = {name: _value(line[slice(*found.span(name))], language) for name in found.groupdict()}
            return [template.english.format(**values), *rest]
    return []


def _ends(bare: str, start: int) -> Iterator[int]:
    """Where a sentence can end: at a blank or with the line."""
    for found in re.compile(r" ").finditer(bare, start):
        yield found.start()
    yield len(bare)


def _value(value: str, language: str) -> str:
    """What stood in a place: a word of ours, an instant, or a name that stays as it is."""
    word = _words(language).get(_bare(value))
    if word:
        return word
    at = _AT.fullmatch(value)
    day = _days(language).get(_bare(at.group(1))) if at else None
    return f"{day} {at.group(2)}" if at and day else value


@lru_cache(maxsize=len(texts.LANGUAGES))
def _templates(language: str) -> tuple[Template, ...]:
    """The longest first: what is most particular is tried before what would fit too."""
    found = [
        Template(re.compile(_shape(_bare(said))), english)
        for english, said in _catalogue(language).items()
        if len("".join(_PLACE.sub("", said).split())) >= _SIGNS_MIN
    ]
    return tuple(sorted(found, key=lambda one: -len(one.shape.pattern)))


@lru_cache(maxsize=len(texts.LANGUAGES))
def _words(language: str) -> Mapping[str, str]:
    """Texts without a place: they also stand as values in others."""
    return {_bare(said): english for english, said in _catalogue(language).items() if not _PLACE.search(english)}


@lru_cache(maxsize=len(texts.LANGUAGES))
def _days(language: str) -> Mapping[str, str]:
    """Every day of a year as the language writes it → as English does."""
    days = [date(LEAP_YEAR, 1, 1) + timedelta(days=number) for number in range(366)]
    return {
        _bare(format_skeleton("MMMd", day, locale=language)): format_skeleton("MMMd", day, locale="en_GB")
        for day in days
    }


@lru_cache(maxsize=len(texts.LANGUAGES))
def _catalogue(language: str) -> Mapping[str, str]:
    """English → as it is said in `language`. Texts with plural forms have no single one and are left out."""
    known: dict[str, str] = {}
    for area in AREAS:
        path = texts.LOCALES / language / "LC_MESSAGES" / f"{area}.po"
        if path.exists():
            with path.open("rb") as source:
                known |= _single(read_po(source, locale=language))
    return known


def _single(found: Catalog) -> dict[str, str]:
    return {one.id: one.string for one in found if one.id and isinstance(one.id, str) and isinstance(one.string, str)}


def _shape(said: str) -> str:
    """A regular expression for a text with places; a place that comes twice must hold the same."""
    parts: list[str] = []
    seen: set[str] = set()
    for number, part in enumerate(_PLACE.split(said)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(f"(?P<{part}>.+?)")
    return "".join(parts)


def _bare(text: str) -> str:
    """Every letter without its marks, every dash and blank plain: as a text message may have it. Length is kept."""
    return "".join(map(_plain, text))


def _plain(char: str) -> str:
    if char in "łŁ":
        return "l" if char == "ł" else "L"
    if char in "–—‑":
        return "-"
    if char.isspace():
        return " "
    if char in "„”“«»":
        return '"'
    return unicodedata.normalize("NFD", char)[0]
