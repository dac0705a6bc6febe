"""Reads one mailbox for as long as the hub runs: live mail first, then what was there before us, a window at a time.

How far it has read is a mark of UIDVALIDITY and UIDs, moved only after the mails are stored; a mail that comes twice is
known by its identity. So is a whole mailbox whose UIDs were numbered anew.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from channels.contract import Accept, Marks, Raw
from channels.email import peek, progress
from channels.email.answers import Listed, day
from channels.email.mailbox import WINDOW, Mailbox, Opened, Refused, Unreachable
from channels.email.progress import Progress
from channels.email.settings import Imap, Settings
from channels.email.tokens import Tokens
from channels.email.trouble import Trouble
from kernel import errors, log

_log = log.get(__name__)
IDLES_S = (10.0, 60.0, 290.0)  # short ones first: what came within our last look is not announced again
PAUSES_S = (1, 2, 5, 15, 30, 60)
AT_ONCE = 50  # mails fetched, then stored, flagged and noted together
AT_ONCE_BYTES = 16 * 1024 * 1024  # of them in memory; one that is larger goes alone
REFUSALS = 4  # tries at one mail that the server does not hand out, or hangs up over; then it is passed over
OVERLAP = timedelta(days=2)  # looked back when the UIDs have lost their meaning


class Poller:
    """One mailbox. Whatever goes wrong, it waits a little and connects anew."""

    def __init__(
        self,
        settings: Settings,
        imap: Imap,
        *,
        accept: Accept,
        marks: Marks,
        trouble: Trouble,
        tokens: Tokens | None = None,
        is_traceless: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_traceless`: nothing is to be changed in the mailbox now, because others read it too."""
        self.name = f"mailbox at {imap.host}"
        self._settings = settings
        self._imap = imap
        self._accept = accept
        self._marks = marks
        self._trouble = trouble
        self._tokens = tokens
        self._is_traceless = is_traceless
        self._key = progress.key(imap)
        self._failures = 0
        self._refused: Counter[int] = Counter()  # by UID: tries at a mail that did not come

    async def turn(self) -> float:
        """One connection, for as long as it lasts. Returns the seconds to wait before the next."""
        mailbox = Mailbox(self._imap, self._tokens)
        try:
            return await self._read(mailbox)
        except (Unreachable, Refused, errors.CentralaError) as error:
            return self._pause_s(error)
        except Exception as error:  # a fault of ours: the loop logs it and tries again, and the channel says which
            self._trouble.tell(self.name, log.cause(error))
            raise
        finally:
            await mailbox.close()

    async def _read(self, mailbox: Mailbox) -> float:
        """Connect, find where we were, then for ever: live mail, a window of old mail, wait."""
        await mailbox.connect()
        await mailbox.sign_in()
        opened = await mailbox.select()
        now = await self._resume(mailbox, opened)
        self._failures = 0
        self._trouble.clear(self.name)
        quiet = 0
        while True:
            before = now
            now = await self._live(mailbox, now)
            now = await self._past(mailbox, now)
            if not now.old:
                await mailbox.wait(IDLES_S[min(quiet, len(IDLES_S) - 1)])
            quiet = 0 if now.next_uid != before.next_uid else quiet + 1

    async def _resume(self, mailbox: Mailbox, opened: Opened) -> Progress:
        """Where we were; at the first connection where to begin; and after a new numbering where to look again."""
        known = progress.read(await self._marks.get(self._key))
        if known is not None and known.validity == opened.validity:
            return known
        now = datetime.now(UTC)
        if known is None:
            fresh = Progress(opened.validity, opened.next_uid, now, now, tuple(await self._wanted(mailbox, opened)))
        else:
            _log.warning("email.renumbered", mailbox=log.masked(self._key))
            again = await mailbox.search("SINCE", day(known.seen_at - OVERLAP))
            fresh = Progress(opened.validity, opened.next_uid, known.born_at, known.seen_at, tuple(again), True)
        return await self._note(fresh)

    async def _wanted(self, mailbox: Mailbox, opened: Opened) -> list[int]:
        """Mails older than this first connection that the settings want as history."""
        if self._imap.since == "now" or opened.next_uid <= 1:
            return []
        since_at = self._imap.since_at
        words = ("SINCE", day(since_at)) if since_at else ("ALL",)
        return [uid for uid in await mailbox.search(*words) if uid < opened.next_uid]

    async def _live(self, mailbox: Mailbox, now: Progress) -> Progress:
        """What has come since we last looked."""
        # "n:*" names the newest mail even if that is older than n
        found = [uid for uid in await mailbox.search("UID", f"{now.next_uid}:*") if uid >= now.next_uid]
        for start in range(0, len(found), WINDOW):
            window = found[start : start + WINDOW]
            for batch in _batches(await mailbox.list(window), self._settings.max_bytes):
                await self._take(mailbox, batch, now)
                now = await self._note(now.after(batch[-1].uid, datetime.now(UTC)))
            if now.next_uid <= window[-1]:  # the last of them were gone
                now = await self._note(now.after(window[-1], datetime.now(UTC)))
        return now

    async def _past(self, mailbox: Mailbox, now: Progress) -> Progress:
        """A window of what was there before; live mail is looked at again before the next one."""
        window = now.old[:WINDOW]
        if not window:
            return now
        listed = await mailbox.list(window)
        if self._imap.since == "now":  # old mail is not wanted; it is here because the UIDs were numbered anew
            listed = [one for one in listed if not now.is_history(one.uid, one.at)]
        for batch in _batches(listed, self._settings.max_bytes):
            await self._take(mailbox, batch, now)
            now = await self._note(now.without(batch[-1].uid))
        return await self._note(now.without(window[-1])) if window[-1] in now.old else now

    async def _take(self, mailbox: Mailbox, batch: Sequence[Listed], now: Progress) -> None:
        """Fetch, store, and only then flag as seen what is not history."""
        raws = []
        for one in batch:
            mail = await self._fetch(mailbox, one)
            if mail is not None:
                raws.append((one, await self._raw(one, mail, now)))
        stored = await asyncio.gather(*(_stored(self._accept, raw) for _, raw in raws))
        if raws:
            self._trouble.health.last_in_at = datetime.now(UTC)
        is_in = [one for (one, _), is_stored in zip(raws, stored, strict=True) if is_stored]
        seen = [one.uid for one in is_in if not now.is_history(one.uid, one.at)]
        if seen and not self._is_traceless():
            await mailbox.mark_seen(seen)

    async def _fetch(self, mailbox: Mailbox, one: Listed) -> bytes | None:
        """The mail; None if it is gone, or if again and again the server would not hand it out."""
        if self._refused[one.uid] >= REFUSALS:
            _log.error("email.unfetchable", uid=one.uid, do="look at the unread mail in the mailbox")
            return None
        try:
            return await mailbox.fetch(one, limit=self._settings.max_bytes)
        except (Refused, Unreachable):
            self._refused[one.uid] += 1
            raise

    async def _raw(self, one: Listed, mail: bytes, now: Progress) -> Raw:
        if one.size > self._settings.max_bytes:
            _log.warning("email.too_big", uid=one.uid, bytes=one.size, do="its end is left in the mailbox")
        is_history = now.is_history(one.uid, one.at)
        make = functools.partial(peek.from_mailbox, mail, self._settings.address, history=is_history)
        return await asyncio.to_thread(make) if peek.is_slow(mail) else make()

    async def _note(self, now: Progress) -> Progress:
        await self._marks.put(self._key, progress.written(now))
        return now

    def _pause_s(self, error: Exception) -> float:
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)] * random.uniform(0.7, 1.3)
        self._failures += 1
        self._trouble.tell(self.name, str(error))
        _log.warning("email.mailbox_away", failures=self._failures, pause_s=round(pause_s, 1), error=log.cause(error))
        return pause_s


def _batches(found: Sequence[Listed], limit: int) -> list[list[Listed]]:
    """In their order, each of so many mails and bytes as may be in memory at once."""
    batches: list[list[Listed]] = []
    size = 0
    for one in found:
        size += min(one.size, limit)
        if not batches or len(batches[-1]) >= AT_ONCE or size > AT_ONCE_BYTES:
            batches.append([])
            size = min(one.size, limit)
        batches[-1].append(one)
    return batches


async def _stored(accept: Accept, raw: Raw) -> bool:
    """False for a mail that can never be stored: it stays unseen in the mailbox, and the others go on."""
    try:
        await accept(raw)
    except errors.Invalid:
        _log.error("email.unstorable", do="look at the unread mail in the mailbox")
        return False
    return True
