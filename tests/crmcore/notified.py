"""Stations, subscribers and an outage on a real database, and a small hub that works notices off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.announcing import Announcer
from bot.house import House
from channels import outbox
from channels.contract import Address, Capabilities
from channels.events import MessageSettled
from channels.lines import Line, Lines
from channels.models import MessageState
from channels.settling import Outcome, settle
from crmcore import ledger, outages, stations, subscribers
from crmcore.audience import Consent, opted_out
from crmcore.ledger import Outage, Stage
from crmcore.outages import Asked, Window
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from kernel.unit import Store
from routing.desk import Desk

CHAT = Line("chat", "chat:1", Capabilities("Chat", "chat", buttons=True))
TEXTS = Line("text", "text:1", Capabilities("Text", "tel"))


def wish(name: str, *codes: str, phone: str = "", chat: bool = True, **more: Any) -> Wish:
    """Somebody with a chat, a phone, or both; no codes: all stations."""
    addresses = [Address("chat", name)] if chat else []
    addresses += [Address("tel", phone)] if phone else []
    return Wish((1,), tuple(addresses), name, codes=frozenset(codes), every=not codes, **more)


class Notified:
    """What a test says and looks at."""

    def __init__(self, store: Store, *, consent: Consent = opted_out) -> None:
        self.store = store
        self.announcer = Announcer(store, House(Lines([TEXTS, CHAT]), Desk({})), consent)
        store.handlers = {MessageSettled: (self.announcer.settled,)}

    async def prepare(self, wishes: Sequence[Wish]) -> None:
        async with self.store.unit() as work:
            await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw"), Facts("0415", "Sopot")])
        await self.subscribe(*wishes)

    async def subscribe(self, *wishes: Wish) -> None:
        for start in range(0, len(wishes), subscribers.CHUNK):
            async with self.store.unit() as work:
                await subscribers.upsert(work, wishes[start : start + subscribers.CHUNK])

    async def declare(self, *codes: str, hours: float = 2) -> Outage:
        async with self.store.unit() as work:
            found = await stations.needed(work, codes or ("0412",))
            window = Window(work.now, work.now + timedelta(hours=hours))
            return await outages.declare(work, found, window, Asked())

    async def change(self, outage: Outage, what: str) -> None:
        """Draft the move, end or cancel of what stands."""
        async with self.store.unit() as work:
            outage = await ledger.by_id(work, outage.id)
            if what == "move":
                later = Window(outage.starts_at, (outage.ends_at or work.now) + timedelta(hours=1))
                await outages.move(work, outage, later, Asked())
            elif what == "end":
                await outages.end(work, outage, work.now, Asked())
            else:
                await outages.cancel(work, outage, Asked())

    async def confirm(self, outage: Outage, *, turns: int | None = None) -> None:
        """Show the preview, confirm it, and work it off: all of it, or some turns of it."""
        await self.announcer.turn()
        async with self.store.unit() as work:
            revision = await ledger.pending(work, outage.id)
            assert revision is not None and revision.stage is Stage.COUNTED
            await outages.publish(work, await ledger.by_id(work, outage.id), revision)
        for _ in range(turns if turns is not None else 1_000):
            await self.announcer.turn()
            if turns is None and not await outages.under_way(self.store.reading()):
                return

    async def settle(self, name: str, state: MessageState, reason: str | None = None) -> None:
        """How the delivery of somebody's newest notice went."""
        async with self.store.unit() as work:
            row = await work.one(
                "UPDATE messages SET state = 'leased', tries = 1 WHERE id = (SELECT max(n.message_id) FROM notices AS n"
                " JOIN contacts AS c ON c.id = n.contact_id WHERE c.name = ?) RETURNING id",
                name,
            )
            assert row is not None
            await settle(work, [Outcome(row["id"], 1, state, reason=reason)])

    async def told(self) -> list[tuple[int, str, str, str]]:
        """Revision, who, channel and how it stands, of the whole ledger."""
        outage = (await ledger.listed(self.store.reading()))[0]
        lines, _ = await ledger.lines(self.store.reading(), outage.id)
        return sorted((one.revision, one.contact, one.channel, one.state) for one in lines)

    async def queued(self) -> int:
        row = await self.store.reading().one(
            "SELECT count(*) AS n FROM messages WHERE purpose = 'notice' AND state = 'queued' AND priority = ?",
            outbox.BULK,
        )
        return int(row["n"]) if row else 0
