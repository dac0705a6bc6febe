"""When `centrala run` offers to set up, where it listens meanwhile, and the address that it shows."""

from __future__ import annotations

import asyncio
import socket

from channels.errors import CannotListen
from hub import database
from hub.settings import Settings
from kernel import errors
from kernel.unit import READING

LOOK_S = 2.0
BACKLOG = 128
_EVERYWHERE = ("0.0.0.0", "::", "")


async def is_needed(settings: Settings) -> bool:
    """True without any channel, or without anybody who works here. A store that is away is no reason to ask."""
    if not settings.channels:
        return True
    await database.connect(settings.database.url)
    try:
        async with asyncio.timeout(LOOK_S):
            reading = database.connection(READING)
            found = await reading.execute_query_dict("SELECT 1 AS one FROM staff WHERE active LIMIT 1")
    except Exception as error:
        return not errors.is_passing(error)  # the table is not there yet
    finally:
        await database.close()
    return not found


def bind(settings: Settings) -> socket.socket:
    """A socket that outlives the hubs that serve it one after the other. Raises CannotListen."""
    host, port = settings.web.host, settings.web.port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen("web.port", f"{host}:{port}", error) from error


def is_one_place(settings: Settings) -> bool:
    """True if a host is one address: one socket is all that listens there."""
    try:
        found = socket.getaddrinfo(settings.web.host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return len(found) == 1


def is_same_place(one: Settings, other: Settings) -> bool:
    return (one.web.host, one.web.port) == (other.web.host, other.web.port)


def link(settings: Settings, port: int, token: str) -> str:
    """Where a browser on this machine finds the page."""
    host = "127.0.0.1" if settings.web.host in _EVERYWHERE else settings.web.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/setup?token={token}"
