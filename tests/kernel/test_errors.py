"""Which errors speak of the surroundings, and which of what was asked."""

from __future__ import annotations

import errno
import sqlite3
from typing import Any

import asyncpg
import pytest
from asyncpg import exceptions as pg
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError, TransactionManagementError

from kernel import errors


def wrapped(cause: Exception) -> OperationalError:
    """As the ORM hands a driver's error on."""
    error = OperationalError(cause)
    error.__cause__ = cause if isinstance(cause, asyncpg.PostgresError) else None
    return error


def sqlite(text: str) -> OperationalError:
    return wrapped(sqlite3.OperationalError(text))


PASSING: list[Any] = [
    pytest.param(errors.TryLater(), id="our own"),
    pytest.param(OSError("no route"), id="network"),
    pytest.param(ConnectionResetError(), id="connection reset"),
    pytest.param(TimeoutError(), id="a deadline"),
    pytest.param(DBConnectionError("gone"), id="ORM connection"),
    pytest.param(TransactionManagementError("aborted"), id="ORM transaction"),
    pytest.param(sqlite("database is locked"), id="SQLite locked"),
    pytest.param(sqlite("database or disk is full"), id="SQLite disk full"),
    pytest.param(sqlite("disk I/O error"), id="SQLite disk broken"),
    pytest.param(sqlite("attempt to write a readonly database"), id="SQLite read-only"),
    pytest.param(sqlite("unable to open database file"), id="SQLite file away"),
    pytest.param(pg.DeadlockDetectedError("deadlock"), id="deadlock 40P01"),
    pytest.param(pg.SerializationError("again"), id="serialization 40001"),
    pytest.param(pg.AdminShutdownError("going down"), id="shutdown 57P01"),
    pytest.param(pg.CannotConnectNowError("starting"), id="starting 57P03"),
    pytest.param(pg.QueryCanceledError("statement timeout"), id="cancelled 57014"),
    pytest.param(pg.TooManyConnectionsError("full"), id="connections 53300"),
    pytest.param(pg.DiskFullError("full"), id="disk 53100"),
    pytest.param(pg.LockNotAvailableError("locked"), id="lock 55P03"),
    pytest.param(pg.ConnectionDoesNotExistError("gone"), id="connection 08003"),
    pytest.param(pg.PostgresIOError("i/o"), id="system 58030"),
    pytest.param(asyncpg.InterfaceError("connection is closed"), id="asyncpg's own, without a state"),
]
LASTING: list[Any] = [
    pytest.param(ValueError("nonsense"), id="ours"),
    pytest.param(errors.Invalid(), id="invalid"),
    pytest.param(errors.Conflict(), id="conflict"),
    pytest.param(errors.NotFound(), id="not found"),
    pytest.param(IntegrityError("double"), id="a constraint"),
    pytest.param(sqlite("no such table: tickets"), id="SQLite no table"),
    pytest.param(sqlite('near "SELEC": syntax error'), id="SQLite syntax"),
    pytest.param(pg.UniqueViolationError("double"), id="unique 23505"),
    pytest.param(pg.StringDataRightTruncationError("too long"), id="too long 22001"),
    pytest.param(wrapped(pg.CharacterNotInRepertoireError("0x00")), id="NUL 22021"),
    pytest.param(wrapped(pg.UndefinedColumnError("no column")), id="column 42703"),
    pytest.param(
        wrapped(asyncpg.DataError('invalid input for query argument $3: "my card is locked, the disk is busy"')),
        id="a customer's words that sound like trouble",
    ),
]


@pytest.mark.parametrize("error", PASSING)
def test_an_error_of_the_surroundings_counts_no_try(error: Exception) -> None:
    """M-5: a locked file or a lost connection is no reason to set a message aside."""
    assert errors.is_passing(error)


@pytest.mark.parametrize("error", LASTING)
def test_an_error_of_the_message_is_its_own(error: Exception) -> None:
    assert not errors.is_passing(error)


def test_an_error_says_its_docstring_unless_told_better() -> None:
    assert str(errors.Conflict()) == "It has changed meanwhile; look again."
    assert str(errors.Conflict("T1 is closed.", code="closed")) == "T1 is closed."
    assert errors.Conflict("x", code="closed").code == "closed"


def test_a_problem_tells_field_expected_and_got() -> None:
    problem = errors.Problem("web.port", "a number", "'many'")
    assert errors.Invalid(problems=(problem,)).problems[0].as_dict() == {
        "field": "web.port",
        "expected": "a number",
        "got": "'many'",
    }


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "no space left"), True),
        (OSError(errno.EDQUOT, "quota exceeded"), True),
        (OSError(errno.EFBIG, "file too large"), True),
        (OSError(errno.EIO, "input/output error"), False),
        (OperationalError("database or disk is full"), True),
        (OperationalError("database is locked"), False),
    ],
)
def test_a_full_disk_is_told_from_a_broken_one(error: Exception, is_full: bool) -> None:
    """R4: senders are told that there is no room (452), and come again."""
    assert errors.is_full(error) is is_full
