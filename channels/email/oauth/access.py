"""One sign-in, shared by all connections of an address: a token that is good now, renewed by one for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from channels.email.oauth import answers, keeping, provider, standing, wire
from channels.email.oauth.answers import Kind, Refusal
from channels.email.oauth.keeping import Damaged, Kept
from channels.email.oauth.settings import OAuth
from kernel import log, sentences
from kernel.phrases import Phrase

_log = log.get(__name__)
EARLY = timedelta(minutes=5)  # before a token runs out: clocks differ, and what has begun has to end
DAILY = timedelta(days=1)  # a sign-in is used at least so often, whether mail comes and goes or not
AGAIN_S = 60.0  # between renewals that a mail server has asked for by refusing a token


class NotSignedIn(Exception):
    """Nobody is signed in, or no longer: what to do is said, in a line for whoever reads it."""

    def __init__(self, said: Phrase) -> None:
        super().__init__(said)
        self.said = said


class Away(Exception):
    """The provider does not answer; later it may."""


def _now() -> datetime:
    return datetime.now(UTC)


def is_begun(settings: OAuth, address: str, folder: Path) -> bool:
    """True if a sign-in of this application is kept; whether the provider still takes it shows when it is used."""
    try:
        kept = keeping.read(keeping.path(folder, address))
    except (Damaged, OSError):
        return False
    return kept is not None and kept.client_id == settings.client_id


class Access:
    """The sign-in of `address`. The file is looked at each time: another process may have signed in meanwhile."""

    def __init__(self, settings: OAuth, address: str, folder: Path, *, now: Callable[[], datetime] = _now) -> None:
        self.provider = provider.found(settings)
        self._settings = settings
        self._file = keeping.path(folder, address)
        self._now = now
        self._lock = asyncio.Lock()
        self._unwritten: Kept | None = None  # renewed while the disk took nothing
        self._ended = ""  # the refresh token that the provider takes no more
        self._forced_at = float("-inf")

    async def token(self) -> str:
        """A token that is good for some minutes. Raises NotSignedIn, Away."""
        async with self._lock:
            kept = await self._read()
            if kept.expires_at - self._now() > _early(kept):
                return kept.access
            try:
                return (await self._renew(kept)).access
            except Away:
                if kept.expires_at > self._now():
                    return kept.access
                raise

    async def renewed(self, refused: str) -> str:
        """Another token than the one that a mail server has `refused`; the same if it is too early for another one.

        Raises NotSignedIn, Away.
        """
        async with self._lock:
            kept = await self._read()
            if kept.access != refused:
                return kept.access  # who came before us has got it
            if time.monotonic() - self._forced_at < AGAIN_S:
                return kept.access
            self._forced_at = time.monotonic()
            return (await self._renew(kept)).access

    async def keep(self) -> Kept:
        """Use the sign-in if nobody has for a day, so that it lives on. Raises NotSignedIn; Away is waited for."""
        async with self._lock:
            kept = await self._read()
            if self._now() - kept.used_at < DAILY:
                return kept
            try:
                return await self._renew(kept)
            except Away:
                return kept

    async def begin(self, found: answers.Tokens) -> Kept:
        """Keep a new sign-in. Raises OSError."""
        now = self._now()
        fresh = Kept(
            client_id=self._settings.client_id,
            refresh=found.refresh,
            access=found.access,
            expires_at=found.expires_at,
            lifetime_s=found.lifetime.total_seconds(),
            signed_in_at=now,
            used_at=now,
            ends_at=found.ends_at,
        )
        async with self._lock, keeping.alone(self._file):
            await asyncio.to_thread(keeping.write, self._file, fresh)
        return fresh

    async def _read(self) -> Kept:
        """The sign-in as it stands. Raises NotSignedIn."""
        try:
            kept = await asyncio.to_thread(keeping.read, self._file)
        except Damaged as error:
            raise NotSignedIn(
                sentences.line("{file} holds no sign-in: {do}", file=self._file.name, do=standing.DO)
            ) from error
        except OSError as error:
            raise NotSignedIn(
                sentences.line(
                    "{file} cannot be read ({cause}): see its owner and mode",
                    file=self._file.name,
                    cause=error.strerror,
                )
            ) from error
        if self._unwritten is not None:
            kept = await self._rewritten(self._unwritten, kept)
        if kept is None:
            raise NotSignedIn(sentences.line("nobody has signed in yet: {do}", do=standing.DO))
        if kept.client_id != self._settings.client_id:
            raise NotSignedIn(
                sentences.line("signed in to another client_id than the settings name: {do}", do=standing.DO)
            )
        if kept.refresh == self._ended:
            raise NotSignedIn(sentences.line("the sign-in has ended: {do}", do=standing.DO))
        return kept

    async def _rewritten(self, unwritten: Kept, kept: Kept | None) -> Kept:
        """What could not be written, unless somebody has signed in since."""
        if kept is not None and kept.signed_in_at > unwritten.signed_in_at:
            self._unwritten = None
            return kept
        await self._write(unwritten)
        return unwritten

    async def _renew(self, kept: Kept) -> Kept:
        """Fresh tokens for the sign-in, kept before anybody uses them. Raises NotSignedIn, Away."""
        async with keeping.alone(self._file):
            now_there = await self._read()
            if now_there.access != kept.access:
                return now_there  # another process was faster
            try:
                found = await self._asked(kept)
            except Refusal as error:
                raise self._told(kept, error) from error
            fresh = replace(
                kept,
                access=found.access,
                refresh=found.refresh or kept.refresh,
                expires_at=found.expires_at,
                lifetime_s=found.lifetime.total_seconds(),
                used_at=self._now(),
                ends_at=found.ends_at or (None if found.refresh not in ("", kept.refresh) else kept.ends_at),
            )
            await self._write(fresh)
        _log.info("email.token_renewed", lives_s=fresh.lifetime_s)
        return fresh

    async def _asked(self, kept: Kept) -> answers.Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": kept.refresh, **provider.client(self._settings)}
        return answers.tokens(await wire.post(self.provider.token_url, form), at=self._now())

    def _told(self, kept: Kept, refusal: Refusal) -> Exception:
        """What a refused renewal means for whoever wanted a token."""
        if refusal.kind is Kind.LATER:
            return Away(f"{self.provider.label} gives no token now: {refusal.code}")
        _log.error("email.sign_in_ended", code=refusal.code, do=standing.COMMAND)
        if refusal.kind is Kind.ENDED:
            self._ended = kept.refresh
            return NotSignedIn(
                sentences.line("the sign-in has ended ({code}): {do}", code=refusal.code, do=standing.DO)
            )
        return NotSignedIn(
            sentences.line(
                "{provider} refuses this application ({code}): see {settings} in [channels.email.oauth]",
                provider=self.provider.label,
                code=refusal.code,
                settings="client_id, client_secret and tenant",
            )
        )

    async def _write(self, kept: Kept) -> None:
        """What the disk does not take stays in hand: a refresh token that is lost is a sign-in lost."""
        try:
            await asyncio.to_thread(keeping.write, self._file, kept)
            self._unwritten = None
        except OSError as error:
            self._unwritten = kept
            _log.error("email.token_unwritten", error=log.cause(error), do="make room in the data folder")


def _early(kept: Kept) -> timedelta:
    """How long before its end a token counts as old; of one that lives for minutes, half its life."""
    return min(EARLY, timedelta(seconds=kept.lifetime_s / 2))
