"""Who may post to a source: a Standard Webhooks signature, or a bearer token from listed networks."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOLERANCE_S = 300  # either way, as the specification has it
PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Source:
    """A system that posts. Either `keys` (one, or several while a secret is rotated) or `tokens`."""

    name: str
    keys: tuple[bytes, ...] = ()
    tokens: tuple[bytes, ...] = ()
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()


def source(name: str, *, secrets: Sequence[str], tokens: Sequence[str], addresses: Sequence[str]) -> Source:
    """A source from its settings. Raises ValueError for a secret that is not base64."""
    return Source(
        name,
        tuple(_key(secret) for secret in secrets),
        tuple(token.encode() for token in tokens),
        tuple(ipaddress.ip_network(address) for address in addresses),
    )


def is_genuine(source: Source, headers: Mapping[str, str], body: bytes, peer: str | None) -> bool:
    """True if the request proves to come from `source`. Compares in constant time; never raises."""
    if source.keys:
        return _is_signed(source.keys, headers, body)
    return _has_token(source, headers) and _is_near(source, peer)


def _key(secret: str) -> bytes:
    key = base64.b64decode(secret.removeprefix(PREFIX) + "==")  # surplus padding is passed over
    if not key:
        raise ValueError("a signing secret must not be empty")
    return key


def _is_signed(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes) -> bool:
    """Standard Webhooks: HMAC-SHA256 over id.timestamp.body, any one of the signatures given.

    By hand, because the library takes five times as long (18 us a request); the tests ask it for its opinion.
    """
    given, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").encode("utf-8", "surrogateescape").split(b" ")
    if not given or not (at.isascii() and at.isdigit()) or abs(time.time() - int(at[:20])) > TOLERANCE_S:
        return False
    signed = f"{given}.{at}.".encode("utf-8", "surrogateescape") + body
    expected = [b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    return sum(hmac.compare_digest(mine, theirs) for mine in expected for theirs in signatures) > 0  # all compared


def _has_token(source: Source, headers: Mapping[str, str]) -> bool:
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    presented = given.strip().encode("utf-8", "surrogateescape")
    return sum(hmac.compare_digest(presented, token) for token in source.tokens) > 0  # all are compared


def _is_near(source: Source, peer: str | None) -> bool:
    if not source.networks:
        return True
    try:
        address = ipaddress.ip_address(peer or "")
    except ValueError:
        return False
    return any(address in network for network in source.networks)
