"""What a provider's endpoints answer: tokens, a device code, or why not. Pure.

RFC 6749 5.1 and 5.2, RFC 8628 3.2 and 3.5, OpenID Connect Core 3.1.3.3 for who has signed in.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

LIFETIME_S = 3600  # of an access token whose answer names none
INTERVAL_S = 5  # RFC 8628 3.2
DEVICE_S = 900
MOST_S = 10 * 365 * 86400  # a longer lifetime is a mistake, and no date can hold it
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_AADSTS = re.compile(r"AADSTS\d{4,10}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_CLAIMS = ("email", "preferred_username", "upn", "unique_name")


class Kind(StrEnum):
    """What a refusal asks of us."""

    PENDING = "pending"  # nobody has entered the code yet
    SLOW_DOWN = "slow down"
    DENIED = "denied"  # the person said no
    EXPIRED = "expired"  # the device code
    ENDED = "ended"  # the sign-in is no longer good: a person has to sign in anew
    SETTINGS = "settings"  # the application is not registered as the settings say
    LATER = "later"


_KINDS = {
    "authorization_pending": Kind.PENDING,
    "slow_down": Kind.SLOW_DOWN,
    "access_denied": Kind.DENIED,
    "authorization_declined": Kind.DENIED,  # Microsoft's own word
    "expired_token": Kind.EXPIRED,
    "code_expired": Kind.EXPIRED,
    "invalid_grant": Kind.ENDED,
    "interaction_required": Kind.ENDED,
    "consent_required": Kind.ENDED,
    "login_required": Kind.ENDED,
    "bad_verification_code": Kind.EXPIRED,
    "temporarily_unavailable": Kind.LATER,
    "server_error": Kind.LATER,
}


class Refusal(Exception):
    """An endpoint said no. `code`: its own short word, and nothing else of what it said: that may name a person."""

    def __init__(self, kind: Kind, code: str) -> None:
        super().__init__(code)
        self.kind = kind
        self.code = code


@dataclass(frozen=True, slots=True)
class Tokens:
    """`refresh`: "" where the one we have stays good. `ends_at`: when the sign-in ends whatever is done, if known.

    `who`: under which addresses the provider knows who has signed in; () if it does not say.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    lifetime: timedelta
    ends_at: datetime | None = None
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """`code` is ours to ask with; `user_code` is what the person enters at `open_at`.

    `scan_at`: the page with the code in its address, for a phone's camera; "" where the provider has none.
    """

    code: str = field(repr=False)
    user_code: str
    open_at: str
    lives_s: float
    interval_s: float
    scan_at: str = ""


def tokens(answer: Mapping[str, Any], *, at: datetime) -> Tokens:
    """The tokens in a successful answer that came at `at`. Raises Refusal (LATER) for what is none."""
    access, refresh = answer.get("access_token"), answer.get("refresh_token") or ""
    if not _is_token(access) or (refresh and not _is_token(refresh)):
        raise Refusal(Kind.LATER, "an answer without a token")
    if str(answer.get("token_type", "bearer")).lower() != "bearer":
        raise Refusal(Kind.SETTINGS, "a token that is no bearer token")
    lifetime = timedelta(seconds=_seconds(answer.get("expires_in"), LIFETIME_S))
    # Google and Keycloak tell when the sign-in itself ends, each in its own word
    ends_s = _seconds(answer.get("refresh_token_expires_in") or answer.get("refresh_expires_in"), 0)
    ends_at = at + timedelta(seconds=ends_s) if ends_s else None
    return Tokens(str(access), str(refresh), at + lifetime, lifetime, ends_at, _who(answer.get("id_token")))


def device(answer: Mapping[str, Any]) -> DeviceCode:
    """Raises Refusal (LATER) for an answer that is none."""
    code, user_code = answer.get("device_code"), answer.get("user_code")
    open_at = answer.get("verification_uri") or answer.get("verification_url")
    whole = answer.get("verification_uri_complete")
    if not isinstance(code, str) or not code or not _is_line(user_code) or not _is_page(open_at):
        raise Refusal(Kind.LATER, "an answer without a device code")
    lives_s = _seconds(answer.get("expires_in"), DEVICE_S) or DEVICE_S
    interval_s = _seconds(answer.get("interval"), INTERVAL_S)
    scan_at = str(whole) if _is_page(whole) else ""
    return DeviceCode(code, str(user_code), str(open_at), lives_s, min(max(interval_s, 1), 300), scan_at)


def refusal(status: int, answer: Mapping[str, Any]) -> Refusal:
    """Why an endpoint answered `status` (not 200). What it says beyond its code is left out, but for Microsoft's
    number, by which its documents explain it.
    """
    word = answer.get("error")
    code = word if isinstance(word, str) and _CODE.fullmatch(word) else f"HTTP {status}"
    number = _AADSTS.search(str(answer.get("error_description", "")))
    shown = f"{code} ({number[0]})" if number else code
    if status >= 500 or status in (408, 429):
        return Refusal(_KINDS.get(code, Kind.LATER), shown)
    return Refusal(_KINDS.get(code, Kind.SETTINGS if isinstance(word, str) else Kind.LATER), shown)


def _is_token(value: Any) -> bool:
    """Visible ASCII only: a token with a control character could end the line it is written in."""
    return isinstance(value, str) and bool(_TOKEN.fullmatch(value))


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) < 500


def _is_page(value: Any) -> bool:
    """What a browser opens as a page: it becomes a link."""
    return _is_line(value) and value.startswith(("https://", "http://"))


def _seconds(value: Any, default: float) -> float:
    """A number, or one as text, as some providers write it."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return found if 0 <= found <= MOST_S else default


def _who(id_token: Any) -> tuple[str, ...]:
    """The addresses an id token names. It came straight from the endpoint over TLS, so its signature adds nothing
    (OpenID Connect Core 3.1.3.7, 6).
    """
    parts = id_token.split(".") if isinstance(id_token, str) else []
    if len(parts) != 3:
        return ()
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return ()
    if not isinstance(claims, dict):
        return ()
    named = (claims.get(one) for one in _CLAIMS)
    return tuple(dict.fromkeys(one for one in named if isinstance(one, str) and "@" in one and one.isprintable()))
