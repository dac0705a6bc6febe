"""A person signs in: with a code typed on another device (RFC 8628), or in a browser that brings the code back here."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from channels.email.oauth import answers, redirect, wire
from channels.email.oauth import provider as providers
from channels.email.oauth.answers import Kind, Refusal, Tokens
from channels.email.oauth.provider import Provider
from channels.email.oauth.redirect import Redirect
from channels.email.oauth.settings import OAuth
from kernel import loops

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_S = 5.0  # RFC 8628 3.5: after each slow_down
SLOWEST_S = 60.0
BROWSER_S = 900.0


class Other(Exception):
    """Somebody else has signed in than the settings name. Both addresses are masked."""

    def __init__(self, there: str, wanted: str) -> None:
        super().__init__(f"{there} has signed in, and the settings want {wanted}: sign in as that one")
        self.there = there
        self.wanted = wanted


class Failed(Exception):
    """It came to nothing; what to do is said. `kind` None: no refresh token came. `label`: the provider."""

    def __init__(self, said: str, label: str, kind: Kind | None = None, code: str = "") -> None:
        super().__init__(said)
        self.label = label
        self.kind = kind
        self.code = code


class Shown(Struct, frozen=True):
    """What the person needs. `code` "": there is none to type, the address is all. `until`: then it is too late.

    `scan_at`: what a phone's camera shall open.
    """

    open_at: str
    code: str
    until: datetime
    scan_at: str = ""


Show = Callable[[Shown], None]
Typed = Callable[[], Awaitable[str]]


class Clock:
    """Time as it passes; a test has its own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def sign_in(settings: OAuth, address: str, *, show: Show, typed: Typed, clock: Clock) -> Tokens:
    """Show what to open, wait until somebody has signed in, see that it is the right one.

    `typed`: the next line that the person types (the address that a browser elsewhere ended at). Raises Other, Failed.
    """
    found = providers.found(settings)
    try:
        if found.device_url:
            tokens = await _by_device(settings, found, show, clock)
        else:
            tokens = await _by_browser(settings, found, address, show, typed, clock)
    except Refusal as error:
        raise Failed(_why(error, found.label), found.label, error.kind, error.code) from error
    if not tokens.refresh:
        said = f"{found.label} gave no refresh token: allow the application to keep access (offline access)"
        raise Failed(said, found.label)
    _compare(tokens.who, settings.user or address)
    return tokens


def masked(address: str) -> str:
    """An address to be recognised by who knows it: "h…@d….example"."""
    local, _, domain = address.rpartition("@")
    host, dot, last = domain.rpartition(".")
    return f"{local[:1]}…@{host[:1]}…{dot}{last}" if dot else f"{local[:1]}…@{domain[:1]}…"


async def _by_device(settings: OAuth, found: Provider, show: Show, clock: Clock) -> Tokens:
    """Ask for a code, show it, then ask for tokens as often as the provider allows until they are there."""
    form = {**providers.client(settings), "scope": " ".join(found.scopes)}
    device = answers.device(await wire.post(found.device_url, form))
    until = clock.now() + timedelta(seconds=device.lives_s)
    show(Shown(device.open_at, device.user_code, until, device.scan_at or device.open_at))
    form = {**providers.client(settings), "grant_type": DEVICE, "device_code": device.code}
    interval_s = device.interval_s
    while True:
        await clock.sleep(interval_s)
        if clock.now() >= until:
            raise Refusal(Kind.EXPIRED, "expired_token")
        try:
            return answers.tokens(await wire.post(found.token_url, form), at=clock.now())
        except Refusal as refusal:
            interval_s = _next_s(refusal, interval_s)


def _next_s(refusal: Refusal, interval_s: float) -> float:
    """Seconds until the next question. Raises the refusal if there is none."""
    if refusal.kind is Kind.PENDING:
        return interval_s
    if refusal.kind is Kind.SLOW_DOWN:
        return interval_s + SLOWER_S
    if refusal.kind is Kind.LATER:
        return max(interval_s, min(interval_s * 2, SLOWEST_S))
    raise refusal


async def _by_browser(settings: OAuth, found: Provider, address: str, show: Show, typed: Typed, clock: Clock) -> Tokens:
    """Open the provider's page in a browser; its code comes to a port of this machine, or is typed."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    async with redirect.waiting(state) as back:
        asked = {
            "client_id": settings.client_id,
            "response_type": "code",
            "redirect_uri": back.uri,
            "scope": " ".join(found.scopes),
            "state": state,
            "code_challenge": redirect.challenge(verifier),
            "code_challenge_method": "S256",
            "login_hint": settings.user or address,
            **dict(found.asked),
        }
        show(Shown(redirect.address(found.authorize_url, asked), "", clock.now() + timedelta(seconds=BROWSER_S)))
        code = await _code(back, typed)
    form = {
        **providers.client(settings),
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back.uri,
        "code_verifier": verifier,
    }
    return answers.tokens(await wire.post(found.token_url, form), at=clock.now())


async def _code(back: Redirect, typed: Typed) -> str:
    """Whichever comes first. A line that is no such address is passed over."""
    typing = loops.spawn(_typed(back, typed), name="sign-in.typed")
    try:
        return await asyncio.wait_for(asyncio.shield(back.code), BROWSER_S)
    except TimeoutError as error:
        raise Refusal(Kind.EXPIRED, "expired_token") from error
    finally:
        await loops.cancel(typing)


async def _typed(back: Redirect, typed: Typed) -> None:
    while line := await typed():
        if back.take(line.strip()):
            return


def _compare(who: tuple[str, ...], wanted: str) -> None:
    """A provider that does not say who it was leaves it to the mail servers: they refuse another one's token."""
    if who and wanted.lower() not in {one.lower() for one in who}:
        raise Other(masked(who[0]), masked(wanted))


def _why(refusal: Refusal, label: str) -> str:
    if refusal.kind is Kind.DENIED:
        return f"access was denied at {label}: sign in again and allow it, or ask who administers the accounts"
    if refusal.kind is Kind.EXPIRED:
        return "nobody signed in before the code ran out: run the command again"
    if refusal.kind is Kind.ENDED:
        return f"{label} does not take the code ({refusal.code}): run the command again"
    if refusal.kind is Kind.SETTINGS:
        where = "see client_id, client_secret and tenant in [channels.email.oauth] and how the application is set up"
        return f"{label} refuses this application ({refusal.code}): {where}"
    return f"{label} cannot be asked now ({refusal.code}): see whether this machine may reach it, and try again"
