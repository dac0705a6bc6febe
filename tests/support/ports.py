"""A port for a server that starts a little later."""

from __future__ import annotations

import random
import socket

# Below those the system gives to outgoing connections: one of these would sooner or later sit on the port meanwhile.
BELOW_OUTGOING = range(20_000, 32_000)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    while True:
        port = random.SystemRandom().choice(BELOW_OUTGOING)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
