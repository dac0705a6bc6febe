"""How often signing in, and a link, may be tried: kept in the store, so that a restart forgives none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from console.models import SignInTry
from kernel import ids
from kernel.unit import Work

WINDOW = timedelta(minutes=15)
OF_ACCOUNT = 5
OF_ADDRESS = 20
OF_LINK = 20  # forms sent by one link; a customer whose files are too large tries again


def account_key(name: str) -> str:
    """Of a name as folded; one that nobody has counts the same way."""
    return _key("account", name)


def address_key(address: str) -> str:
    return _key("address", address)


async def count(work: Work, account: str, address: str, *, now: datetime) -> bool:
    """Note a try before it is made, so that many at once count too; False if there were too many.

    A refused try counts as well: who goes on guessing waits on.
    """
    return await spend(work, {account: OF_ACCOUNT, address: OF_ADDRESS}, now=now)


async def spend(work: Work, most_of: Mapping[str, int], *, now: datetime) -> bool:
    """Note a try under each key; False if there were more than `most_of` it within the window."""
    await work.change("DELETE FROM sign_in_tries WHERE at <= ?", now - WINDOW)
    await work.insert(SignInTry, [{"id": ids.new(), "key": key, "at": now} for key in most_of])
    for key, most in most_of.items():
        row = await work.one("SELECT count(*) AS n FROM sign_in_tries WHERE key = ?", key)
        if row and row["n"] > most:
            return False
    return True


async def forgive(work: Work, account: str) -> None:
    """It was he: what was mistyped for the account before counts no more. The address's tries stay counted."""
    await work.change("DELETE FROM sign_in_tries WHERE key = ?", account)


def stranger_key(address: str) -> str:
    """Of who asks for links that there are not."""
    return _key("no link", address)


def link_key(digest: str) -> str:
    return _key("link", digest)


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "surrogateescape")).hexdigest()
