"""What a person typed into the search, taken apart, and as each engine is asked for it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from kernel import errors, folding, words
from kernel.errors import Problem
from kernel.phrases import Phrase
from tickets import numbers

LIMIT = 200  # characters that are read
MOST = 12  # words that are looked for
_PARTS = re.compile(
    r"(?P<minus>-?)(?:(?P<key>in|from|queue|before|after):)?"
    rf'(?:"(?P<quoted>[^"]*)"?|(?P<number>{words.GROUPED})(?!\S)|(?P<bare>\S+))'
)


class Term(Struct, frozen=True):
    """Words that stand next to each other. `is_open`: the last may go on."""

    words: tuple[str, ...]
    is_open: bool = False


class Query(Struct, frozen=True):
    """`marks`: words about a text (its ticket, author, queue). `since` is in, `until` is not."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    marks: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def read(text: str, zone: tzinfo = UTC) -> Query:
    """The query. Days are of `zone`. Raises Invalid where there is nothing to look for, or a filter cannot be read."""
    folded = folding.fold(text[:LIMIT])
    number = numbers.parse(folded)
    if number is not None:
        return Query((Term((f"t{number}",)),))
    found = _Found(zone)
    parts = list(_PARTS.finditer(folded))
    for place, part in enumerate(parts):
        found.add(part, is_last=place == len(parts) - 1)
    return found.query()


class _Found:
    """What has been read so far."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._terms: list[Term] = []
        self._without: list[Term] = []
        self._marks: list[str] = []
        self._since: datetime | None = None
        self._until: datetime | None = None

    def add(self, part: re.Match[str], *, is_last: bool) -> None:
        quoted, number = part["quoted"], part["number"]
        value = quoted if quoted is not None else number or part["bare"]
        if part["key"]:
            self._narrow(part["key"], value)
            return
        if number:
            term: Term | None = Term((words.digits(number),), is_open=True)
        else:
            term = _term(value, is_open=is_last and quoted is None and not part["minus"])
        if term is not None:
            (self._without if part["minus"] else self._terms).append(term)

    def _narrow(self, key: str, value: str) -> None:
        if key == "in":
            number = numbers.parse(value)
            if number is None:
                raise _wrong("in", Phrase("a ticket's number, for example {example}", example="in:T12"), value)
            self._marks.append(words.mark("t", number))
        elif key == "from":
            self._marks += [words.mark("f", word) for word in words.words(value)]
        elif key == "queue":
            self._marks.append(words.mark("n", value))
        else:
            day = _midnight(key, value, self._zone)
            if key == "before":
                self._until = day
            else:
                self._since = day

    def query(self) -> Query:
        narrowed = bool(self._marks or self._since or self._until)
        if not self._terms and not narrowed:
            raise _wrong("words", Phrase("a word to look for, for example invoice"), "")
        return Query(
            tuple(self._terms[:MOST]), tuple(self._without[:MOST]), tuple(self._marks[:MOST]), self._since, self._until
        )


def _term(text: str, *, is_open: bool) -> Term | None:
    """One word as typed: T-12 in its one spelling; "anna@firm.pl" as words in a row; digits from any of them on."""
    number = words.ticket(text)
    if number is not None:
        return Term((number,))
    found = tuple(words.words(text))
    if not found:
        return None
    if len(found) == 1 and found[0].isdecimal():
        return Term(found, is_open=len(found[0]) >= words.DIGITS)
    return Term(found, is_open=is_open and len(found[-1]) > 1)


def _midnight(key: str, value: str, zone: tzinfo) -> datetime:
    try:
        day = date.fromisoformat(value)
        found = datetime.combine(day, time(), zone)
        return (found + timedelta(days=1) if key == "after" else found).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(key, Phrase("a day, for example {example}", example=f"{key}:2026-03-31"), value) from error


def _wrong(field: str, expected: Phrase, got: str) -> errors.Invalid:
    return errors.Invalid("Nothing was looked for.", code="search", problems=(Problem(field, expected, got[:40]),))


# -- as the engines are asked ------------------------------------------------------------------------------------------


def to_match(query: Query, wall: tuple[str, ...] = ()) -> str:
    """For FTS5, which has to be told a word that is there. `wall`: marks one of which must be."""
    asked = [_phrase(term) for term in query.terms] + [f'"{one}"' for one in query.marks]
    if wall:
        asked.append(f"({' OR '.join(_quoted(wall))})")
    said = " AND ".join(asked)
    if not query.without:
        return said
    return f"({said}) NOT ({' OR '.join(_phrase(term) for term in query.without)})"


def to_tsquery(query: Query, wall: tuple[str, ...] = ()) -> str:
    """For PostgreSQL; words are letters and digits, so quotes are enough."""
    asked = [_following(term) for term in query.terms] + [f"'{one}'" for one in query.marks]
    if wall:
        asked.append("(" + " | ".join(f"'{one}'" for one in wall) + ")")
    return " & ".join([*asked, *(f"!{_following(term)}" for term in query.without)])


def to_match_of_words(query: Query) -> str:
    """For FTS5, of words that stand somewhere, in any order. A query that has to have no word is not asked."""
    return " AND ".join([f'"{word}"' + (" *" if is_open else "") for word, is_open in _alone(query)])


def to_tsquery_of_words(query: Query) -> str:
    """The same for PostgreSQL."""
    return " & ".join(f"'{word}'{':*' if is_open else ''}" for word, is_open in _alone(query))


def to_text(query: Query) -> tuple[str, tuple[str, ...]]:
    """The condition on a row's own words (SQLite), as `index.to_text` writes them."""
    asked = [(_inside(term), "> 0") for term in query.terms] + [(f" {one} ", "> 0") for one in query.marks]
    asked += [(_inside(term), "= 0") for term in query.without]
    condition = " AND ".join(f"instr(s.words, ?) {how}" for _, how in asked)
    return condition or "1 = 1", tuple(part for part, _ in asked)


def _alone(query: Query) -> list[tuple[str, bool]]:
    """Every word that has to be there, and whether it may go on."""
    last = [
        (word, term.is_open and place == len(term.words))
        for term in query.terms
        for place, word in enumerate(term.words, 1)
    ]
    return [*last, *((one, False) for one in query.marks)]


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.is_open else "")


def _following(term: Term) -> str:
    said = " <-> ".join(f"'{word}'" for word in term.words)
    return f"({said}{':*' if term.is_open else ''})"


def _inside(term: Term) -> str:
    return f" {' '.join(term.words)}" + ("" if term.is_open else " ")


def _quoted(found: tuple[str, ...]) -> list[str]:
    return [f'"{one}"' for one in found]
