"""Digests in the running hub: APScheduler wakes a loop each minute; rows decide who is told what, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import digesting
from bot.house import House
from channels.contract import File
from channels.files import FileStore
from crmcore import staff
from crmcore.staff import Colleague
from hub import charts
from kernel import log
from kernel.loops import Loop
from kernel.unit import Store
from routing import digest_book, digest_facts, digest_lines, digests
from routing.digests import Facts, Kind, Slot
from tickets.reports import current

_log = log.get(__name__)
LOOP = "digests"
IDLE_S = 3600.0  # the calendar wakes it
PNG = "image/png"


class Digests:
    """Tells every colleague who wants it the digests of his day."""

    def __init__(self, store: Store, files: FileStore, house: House) -> None:
        self._store, self._files, self._house = store, files, house
        self.loop = Loop(LOOP, self.turn)

    async def begin(self) -> None:
        """Another minute has begun."""
        self.loop.poke()

    async def turn(self) -> float:
        """Everybody to whom something is due that no row tells of; a colleague a unit."""
        waiting = await self._waiting()
        if any(not slot.passed for _, slot in waiting):
            await current.bring(self._store, self._house.digests.zone)
        for colleague, slot in waiting:
            await self._tell(colleague, slot)
        return IDLE_S

    async def _waiting(self) -> list[tuple[Colleague, Slot]]:
        reader, plan = self._store.reading(), self._house.digests
        everyone = [one for one in await staff.listed(reader) if digests.is_wanted(plan, one.role, one.digest)]
        ripe = {one.id: digests.due(plan, ZoneInfo(one.zone), reader.now) for one in everyone}
        if not any(ripe.values()):
            return []
        told, since = await digest_book.told(reader), await digest_book.since(reader)
        return [
            (one, slot)
            for one in everyone
            for slot in digests.untold(ripe[one.id], told.get(one.id, set()))
            if _is_his(one, slot, since)
        ]

    async def _tell(self, colleague: Colleague, slot: Slot) -> None:
        subject, text, is_late = "", "", False
        files: tuple[File, ...] = ()
        if not slot.passed:
            plan = self._house.digests
            language = self._house.reads(colleague)
            facts = await digest_facts.read(self._store.reading(), self._house.desk, plan, colleague, slot, language)
            subject, text = digest_lines.subject(facts), digest_lines.text(facts, plan.address)
            files = await self._pictures(facts) if text else ()
            is_late = facts.due_at is not None
        async with self._store.unit() as work:
            is_told = await digesting.tell(work, self._house, colleague, slot, subject=subject, text=text, files=files)
        if is_told:
            _log.info("digest.told", to=int(colleague.id), kind=slot.kind.value, late=is_late)

    async def _pictures(self, facts: Facts) -> tuple[File, ...]:
        """The week's chart, if there was anything in it; kept before any row names it."""
        week = facts.week
        if facts.kind is not Kind.WEEKLY or week is None or not (sum(week.came) or sum(week.answered)):
            return ()
        png = await charts.picture(week, facts.language)
        if not png:
            return ()
        return (File(charts.NAME, PNG, len(png), kept=await self._files.keep(png)),)


def _is_his(colleague: Colleague, slot: Slot, since: Mapping[int, datetime]) -> bool:
    """What was due before he came is none of his."""
    came = since.get(colleague.id)
    return came is not None and came <= slot.at
