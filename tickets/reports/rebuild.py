"""Counting everything anew, from the newest ticket to the oldest, in short units; what is cut short goes on."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import orjson
from msgspec import Struct
from msgspec.structs import asdict

from channels.models import Mark
from kernel.unit import Reader, Work
from tickets.reports import fold

_FIRST = 2**63 - 1


class Progress(Struct, frozen=True):
    """How far it has come: tickets from the id `before` on are counted. `zone`: whose days they were counted by."""

    zone: str
    before: int = _FIRST
    done: int = 0
    total: int = 0
    is_over: bool = False

    @property
    def percent(self) -> int:
        return 100 if self.is_over else min(99, self.done * 100 // max(1, self.total))


async def progress(reader: Reader) -> Progress | None:
    """None if it has never begun."""
    row = await reader.one("SELECT value FROM marks WHERE key = ?", fold.MARK)
    return Progress(**orjson.loads(row["value"])) if row else None


async def begin(work: Work, zone: ZoneInfo) -> Progress:
    """Start over. What has been counted stays until its turn comes."""
    row = await work.one("SELECT count(*) AS n FROM tickets")
    started = Progress(zone.key, total=int(row["n"]) if row else 0)
    await _keep(work, started)
    return started


async def step(work: Work, zone: ZoneInfo) -> Progress:
    """Count the next tickets; the first of its unit. Days of another zone than `zone` make it begin again."""
    await fold.alone(work)
    now = await progress(work)
    if now is None or now.zone != zone.key:
        return await begin(work, zone)
    if now.is_over:
        return now
    found = await work.fetch(f"SELECT id FROM tickets WHERE id < ? ORDER BY id DESC LIMIT {fold.UNIT}", now.before)
    ids = [int(row["id"]) for row in found]
    await fold.count(work, ids, zone)
    moved = Progress(zone.key, ids[-1] if ids else 0, now.done + len(ids), now.total, is_over=not ids)
    await _keep(work, moved)
    return moved


async def _keep(work: Work, now: Progress) -> None:
    value = orjson.dumps(asdict(now)).decode()
    changed = "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    await work.insert(Mark, [{"key": fold.MARK, "value": value}], conflict=changed)
