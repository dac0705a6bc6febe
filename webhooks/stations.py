"""What the station database and the monitoring of stations post: stations kept up, outages drafted, moved and ended.

Nothing here tells a customer: a person confirms, or, where the source is trusted with it, a settle time passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from channels.messages import Arrived
from crmcore import ledger, outages, stations
from crmcore.ledger import Outage, State
from crmcore.outages import SOON, Asked, Window
from crmcore.stations import Facts
from kernel.unit import Work
from webhooks.schemas import OutageData, StationData


class Trust(Struct, frozen=True):
    """What a source may do. `confirm`: a person confirms all it says; else the unplanned goes after `settle`."""

    confirm: bool = True
    settle: timedelta = timedelta(minutes=5)


class StationEvents(Struct, frozen=True):
    """Handlers of events, by the account of the source that posted them."""

    trust: Mapping[str, Trust]

    async def upserted(self, work: Work, arrived: Arrived) -> None:
        """A station as its database has it now."""
        data: StationData = arrived.inbound.payload
        nearest = None if data.nearest is None else " ".join(stations.written(code) for code in data.nearest)
        code = stations.written(data.code)
        facts = Facts(code, data.name, data.address, data.region, data.zone, data.services, nearest)
        await stations.upsert(work, [facts])

    async def outage(self, work: Work, arrived: Arrived) -> None:
        """Down, up again, or a mistake. What is known already changes nothing. Raises NotFound for a station."""
        data: OutageData = arrived.inbound.payload
        codes = list(dict.fromkeys(stations.written(code) for code in data.station))
        key = (data.key or " ".join(codes))[:120]
        standing = await ledger.of_source(work, arrived.account, key)
        if data.state == "down":
            await self._down(work, arrived.account, key, codes, data, standing)
        elif standing is not None:
            await self._over(work, standing, data)

    async def _down(
        self, work: Work, source: str, key: str, codes: list[str], data: OutageData, standing: Outage | None
    ) -> None:
        window = _window(data, standing, work.now)
        asked = Asked(source=source, source_key=key, publish_due=self._due(source, window.starts_at, work.now))
        if standing is not None and (standing.starts_at, standing.ends_at) == (window.starts_at, window.ends_at):
            return
        if standing is not None and standing.state is State.ANNOUNCED:
            await outages.move(work, standing, window, asked, why=data.why)
            return
        if standing is not None:
            await outages.drop(work, standing)
        found = await stations.needed(work, codes)
        await outages.declare(work, found, window, asked, why=data.why, note=data.note)

    async def _over(self, work: Work, standing: Outage, data: OutageData) -> None:
        """A draft that is over before anybody was told is forgotten: a station that flaps tells nobody."""
        asked = Asked(source=standing.source, publish_due=self._due(standing.source, standing.starts_at, work.now))
        if standing.state is State.DRAFT or data.state == "cancelled":
            await outages.cancel(work, standing, asked, why=data.why)
            return
        at = max(standing.starts_at, min(data.until or work.now, work.now))
        await outages.end(work, standing, at, asked)

    def _due(self, source: str, starts_at: datetime, now: datetime) -> datetime | None:
        """When it goes out without a person: what a trusted source says of now, once it has settled."""
        trust = self.trust.get(source, Trust())
        return now + trust.settle if not trust.confirm and starts_at <= now + SOON else None


def _window(data: OutageData, standing: Outage | None, now: datetime) -> Window:
    """The times told; what is not told stays as it stands. Pure."""
    starts_at = data.since or (standing.starts_at if standing else now)
    ends_at = data.until or (standing.ends_at if standing else None)
    return Window(starts_at, ends_at, data.for_good)
