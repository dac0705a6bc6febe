"""Passwords with a second factor: set together, checked together, unknown and wrong alike in words and time."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

from msgspec import Struct

from console import totp
from console.models import Credential
from crmcore.access import StaffId
from kernel import folding, ids
from kernel.unit import Reader, Store, Work

SHORTEST, LONGEST = 12, 200


class Kept(Struct, frozen=True):
    """What is kept of a colleague's password and second factor."""

    staff_id: StaffId
    password: str
    totp: str
    spent: int


async def has_one(reader: Reader, staff_id: int) -> bool:
    return await reader.one("SELECT id FROM credentials WHERE staff_id = ?", staff_id) is not None


async def set_one(work: Work, staff_id: int, hashed: str, secret: str, step: int) -> None:
    """The colleague's password and second factor from now on. `step`: of the code that proved he has it."""
    await work.change("DELETE FROM credentials WHERE staff_id = ?", staff_id)
    row = {
        "id": ids.new(),
        "staff_id": staff_id,
        "password": hashed,
        "totp": secret,
        "spent": step,
        "created_at": work.now,
    }
    await work.insert(Credential, [row])


async def remove(work: Work, staff_id: int) -> None:
    await work.change("DELETE FROM credentials WHERE staff_id = ?", staff_id)


async def check(store: Store, name: str, password: str, code: str, *, at_s: float) -> StaffId | None:
    """The colleague if name, password and code are right; a code is taken once. `at_s`: the machine's clock.

    A name that nobody has takes as long: a password is checked in either case, and so is a code.
    """
    kept = await _kept(store.reading(), name)
    is_right = await asyncio.to_thread(_verify, kept.password if kept else _hash_of_nobody(), password[:LONGEST])
    step = totp.step_of(kept.totp if kept else totp.secret(), code, at_s, after=kept.spent if kept else 0)
    if kept is None or not is_right or step is None:
        return None
    async with store.unit() as work:
        won = await work.change(
            "UPDATE credentials SET spent = ? WHERE staff_id = ? AND spent < ?", step, kept.staff_id, step
        )
    return kept.staff_id if won else None


async def is_right(store: Store, staff_id: int, password: str) -> bool:
    """True for the colleague's present password."""
    row = await store.reading().one("SELECT password FROM credentials WHERE staff_id = ?", staff_id)
    return row is not None and await asyncio.to_thread(_verify, row["password"], password[:LONGEST])


async def hashed(password: str) -> str:
    """The argon2id hash, made in a thread: it takes half a second of a core by intent."""
    found: str = await asyncio.to_thread(lambda: _hasher().hash(password))
    return found


async def _kept(reader: Reader, name: str) -> Kept | None:
    row = await reader.one(
        "SELECT c.* FROM credentials AS c JOIN staff AS s ON s.id = c.staff_id WHERE s.active AND s.folded = ?",
        folding.fold(name),
    )
    return Kept(StaffId(row["staff_id"]), row["password"], row["totp"], row["spent"]) if row else None


def _verify(kept: str, password: str) -> bool:
    try:
        return bool(_hasher().verify(kept, password))
    except importlib.import_module("argon2").exceptions.Argon2Error:
        return False


def _hash_of_nobody() -> str:
    """A hash with the parameters of all others, of no password: the salt and the tag are zeros."""
    made = _hasher()
    zeros = "A" * 22, "A" * 43
    return f"$argon2id$v=19$m={made.memory_cost},t={made.time_cost},p={made.parallelism}${zeros[0]}${zeros[1]}"


def _hasher() -> Any:
    """Loaded late: a hub that only takes messages in never needs it."""
    return importlib.import_module("argon2").PasswordHasher()
