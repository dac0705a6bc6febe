"""A desk with something behind every verb, all of it in a queue of its own; and what a message has changed there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from bot.alerting import Alerting
from bot.announcing import Announcer
from bot.commands import registry
from bot.customer import Customers
from bot.entrance import Entrance
from bot.groups import Groups
from bot.house import Chat, House
from bot.joining import Joining
from bot.notices import Notices
from bot.reminding import Reminding
from channels.contract import Address, Capabilities, Raw
from channels.files import FileStore
from channels.intake import Acceptor
from channels.lines import Line, Lines
from crmcore import owners, refused, staff, stations
from crmcore.models.staff import Role
from crmcore.stations import Facts
from hub import database, settings, wiring
from hub.inbound import Fork
from kernel import ids
from kernel.clock import Clock
from kernel.timers import Timers
from kernel.unit import Store
from routing import assign, call_backs
from routing.call_backs import Wanted
from routing.call_windows import Window
from routing.desk import Desk
from routing.targets import Targets
from tests.hub.forked import parse
from tests.hub.schema import FILLED
from tests.support.alone import Alone
from tests.tickets.searched import catch_up
from tickets import actions
from tickets.deliveries import Deliveries

CHAT = Line("chat", "chat:1", Capabilities("Chat", "chat", buttons=True, edits=True, proves_sender=True))
SMS = Line("sms", "sms:1", Capabilities("SMS", "tel"))
GROUP = "-100"
ANNA, MAREK, BELA, CYRIL = "1001", "1002", "1006", "1008"  # agent of no queue, manager, and two who work cards
ESZTER, JAN, OBCY = "2001", "2002", "3001"
SECRET = "geheim"  # stands in all that is written about the tickets of the queue
SECRETS = (SECRET, "Eszter", "Jan")
HOLD = timedelta(hours=10)
DESK: dict[str, Any] = {
    "queues": {
        "inbox": {"assign": "none"},
        "cards": {"first_response": "1h", "assign": "none"},
    },
    "kinds": {"question": {"fields": [{"name": "detail"}]}},
    "macros": {"hello": {"text": "Hello {{ customer }}"}},
    "rules": [{"name": "cards", "when": f'message.text.contains("{SECRET}")', "queue": "cards"}],
}
# What every message leaves behind, whoever wrote it.
_EXPECTED = {
    ("raw_messages", "added"),
    ("messages", "added in"),
    ("messages", "added answer"),
    ("messages", "added toast"),
}

_REFUSED = ("alterations", "added refused")

Snapshot = Mapping[str, Mapping[Any, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Step:
    """What messages have done: changed rows (table, how), beyond what every message leaves; and what was said.

    `refused`: lines of the audit about colleagues who had no right to it.
    """

    changes: tuple[tuple[str, str], ...]
    said: tuple[tuple[str, str], ...]  # (address, text)
    refused: int = 0

    def told(self, address: str) -> list[str]:
        return [text for to, text in self.said if to == address]


class Wall:
    """A hub's rooms without its wires: what comes in is JSON, what goes out stays in the outbox."""

    def __init__(self, store: Store, clock: Clock, folder: Path) -> None:
        self.store, self.clock = store, clock
        self.files = FileStore(folder)
        configured = settings.check(DESK, base=folder)
        desk = Desk(configured.queues, configured.rules, {"chat": True}, kinds=configured.kinds)
        self.group = Chat(CHAT, Address("chat", GROUP), group=True)
        self.house = House(Lines([CHAT, SMS]), desk, HOLD, staff_chats=[self.group], macros=configured.macros)
        self.house.commands_a_minute = 10_000  # every verb is tried, faster than any hand
        self.house.public_url = "https://desk.example"
        customers = Customers(self.house)
        self.announcer = Announcer(store, self.house)
        store.handlers = wiring.handlers(
            Notices(self.house),
            Alerting(self.house),
            Reminding(self.house),
            customers,
            Targets(desk),
            Deliveries(self.house.lines, desk.tokens),
            self.announcer,
            Joining(self.house),
        )
        entrance = Entrance(self.house, registry())
        self.fork = Fork(
            store,
            self.files,
            desk=desk,
            entrance=entrance,
            customers=customers,
            joining=Joining(self.house),
            groups=Groups(store, self.house, Alone()),
        )
        self.fork.parsers = {"chat": parse}

    async def say(self, who: str, *texts: str, group: bool = False, replies_to: str = "") -> None:
        """Somebody writes, one message after the other."""
        ours = [{"text": text, "replies_to": replies_to, "external_id": str(ids.new())} for text in texts]
        await self._arrive(who, ours, group=group)

    async def write(
        self, who: str, text: str, *, account: str = CHAT.account, received_at: datetime | None = None, **said: Any
    ) -> Step:
        """Somebody writes, with all that a message can say of itself; all tables before and after."""
        before = await self.snapshot()
        ours = [{"text": text, "external_id": str(ids.new()), **said}]
        await self._arrive(who, ours, account=account, received_at=received_at)
        return compared(before, await self.snapshot())

    async def press(self, who: str, *codes: str, group: bool = False) -> None:
        await self._arrive(who, [{"kind": "press", "code": code, "query": "q"} for code in codes], group=group)

    async def tried(self, who: str, *texts: str, **more: Any) -> Step:
        """Somebody writes; all tables before and after."""
        before = await self.snapshot()
        await self.say(who, *texts, **more)
        return compared(before, await self.snapshot())

    async def pressed(self, who: str, *codes: str, **more: Any) -> Step:
        """Somebody presses; all tables before and after."""
        before = await self.snapshot()
        await self.press(who, *codes, **more)
        return compared(before, await self.snapshot())

    async def snapshot(self) -> Snapshot:
        """Every row of every table but those of the search and the reports, which follow the others."""
        tables = {}
        async with self.store.unit() as work:  # one connection for all of them, not taken and given back for each
            for table, row in FILLED.items():
                if table.startswith(("search_", "report_")):
                    continue
                key = next(iter(row))
                found = await work.fetch(f"SELECT * FROM {table} ORDER BY {key}")
                tables[table] = {one[key]: one for one in found}
        return tables

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return await self.store.reading().fetch(sql, *values)

    async def one(self, sql: str, *values: Any) -> Any:
        """The only value of the only row."""
        [row] = await self.rows(sql, *values)
        [value] = row.values()
        return value

    async def push(self, **by: float) -> None:
        """Time passes; what is due happens."""
        self.clock.push(timedelta(**by))
        await Timers(self.store, wiring.TIMERS).turn()
        await self.delivered()

    async def delivered(self) -> None:
        """What is queued and not held has arrived, under its own id."""
        async with self.store.unit() as work:
            await work.change(
                "UPDATE messages SET state = 'sent', external_id = CAST(id AS VARCHAR(20))"
                " WHERE direction = 'out' AND state = 'queued' AND due_at <= ?",
                work.now,
            )

    async def _arrive(
        self,
        who: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        group: bool = False,
        account: str = CHAT.account,
        received_at: datetime | None = None,
    ) -> None:
        address = GROUP if group else who
        acceptor = Acceptor(self.store, self.files)
        acceptor.start()
        for said in messages:
            body = orjson.dumps({"as": who, "group": group, "name": _NAMES.get(who, ""), **said})
            await acceptor.accept(Raw("chat", account, str(ids.new()), address, body, received_at or datetime.now(UTC)))
        await acceptor.stop()
        while await self.one("SELECT count(*) FROM raw_messages WHERE state = 'waiting'"):
            await self.fork.turn()
        await self.delivered()


_NAMES = {ESZTER: "Eszter", JAN: "Jan", OBCY: "Obcy"}


@asynccontextmanager
async def furnished(template: Any, url: str, folder: Path, clock: Clock) -> AsyncIterator[Wall]:
    """A hub that was started on what `furnish` has left; that is done once a session, and then put back."""
    if not _FURNISHED:
        await database.connect(url)
        first = Clock(clock.now())
        await furnish(Wall(Store(first), first, folder))
        await database.close()
        _FURNISHED.append((first.shift, await template.kept(folder)))
    else:
        await template.put(folder, _FURNISHED[0][1])
    clock.push(_FURNISHED[0][0])
    await database.connect(url)
    yield Wall(Store(clock), clock, folder)
    await database.close()


_FURNISHED: list[tuple[timedelta, Any]] = []


async def furnish(wall: Wall) -> None:
    """Bela and Cyril have worked the queue, Cyril has left; Marek has an outage to confirm.

    T3 (Eszter) is Bela's, with a note, a held reply, R1, the planned R2, a call-back and a code on its way. T4 (Jan) is
    nobody's, with an alert, Cyril's R3 (told), his planned R4 and his note. T1 sleeps, T2 is closed. All are in one
    queue.
    B1 is Eszter's company, in a group of the house's one owner in which Bela is alone.
    """
    async with wall.store.unit() as work:
        for name, address, role in (
            ("Anna", ANNA, Role.AGENT),
            ("Marek", MAREK, Role.MANAGER),
            ("Bela", BELA, Role.AGENT),
            ("Cyril", CYRIL, Role.AGENT),
        ):
            hired = await staff.add(work, name, role, [Address("chat", address)])
            await assign.join(work, hired, ("cards",) if name in ("Bela", "Cyril") else ())
        await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw")])
    for who, text in (("2003", "asleep"), ("2004", "closed"), (ESZTER, "card"), (JAN, "account")):
        await wall.say(who, f"{SECRET} {text}")
    await wall.say(BELA, "/snooze T1 300d")
    await wall.say(BELA, "/close T2")
    for text in ("/take T3", f"/note T3 {SECRET} note", f"/reply T3 {SECRET} answer", "/link T3 +48601234567"):
        await wall.say(BELA, text)
    async with wall.store.unit() as work:
        owner_id = await owners.add(work, "Centrum", {})
        group_id = await owners.add_group(work, await owners.named(work, "Centrum"), "cards")
        await owners.join(work, owner_id, (await staff.named(work, "Bela")).id, group_id)
    await wall.say(BELA, f"/company T3 {SECRET} Trans")
    await wall.say(BELA, f"/remind T3 300d {SECRET} R1")
    await wall.say(BELA, f"/plan T3 300d call {SECRET} R2")
    async with wall.store.unit() as work:
        [row] = await work.fetch("SELECT id FROM tickets WHERE number = 3")
        far = work.now + timedelta(days=300)
        await call_backs.want(work, Wanted(row["id"], "+48601234567", Window(far, far + timedelta(hours=1)), "UTC"))
    await wall.push(hours=2)  # T4 is late: its alert is raised
    await wall.say(CYRIL, f"/remind T4 1h {SECRET} R3")
    await wall.say(CYRIL, f"/plan T4 300d visit {SECRET} R4")
    await wall.say(CYRIL, f"/note T4 {SECRET} note of Cyril")
    async with wall.store.unit() as work:
        gone = await staff.remove(work, "Cyril")
        await actions.release(work, gone.id)
    await wall.push(hours=1)  # R3 is told in the staff chat
    await wall.say(MAREK, "/station 0412 down 2h maintenance", group=True)
    await wall.announcer.turn()
    await wall.delivered()
    await catch_up(wall.store)


def compared(before: Snapshot, after: Snapshot) -> Step:
    """What differs, beyond the rows that every message leaves behind. Pure."""
    changes: list[tuple[str, str]] = []
    said: list[tuple[str, str]] = []
    for table, rows in after.items():
        old = before[table]
        for key, row in rows.items():
            if key not in old:
                how = "added"
                if table == "messages":
                    how = f"added {'in' if row['direction'] == 'in' else row['purpose']}"
                    said += [(row["address"], row["text"])] if row["direction"] == "out" else []
                how = "added refused" if row.get("kind") == refused.KIND and table == "alterations" else how
                changes.append((table, how))
            elif row != old[key]:
                changed = ", ".join(sorted(column for column in row if row[column] != old[key][column]))
                changes.append((table, f"changed {changed}"))
        changes += [(table, "removed")] * len(old.keys() - rows.keys())
    done = tuple(sorted(one for one in changes if one not in (*_EXPECTED, _REFUSED)))
    return Step(done, tuple(said), changes.count(_REFUSED))


def leaks(texts: Sequence[str]) -> list[str]:
    """Texts that show something of the queue's tickets. Pure."""
    return [text for text in texts if any(secret in text for secret in SECRETS)]
