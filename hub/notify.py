"""Tells systemd how far the hub is (Type=notify). Format: sd_notify(3), one datagram of KEY=VALUE lines."""

from __future__ import annotations

import os
import socket

READY, STOPPING = "READY=1", "STOPPING=1"


def tell(state: str) -> None:
    """Send `state` to the socket that NOTIFY_SOCKET names; started by anything else, nothing happens.

    An address that begins with @ is an abstract one. A manager that does not listen must not stop the hub.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        try:
            out.sendto(state.encode(), place)
        except OSError:
            return
