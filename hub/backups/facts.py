"""What a database holds, counted in the very copy that is kept, so that a restored one can be held against it."""

from __future__ import annotations

from msgspec import Struct

MIGRATIONS_TABLE = "tortoise_migrations"
MIGRATIONS = f"SELECT name FROM {MIGRATIONS_TABLE} ORDER BY id"


class Facts(Struct, frozen=True):
    """`rows`: table → how many. `migrations`: those the database has seen, in order."""

    rows: dict[str, int]
    migrations: tuple[str, ...]


def differences(expected: dict[str, int], found: dict[str, int]) -> list[str]:
    """One line for each table whose number of rows is another. Pure."""
    return [
        f"{table}: {found.get(table, 0)} rows, {expected.get(table, 0)} expected"
        for table in sorted(expected.keys() | found.keys())
        if expected.get(table, 0) != found.get(table, 0)
    ]
