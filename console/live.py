"""What open pages are told: which tickets have changed, of those their reader may see at that moment.

A handler pokes once a ticket after the commit; one loop looks once a burst for all pages. What other processes do
(the command line, a second hub) is found by the entries they leave, at a look every few seconds while a page is open.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field

from channels.events import FileChanged, MessageSettled
from console import session
from console.session import Holder
from crmcore import access
from crmcore.access import Actor, Scope, StaffId
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Store, Work
from routing import assign
from routing.desk import Desk
from tickets.events import AnswerRerouted, ClockBreached, CustomerWrote, TicketChanged, TicketOpened, TicketWoke

POKE = "ticket:"
LOOP = "console"
LOOK_EVERY_S = 3.0
BURST_S = 0.15  # what changes within it is looked up together
LATE_S = 10.0  # how long after its id was made an entry of another process may still be committed
MOST = 500  # tickets told at once; of more the page reads all anew
PAGES = 12  # streams of one session

About = TicketOpened | CustomerWrote | TicketChanged | ClockBreached | AnswerRerouted | TicketWoke


async def changed(work: Work, events: Sequence[About]) -> None:
    """Handler: pages that show these tickets are told once this is committed."""
    for event in events:
        work.poke(f"{POKE}{event.ticket_id}")


async def filed(work: Work, events: Sequence[FileChanged]) -> None:
    """Handler: a file has come, or a picture can be seen."""
    for event in events:
        if event.ref_kind == "ticket" and event.ref_id is not None:
            work.poke(f"{POKE}{event.ref_id}")


async def settled(work: Work, events: Sequence[MessageSettled]) -> None:
    """Handler: how a reply's delivery went is shown under it."""
    for event in events:
        if event.ref_kind == "ticket" and event.ref_id is not None and event.purpose == "reply":
            work.poke(f"{POKE}{event.ref_id}")


class News(Struct, frozen=True):
    """Numbers of tickets; `all`: too many to name, read anew what is shown."""

    all: bool
    numbers: tuple[int, ...]


class Page(Struct, eq=False):
    """One open page. `news`: numbers of changed tickets, None for too many."""

    session_id: int
    seen: set[int] = field(default_factory=set)  # tickets it was told of: it hears when one leaves its sight
    news: set[int] | None = field(default_factory=set)
    is_over: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self) -> News | None:
        """What has changed since the last call, once something has; None when it is over."""
        await self.wake.wait()
        if self.is_over:
            return None
        self.wake.clear()
        told, self.news = self.news, set()
        return News(all=told is None, numbers=tuple(sorted(told or ())))

    def tell(self, numbers: Iterable[int]) -> None:
        if self.news is not None:
            self.news |= set(numbers)
            if len(self.news) > MOST:
                self.news = None
        self.wake.set()

    def tell_all(self) -> None:
        self.news = None
        self.wake.set()

    def end(self) -> None:
        self.is_over = True
        self.wake.set()


class Live:
    """All open pages of this hub."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._pages: dict[Page, None] = {}  # the oldest first
        self._changed: set[int] = set()
        self._versions: dict[int, int] = {}  # as last told: what a look finds again is no news
        self._looked_s = 0.0

    def note(self, poke: str) -> None:
        """A poke of `changed` has come through its commit."""
        if self._pages:
            self._changed.add(int(poke.removeprefix(POKE)))

    def open(self, session_id: int) -> Page:
        """A page to tell from now on. Another of the same session gives way when it has too many."""
        if not self._pages:
            self._looked_s = time.time()
        own = [page for page in self._pages if page.session_id == session_id]
        if len(own) >= PAGES:
            self._end(own[0])
        page = Page(session_id)
        self._pages[page] = None
        return page

    def close(self, page: Page) -> None:
        self._pages.pop(page, None)

    def end_all(self) -> None:
        """The hub stops."""
        for page in list(self._pages):
            self._end(page)

    async def turn(self) -> float:
        """Tell all pages what has changed, and end those whose session is over."""
        if not self._pages:
            self._changed.clear()
            self._versions.clear()
            return LOOK_EVERY_S
        await asyncio.sleep(BURST_S)
        noted, self._changed = self._changed, set()
        reader = self._store.reading()
        await self._tell(reader, await self._tickets(reader, noted))
        return LOOK_EVERY_S

    async def _tickets(self, reader: Reader, noted: set[int]) -> list[Row] | None:
        """The changed tickets; None if there are too many to name."""
        since, self._looked_s = ids.first_of(self._looked_s - LATE_S), time.time()
        if len(noted) > MOST:
            return None
        wanted = sorted(noted)
        others = f" OR id IN ({rows.marks(wanted)})" if wanted else ""
        found = await reader.fetch(
            "SELECT id, number, queue, assignee_id, version FROM tickets"
            f" WHERE id IN (SELECT ticket_id FROM entries WHERE id > ?){others} LIMIT ?",
            since,
            *wanted,
            MOST + 1,
        )
        if len(found) > MOST:
            return None
        news = [row for row in found if row["id"] in noted or self._versions.get(row["id"]) != row["version"]]
        self._versions = {row["id"]: row["version"] for row in found}
        return news

    async def _tell(self, reader: Reader, news: list[Row] | None) -> None:
        pages = list(self._pages)
        holding = await session.standing(reader, sorted({page.session_id for page in pages}), now=datetime.now(UTC))
        scopes = await self._scopes(reader, holding.values()) if news else {}
        watching = await _watching(reader, news, scopes.values()) if news else {}
        for page in pages:
            holder = holding.get(page.session_id)
            if holder is None:
                self._end(page)
            elif news is None:
                page.tell_all()
            elif holder.staff_id in scopes:
                _share(page, scopes[holder.staff_id], news, watching)

    async def _scopes(self, reader: Reader, holders: Iterable[Holder]) -> dict[StaffId, Scope]:
        """What each may see now; two queries for all."""
        people = {one.staff_id: one for one in holders}
        queues = await assign.queues_of_all(reader, self._desk, {one.staff_id: one.name for one in people.values()})
        return {
            one.staff_id: access.scope(Actor(one.staff_id, one.name, one.role, one.zone, queues[one.staff_id]))
            for one in people.values()
        }

    def _end(self, page: Page) -> None:
        page.end()
        self._pages.pop(page, None)


async def _watching(reader: Reader, news: Sequence[Row], scopes: Iterable[Scope]) -> dict[int, list[Row]]:
    """Who watches these tickets, where somebody's sight may hang on it."""
    if all(scope.everything for scope in scopes):
        return {}
    changed = [row["id"] for row in news]
    found: dict[int, list[Row]] = {}
    for row in await reader.fetch(
        f"SELECT ticket_id, staff_id, queue FROM ticket_watchers WHERE ticket_id IN ({rows.marks(changed)})", *changed
    ):
        found.setdefault(row["ticket_id"], []).append(row)
    return found


def _sees(scope: Scope, row: Row, watching: dict[int, list[Row]]) -> bool:
    """As `tickets.visible` says it of a row. Pure."""
    return scope.covers(row["queue"], row["assignee_id"]) or any(
        one["queue"] in scope.queues if one["queue"] else one["staff_id"] == scope.staff_id
        for one in watching.get(row["id"], ())
    )


def _share(page: Page, scope: Scope, news: Sequence[Row], watching: dict[int, list[Row]]) -> None:
    """Tell the page of those tickets that its reader may see, and of those that have just left his sight."""
    seen = {row["number"] for row in news if _sees(scope, row, watching)}
    told = seen | {row["number"] for row in news if row["number"] in page.seen}
    page.seen = (page.seen - told) | seen
    if told:
        page.tell(told)
