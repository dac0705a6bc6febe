"""E-mail addresses as text: what is one, whether it is ours, and what may stand in a header. Pure."""

from __future__ import annotations

import re

from kernel.phrases import Phrase

LIMIT = 320
POSTMASTER = "postmaster"
DUTIES = (POSTMASTER, "abuse")
# What ends a line somewhere: on the wire, in a database, in somebody's parser.
_BREAKS = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_LOCAL = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;,@\\\"]{1,64}")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


def is_one_line(text: str) -> bool:
    """True if `text` can stand in a header without starting another one."""
    return not _BREAKS.search(text)


def split(address: str) -> tuple[str, str]:
    """Local part and domain."""
    local, _, domain = address.rpartition("@")
    return local, domain


def is_address(text: str) -> bool:
    """True for one plain address, quoted local parts left out: nobody has them and they hide other addresses."""
    local, domain = split(text)
    if len(text) > LIMIT or not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith("."):
        return False
    if domain.startswith("[") or ".." in local:
        return False
    try:
        return all(_LABEL.fullmatch(label) for label in ascii_domain(domain).split("."))
    except ValueError:
        return False


def ascii_domain(domain: str) -> str:
    """The domain as it goes over the wire: lower case, other scripts as xn--. Raises ValueError if it is none."""
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError(Phrase("a domain that can be written in ASCII")) from error


def is_ours(recipient: str, own: str) -> bool:
    """True for our address, what follows a + in it, and at its domain what we give out: r+…, b+…, u+… (see `identity`).

    So for the two that every domain must have (RFC 5321, 4.5.1; RFC 2142): postmaster, with or without it, and abuse.
    """
    if recipient.lower() == POSTMASTER:
        return True
    local, domain = split(recipient)
    own_local, own_domain = split(own)
    if ascii_or_none(domain) != own_domain:
        return False
    local, own_local = local.lower(), own_local.lower()
    return local in (own_local, *DUTIES) or (
        local.startswith((f"{own_local}+", "r+", "b+", "u+")) and not local.endswith("+")
    )


def ascii_or_none(domain: str) -> str | None:
    try:
        return ascii_domain(domain)
    except ValueError:
        return None
