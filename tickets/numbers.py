"""Numbers that people say: tickets T1, T2, …, given out in order; guessable, so they give no right."""

from __future__ import annotations

import re

from kernel.unit import Work

# T123 as people type it: lower case, #T123, T-123, T 123, and the Cyrillic letter that looks the same.
_WRITTEN = re.compile(r"#?\s*[TtТт][\s-]?(\d{1,12})")


# What stands between two of a list: a mark, or "and" as our languages say it, before another number only.
_AND = r"(?:and|oraz|i|a|és|es|и)"
_JOINED = rf"(?:\s*[,;&+]\s*(?:{_AND}\s+)?|\s+{_AND}\s+)"

# series → its sequence on PostgreSQL; on SQLite its row of counters has the series' name
_SEQUENCES = {"tickets": "ticket_numbers", "reminders": "reminder_numbers"}


async def take(work: Work, count: int, series: str = "tickets") -> list[int]:
    """The next `count` numbers of a series. PostgreSQL leaves gaps after a rollback; SQLite does not."""
    if count == 0:
        return []
    if work.is_postgres:
        found = await work.fetch(
            f"SELECT nextval('{_SEQUENCES[series]}') AS number FROM generate_series(1, ?::int)", count
        )
        return [row["number"] for row in found]
    row = await work.one("UPDATE counters SET value = value + ? WHERE name = ? RETURNING value", count, series)
    if row is None:
        raise RuntimeError(f"the counter of {series} is missing: run `centrala migrate`")
    return list(range(row["value"] - count + 1, row["value"] + 1))


def written(number: int) -> str:
    """The number as it is printed everywhere."""
    return f"T{number}"


def parse(word: str) -> int | None:
    """The number in a word that is a ticket number and nothing else; None otherwise."""
    found = _WRITTEN.fullmatch(word.strip())
    return int(found.group(1)) if found else None


def leading(text: str) -> tuple[int | None, str]:
    """A ticket number at the start of `text`, and the rest: "T 12 hello" → (12, "hello")."""
    found = re.match(rf"\s*{_WRITTEN.pattern}(?![\w])", text)
    if not found:
        return None, text
    return int(found.group(1)), text[found.end() :].lstrip(" \t:,")


def several(text: str, *, spaced: bool = False) -> tuple[tuple[int, ...], str]:
    """The ticket numbers of a list at the start of `text`, and the rest: "T1, T2 and T3 x" → (1, 2, 3), "x".

    Words alone join none: in "T1 T2 x" the list is T1. `spaced`: a space joins, too.
    """
    first, rest = leading(text)
    if first is None:
        return (), text
    found, at = [first], re.match(rf"\s*{_WRITTEN.pattern}", text)
    joined = rf"(?:{_JOINED}|\s+)" if spaced else _JOINED
    further = re.compile(rf"{joined}{_WRITTEN.pattern}(?![\w])", re.IGNORECASE)
    end = at.end() if at else 0
    while one := further.match(text, end):
        found.append(int(one.group(1)))
        end = one.end()
    return (tuple(found), text[end:].lstrip(" \t:,")) if len(found) > 1 else ((first,), rest)
