"""Who may post to a source: a Standard Webhooks signature, or a bearer token from listed networks."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Mapping, Sequence

from msgspec import Struct

from webhooks import signature

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class Source(Struct, frozen=True):
    """A system that posts. Either `keys` (one, or several while a secret is rotated) or `tokens`.

    `map`: CEL that makes an event of ours from what it posts; "" where it posts our events.
    """

    name: str
    keys: tuple[bytes, ...] = ()
    tokens: tuple[bytes, ...] = ()
    networks: Networks = ()
    map: str = ""


def source(
    name: str, *, secrets: Sequence[str], tokens: Sequence[str], addresses: Sequence[str], map: str = ""
) -> Source:
    """A source from its settings. Raises ValueError for a secret that is not base64."""
    return Source(
        name,
        tuple(signature.key(secret) for secret in secrets),
        tuple(token.encode() for token in tokens),
        networks(addresses),
        map if map.strip() else "",
    )


def networks(written: Sequence[str]) -> Networks:
    """Networks from settings ("10.0.0.0/8"). Raises ValueError."""
    return tuple(ipaddress.ip_network(one) for one in written)


def peer(remote: str | None, forwarded: Sequence[str], trusted: Networks) -> str | None:
    """Who has sent a request: the nearest hop that is none of our own proxies. Pure.

    `forwarded`: the values of X-Forwarded-For, which anybody can write; each hop is believed only if a trusted one
    has added it. None if an unknown proxy on this machine passed the request on: then only the proxy is known.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    found = remote
    while hops and is_within(found, trusted):
        found = hops.pop()
    if hops and found == remote and is_loopback(found):
        return None
    return found


def is_loopback(peer: str | None) -> bool:
    return is_within(peer, _LOOPBACK)


def is_within(peer: str | None, networks: Networks) -> bool:
    """True if `peer` is an address in one of `networks`."""
    try:
        address = ipaddress.ip_address(peer or "")
    except ValueError:
        return False
    # a socket open to both shows IPv4 peers as ::ffff:a.b.c.d
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in networks)


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
    return not source.networks or is_within(peer, source.networks)
