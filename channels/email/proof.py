"""Whether our own mail server has proved the sender: its Authentication-Results, and nobody else's, are believed."""

from __future__ import annotations

import authres

from channels.contract import Dmarc
from channels.email.headers import Head

_FIELDS = 20
_VALUE = 8 * 1024


def result(head: Head, *, address: str, authserv: str) -> Dmarc | None:
    """What the topmost field of the trusted server says of DMARC; None where no server is trusted.

    Passed only if it did for the domain of `address`, the one clean address of From ("" if there is none). Failed:
    whoever wrote it, the owner of the address asks that it be doubted. All else, an error of the check too, is none.

    `authserv`: the server's name as it signs; "" trusts nobody. Lower fields of that name may have come with the mail.
    """
    if not authserv:
        return None
    found = _trusted(head, authserv)
    if found is None:
        return Dmarc.NONE
    if any(str(one.result).lower() == "fail" for one in _about_dmarc(found)):
        return Dmarc.FAIL
    return Dmarc.PASS if "@" in address and _passes(found, address.rpartition("@")[2].lower()) else Dmarc.NONE


def _trusted(head: Head, authserv: str) -> authres.AuthenticationResultsHeader | None:
    """The topmost field of that server."""
    for value in head.every("authentication-results")[:_FIELDS]:
        found = _read(value[:_VALUE])
        if found is not None and str(found.authserv_id).lower() == authserv.lower():
            return found
    return None


def _read(value: str) -> authres.AuthenticationResultsHeader | None:
    try:
        return authres.AuthenticationResultsHeader.parse_value(value)
    except (authres.AuthResError, ValueError, TypeError, IndexError, AttributeError):
        return None


def _passes(found: authres.AuthenticationResultsHeader, domain: str) -> bool:
    results = _about_dmarc(found)
    if len(results) != 1 or str(results[0].result).lower() != "pass":
        return False
    claimed = [
        str(one.value).rpartition("@")[2].lower()
        for one in results[0].properties
        if (str(one.type).lower(), str(one.name).lower()) == ("header", "from")
    ]
    return all(one == domain for one in claimed)


def _about_dmarc(found: authres.AuthenticationResultsHeader) -> list[authres.AuthenticationResult]:
    return [one for one in found.results if str(getattr(one, "method", "")).lower() == "dmarc"]
