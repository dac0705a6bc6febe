"""Lines that a person types while something else is waited for; what comes after them is left to the next question."""

from __future__ import annotations

import asyncio
import os
import sys

NEWLINE = b"\n"


async def line() -> str:
    """The next line; "" once there are no more. Given up, it has taken nothing from whoever asks next."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    try:
        number = sys.stdin.fileno()
        loop.add_reader(number, _take, number, typed)
    except (OSError, ValueError):  # nothing, or a file: nobody types there
        return ""
    try:
        return await typed
    finally:
        loop.remove_reader(number)


def _take(number: int, typed: asyncio.Future[str]) -> None:
    """One line and not a byte more. A terminal hands over whole lines, so this does not wait for the end of one."""
    found = b""
    while not found.endswith(NEWLINE) and (byte := os.read(number, 1)):
        found += byte
    if not typed.done():
        typed.set_result(found.decode("utf-8", "replace"))
