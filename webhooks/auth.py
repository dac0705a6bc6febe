"""Who may post to a source: a Standard Webhooks signature, or a bearer token from listed networks."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhooks import signature


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
        tuple(signature.key(secret) for secret in secrets),
        tuple(token.encode() for token in tokens),
        tuple(ipaddress.ip_network(address) for address in addresses),
    )


def is_genuine(source: Source, headers: Mapping[str, str], body: bytes, peer: str | None) -> bool:
    """True if the request proves to come from `source`. Compares in constant time; never raises."""
    if source.keys:
        now = time.time()
        return any(signature.is_valid(key, headers, body, now=now) for key in source.keys)
    return _has_token(source, headers) and _is_near(source, peer)


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
    # a socket open to both shows IPv4 peers as ::ffff:a.b.c.d
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in source.networks)
