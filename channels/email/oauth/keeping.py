"""The file a sign-in is kept in: for its owner's eyes, replaced whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

OWNER_ONLY = 0o600
PATIENCE_S = 30.0
LOOK_S = 0.1
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A sign-in. `client_id`: the application it was given to; another one cannot use it.

    `used_at`: when it last brought a token. `ends_at`: when it ends whatever is done, if the provider has said so.
    """

    client_id: str
    refresh: str = field(repr=False)
    access: str = field(repr=False)
    expires_at: datetime
    signed_in_at: datetime
    used_at: datetime
    lifetime_s: float = 3600
    ends_at: datetime | None = None


class Damaged(Exception):
    """The file is there and holds no sign-in."""


def path(folder: Path, address: str) -> Path:
    """Where the sign-in of an address is kept; the name does not tell the address."""
    return folder / f"oauth-{hashlib.sha256(address.lower().encode()).hexdigest()[:16]}.json"


def read(file: Path) -> Kept | None:
    """None where nobody has signed in. Raises Damaged, OSError."""
    try:
        body = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        known = orjson.loads(body)
        return _kept(known)
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{file.name} holds no sign-in") from error


def write(file: Path, kept: Kept) -> None:
    """Put `kept` in the place of what was there; on the disk once this returns. Raises OSError.

    A crash leaves the old file or the new one; what it may leave beside them is removed at the next time.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    for left in file.parent.glob(f".{file.name}.*.new"):
        left.unlink(missing_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as out:
            out.write(orjson.dumps(_written(kept), option=orjson.OPT_INDENT_2))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    _sync(file.parent)


@asynccontextmanager
async def alone(file: Path) -> AsyncIterator[None]:
    """While it is held, no other process renews this sign-in: some providers end one that is renewed twice at once.

    Who waits longer than `PATIENCE_S` goes on all the same. Raises OSError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    try:
        until = time.monotonic() + PATIENCE_S
        while not _locked(handle) and time.monotonic() < until:  # noqa: ASYNC110 - the other is a process
            await asyncio.sleep(LOOK_S)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(kept: Kept) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "client_id": kept.client_id,
        "refresh": kept.refresh,
        "access": kept.access,
        "expires_at": kept.expires_at.isoformat(),
        "lifetime_s": kept.lifetime_s,
        "signed_in_at": kept.signed_in_at.isoformat(),
        "used_at": kept.used_at.isoformat(),
        "ends_at": kept.ends_at.isoformat() if kept.ends_at else None,
    }


def _kept(known: Any) -> Kept:
    if known["format"] != _FORMAT or not known["refresh"]:
        raise ValueError("another format")
    return Kept(
        client_id=str(known["client_id"]),
        refresh=str(known["refresh"]),
        access=str(known["access"]),
        expires_at=_instant(known["expires_at"]),
        lifetime_s=float(known["lifetime_s"]),
        signed_in_at=_instant(known["signed_in_at"]),
        used_at=_instant(known["used_at"]),
        ends_at=_instant(known["ends_at"]) if known["ends_at"] else None,
    )


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without its zone")
    return found


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
