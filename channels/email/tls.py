"""The TLS a client of ours speaks to a mail server: always verified."""

from __future__ import annotations

import ssl


def context(certificates: str) -> ssl.SSLContext:
    """A verifying context; `certificates`: a file to trust besides the system's, "" for none. Raises OSError."""
    found = ssl.create_default_context()
    if certificates:
        found.load_verify_locations(cafile=certificates)
    return found
