"""Customers' letters for the tests of tickets: people, what they wrote, and tickets made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from channels import messages
from channels.contract import Address, Capabilities, Inbound, Kind, Raw, RawId
from channels.intake import Claimed
from channels.lines import Line, Lines
from channels.messages import Arrived
from channels.outbox import Ref
from crmcore import access, contacts, staff
from crmcore.access import Actor, Scope
from crmcore.contacts import Person
from crmcore.models.staff import Role
from kernel import ids
from kernel.timers import Source
from kernel.unit import Reader, Store
from tests.conftest import START
from tickets import clocks, threads, visible
from tickets.models import ClockKind
from tickets.places import Letter, Place
from tickets.tokens import Tokens
from tickets.visible import TicketView

CHAT = Line("chat", "chat:1", Capabilities("Chat", "chat", text_limit=100, stale_after=timedelta(hours=6)))
LINES = Lines([CHAT])
ALL = Scope(True, frozenset(), access.StaffId(0))


def arrived(address: str = "eszter", text: str = "Hello", *, channel: str = "chat", **said: Any) -> Arrived:
    """A message as parsing leaves it. `said`: fields of the Inbound; `sender`, `scheme` of its addresses."""
    scheme = said.pop("scheme", "chat")
    sender = Address(scheme, said.pop("sender", address))
    said.setdefault("external_id", str(ids.new()))
    inbound = Inbound(Kind.MESSAGE, Address(scheme, address), sender, text=text, **said)
    raw = Raw(channel, f"{channel}:1", "", address, b"", START)
    return Arrived(Claimed(RawId(ids.new()), raw, 0), inbound)


async def place(
    store: Store,
    *letters: Arrived,
    conversational: bool = True,
    is_hearsay: bool = False,
    key: bytes = b"",
    reopens: Callable[[str], timedelta] = threads.fortnight,
) -> list[Place]:
    """What the intake does with letters, without rules."""
    async with store.unit() as work:
        people = await contacts.resolve(work, [one.inbound for one in letters])
        pairs = zip(letters, people, strict=True)
        own = [Letter(one, person, conversational, is_hearsay=is_hearsay) for one, person in pairs]
        places = await threads.place(work, own, Tokens(key), reopens=reopens)
        await messages.record(work, letters, [Ref("ticket", place.id) for place in places])
        await threads.write(work, places)
    return places


async def ticket(store: Store, address: str = "eszter", *, due_at: datetime | None = None, **said: Any) -> TicketView:
    """A ticket made of one letter, with a clock if it has a due time."""
    [made] = await place(store, arrived(address, **said))
    if due_at is not None:
        async with store.unit() as work:
            await clocks.start(work, [clocks.Start(made.id, ClockKind.FIRST_RESPONSE, due_at)])
    return await seen(store.reading(), made.number)


async def seen(reader: Reader, number: int) -> TicketView:
    found = await visible.by_number(reader, number)
    assert found is not None
    return found


async def waiting(reader: Reader, source: Source) -> list[int]:
    """The rows of a source that wait, due or not."""
    return [row["id"] for row in await reader.fetch(f"{source.waiting} ORDER BY due_at")]


async def person(store: Store, address: str = "eszter") -> Person:
    async with store.unit() as work:
        [found] = await contacts.resolve(work, [arrived(address).inbound])
    return found


async def actor(store: Store, name: str = "Anna", role: Role = Role.AGENT, queues: Sequence[str] = ()) -> Actor:
    async with store.unit() as work:
        staff_id = await staff.add(work, name, role, [])
    return Actor(staff_id, name, role, "UTC", frozenset(queues))


async def close(store: Store, number: int, at: datetime) -> None:
    async with store.unit() as work:
        await work.change("UPDATE tickets SET state = 'closed', closed_at = ? WHERE number = ?", at, number)


async def entries(store: Store, number: int) -> list[tuple[str, str]]:
    """(author, text) of a ticket, oldest first."""
    view = await seen(store.reading(), number)
    return [(one.author, one.text) for one in await visible.entries(store.reading(), view.id)]


async def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All rows that an act could change: to show that a refused one changed nothing."""
    reader = store.reading()
    tables = ("tickets", "entries", "messages", "clocks", "timeline", "alerts")
    return {table: await reader.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables}
