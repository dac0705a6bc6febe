"""What the demo remembers over a restart beside its database: what the phones show and how far the clock was pushed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson

from hub.demo.far_sides import FarSides
from kernel.clock import Clock
from kernel.errors import Conflict

NAME = "phones.json"
SPOILED = "spoiled"
SHIFT = "shift_s"


def recall(folder: Path, far: FarSides, clock: Clock) -> None:
    """Put back what `save` wrote, if it did. Raises Conflict (SPOILED) for a file that is not what it wrote."""
    path = folder / NAME
    if not path.exists():
        return
    try:
        kept = orjson.loads(path.read_bytes())
        far.recall(kept)
        clock.push(timedelta(seconds=kept.get(SHIFT, 0)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Conflict(f"{path} is not as the demo wrote it", code=SPOILED) from error


async def save(folder: Path, far: FarSides, clock: Clock) -> None:
    """Write it down; a torn write never replaces a whole one."""
    body = orjson.dumps({**far.remember(), SHIFT: clock.shift.total_seconds()})
    await asyncio.to_thread(_write, folder / NAME, body)


def _write(path: Path, body: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(body)
    part.replace(path)
