"""Which engine a database is of, and the functions that copy it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from hub.backups import postgres, sqlite
from hub.backups.facts import Facts


class Engine(Struct, frozen=True):
    """What a backup needs of a database."""

    name: str
    take: Callable[[str, Path], Awaitable[Facts]]
    refuse_if_used: Callable[[str], Awaitable[None]]
    check: Callable[[Path], Awaitable[object]]
    put: Callable[[str, Path], Awaitable[None]]
    facts: Callable[[str], Awaitable[Facts]]


SQLITE = Engine("sqlite", sqlite.take, sqlite.refuse_if_used, sqlite.check, sqlite.put, sqlite.facts)
POSTGRES = Engine("postgres", postgres.take, postgres.refuse_if_used, postgres.check, postgres.put, postgres.facts)


def of(url: str) -> Engine:
    """The engine of a database's URL."""
    return SQLITE if url.startswith("sqlite") else POSTGRES
