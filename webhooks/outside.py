"""Which addresses lead out of our own network: posts go to no others unless the settings say so. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from kernel.phrases import Phrase

_SCHEMES = ("https", "http")


def expected(url: str, *, private: bool) -> str:
    """What a target's address should be instead; "" for a good one. Pure."""
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        return Phrase("an address that begins with https://")
    if not host or scheme not in _SCHEMES or (scheme == "http" and not private):
        return Phrase("an address that begins with https:// (http:// only with private = true)")
    if parts.username or parts.password:
        return Phrase("an address without a name and a password; the secret signs what is sent")
    if not private and is_address(host) and not is_public(host):
        return Phrase("an address that everybody reaches, or private = true")
    return ""


def is_address(host: str) -> bool:
    """True for numbers, which nobody looks up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """True for what leads out of every private network, this machine and its neighbours. Pure."""
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour or (known.teredo[1] if known.teredo else None)
        if inner is not None:
            known = inner
    return known.is_global and not known.is_multicast
