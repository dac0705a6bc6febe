"""How far a mailbox has been read, as it is remembered across restarts. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import orjson
from msgspec import Struct
from msgspec.structs import replace

from channels.email.settings import Imap


class Progress(Struct, frozen=True):
    """`next_uid`: the first not looked at. `old`: UIDs from before that are still to be read, oldest first.

    `born_at`: our first connection; what came to the mailbox before it is history. `seen_at`: the last live mail.
    `is_mixed`: the UIDs were numbered anew, and among the old ones may be mails that came after `born_at`.
    """

    validity: int
    next_uid: int
    born_at: datetime
    seen_at: datetime
    old: tuple[int, ...] = ()
    is_mixed: bool = False

    def is_history(self, uid: int, at: datetime) -> bool:
        """True for a mail that was there before us. `at`: when it came, by the server's clock, in whole seconds.

        What came in the very second of our first connection is taken for new: rather that than answered by nobody.
        """
        return uid in self.old and (not self.is_mixed or at < self.born_at.replace(microsecond=0))

    def after(self, uid: int, at: datetime) -> Progress:
        """A live mail was read."""
        return replace(self, next_uid=max(self.next_uid, uid + 1), seen_at=at)

    def without(self, uid: int) -> Progress:
        """Old mail was read up to `uid`."""
        return replace(self, old=tuple(one for one in self.old if one > uid))


def key(imap: Imap) -> str:
    """Under which a mailbox's mark stands: the same for the same mailbox, and no address in it."""
    named = f"{imap.user}@{imap.host}:{imap.known_port}/{imap.folder}"
    return f"mailbox/{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def written(progress: Progress) -> str:
    known = {
        "validity": progress.validity,
        "next": progress.next_uid,
        "born_at": progress.born_at.isoformat(),
        "seen_at": progress.seen_at.isoformat(),
        "mixed": progress.is_mixed,
        "old": [list(run) for run in _runs(progress.old)],
    }
    return orjson.dumps(known).decode()


def read(text: str | None) -> Progress | None:
    """The progress noted; None where there is none."""
    if text is None:
        return None
    known = orjson.loads(text)
    old = tuple(uid for first, last in known["old"] for uid in range(first, last + 1))
    born_at, seen_at = (datetime.fromisoformat(known[name]) for name in ("born_at", "seen_at"))
    return Progress(known["validity"], known["next"], born_at, seen_at, old, known["mixed"])


def _runs(uids: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """UIDs as runs: thousands of neighbours are two numbers."""
    first = last = 0
    for uid in uids:
        if first and uid == last + 1:
            last = uid
            continue
        if first:
            yield first, last
        first = last = uid
    if first:
        yield first, last
