"""Errors named by their consequence for the caller, and which driver errors mean "try later"."""

from __future__ import annotations

import errno
from typing import Any

from msgspec import Struct
from tortoise.exceptions import DBConnectionError, OperationalError, TransactionManagementError

from kernel.phrases import Phrase, kept

# SQLSTATE classes of PostgreSQL that say "not now": connection, rollback (deadlock, serialization), resources,
# operator intervention, system error. https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING_SQLSTATES = ("08", "40", "53", "55P03", "57", "58")
_FULL_SQLSTATE = "53100"
HIDDEN = "hidden"  # code of a NotFound for what is there, and not the asker's to see: he reads the same either way
ELSEWHERE = "elsewhere"  # code of a Forbidden for what he may do, in another place
ABOVE = "above"  # code of an Invalid for a rank that is not his to give
# What SQLite says when the file, the disk or a neighbour is at fault. https://www.sqlite.org/rescode.html
_PASSING_SQLITE = ("locked", "busy", "disk", "readonly", "unable to open", "i/o error")


class Problem(Struct, frozen=True):
    """One thing wrong with an input: where, what was expected and what came instead.

    `expected` is English, with the places filled; `texts.phrase` says it in another language.
    """

    field: str
    expected: str
    got: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"field": self.field, "expected": str(self.expected), "got": str(self.got)}


class Misread(ValueError):
    """What a parser cannot read, as a sentence; `problem` has its pieces."""

    def __init__(self, field: str, expected: str, got: str) -> None:
        what = kept(expected)
        said = Phrase("got {got}, expected {expected}", got=got, expected=what)
        if field:
            said = Phrase("{field}: got {got}, expected {expected}", field=field, got=got, expected=what)
        super().__init__(said)
        self.problem = Problem(field, expected, got)


class CentralaError(Exception):
    """Something was refused."""

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        problems: tuple[Problem, ...] = (),
        language: str = "en",
        **values: Any,
    ) -> None:
        """`language`: of the message; its {places} are filled from `values`. `texts.refusal` says it in another."""
        self.text = message or (self.__doc__ or "").strip()
        self.values = values
        super().__init__(self.text.format(**values) if values else self.text)
        self.code = code
        self.problems = problems
        self.language = language


class Invalid(CentralaError):
    """The input is not usable as it is; the sender can correct it."""


class NotFound(CentralaError):
    """There is no such thing, or it is not yours to see."""


class Forbidden(CentralaError):
    """You may not do this."""


class Conflict(CentralaError):
    """It has changed meanwhile; look again."""


class TryLater(CentralaError):
    """The store or a neighbour is not answering now; the same call may work later."""


def is_passing(error: BaseException) -> bool:
    """True if `error` speaks of the surroundings (store, disk, network), not of what was asked.

    A passing error counts no try against a message: the message is fine, the moment is not.
    """
    if isinstance(error, (TryLater, OSError, DBConnectionError, TransactionManagementError, TimeoutError)):
        return True
    if isinstance(error, OperationalError):
        cause = error.__cause__
        if cause is not None and _is_postgres(cause):  # its text may quote a customer's words: only the state counts
            return _is_passing_postgres(cause)
        return any(word in str(error).lower() for word in _PASSING_SQLITE)
    return _is_passing_postgres(error)


def is_full(error: BaseException) -> bool:
    """True if a disk is full, the store's or ours, or a file may not grow (a limit of this process)."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    cause = error.__cause__ or error
    return "disk is full" in str(error).lower() or getattr(cause, "sqlstate", None) == _FULL_SQLSTATE


def _is_postgres(error: BaseException) -> bool:
    return type(error).__module__.startswith("asyncpg")


def _is_passing_postgres(error: BaseException) -> bool:
    """asyncpg's errors, told by module and SQLSTATE so that SQLite users do not pay for its import."""
    if not _is_postgres(error):
        return False
    sqlstate: Any = getattr(error, "sqlstate", None)
    return sqlstate is None or str(sqlstate).startswith(_PASSING_SQLSTATES)
