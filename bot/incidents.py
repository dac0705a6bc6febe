"""The loop of incidents: who is to be told is told, some at a time, and new tickets are looked at for a common cause.

The reading is done between units, so that live messages never wait for a word to hundreds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, incident_telling, incident_texts, incident_views
from bot.house import Chat, House
from bot.views import Reading
from channels import outbox
from channels.contract import Buttons
from channels.outbox import Draft, Ref
from crmcore import staff
from crmcore.access import Actor
from kernel import log
from kernel.unit import Reader, Store, Work
from routing import incident_book, incidents, suggesting
from routing.bursts import Burst
from routing.events import IncidentOverdue
from routing.incident_book import Change, Incident, Revision, State
from tickets import actions, visible
from tickets.events import TicketOpened

_log = log.get(__name__)
IDLE_S, PAUSE_S = 1.0, 0.0
LOOK_S = 1.0  # between two looks at least, however many tickets come
SHARE = 20  # and this many times as long as one took: at most 5 % of a processor
CLOSED_AT_ONCE = 20  # tickets a unit
REF = "incident"
PURPOSE = "incident"  # the message in which colleagues decide

Words = Callable[[Chat], tuple[str, Buttons]]  # as one chat reads them


class Incidents(Struct):
    """The loop and the handlers. `_seen`: the newest ticket that was looked at."""

    store: Store
    house: House
    _seen: int = -1
    _next: float = 0.0  # on the monotonic clock: when to look again

    async def turn(self) -> float:
        """1. News that are confirmed, or the closing. 2. That we know. 3. A look at what is new."""
        reader = self.store.reading()
        revision = await incident_book.sending(reader)
        if revision is not None:
            await self._send(reader, revision)
            return PAUSE_S
        for incident in await incident_book.live(reader, only_open=True):
            if incident.state is State.OPEN and await self._know(reader, incident):
                return PAUSE_S
        return await self._look(reader)

    # -- telling ----------------------------------------------------------------------------------------------------

    async def _know(self, reader: Reader, incident: Incident) -> bool:
        """That we know, to some of those who have not heard it; False if all have."""
        tickets = await incident_telling.pending(reader, incident, 0)
        if not tickets:
            return False
        ways = await incident_telling.ways(reader, self.house, tickets, incident_telling.FIRST)
        async with self.store.unit() as work:
            await incident_telling.tell(work, self.house, incident, 0, incident_texts.first(incident), ways)
        return True

    async def _send(self, reader: Reader, revision: Revision) -> None:
        """Some of those who are to hear the news; then a closing one closes; then it is done."""
        incident = await incident_book.by_id(reader, revision.incident_id)
        until = None if revision.change is Change.CLOSE else revision.published_at  # nobody joins what is being closed
        tickets = await incident_telling.pending(reader, incident, revision.number, until=until)
        if tickets:
            ways = await incident_telling.ways(reader, self.house, tickets, incident_telling.NEWS)
            async with self.store.unit() as work:
                said = incident_texts.of(revision)
                told, left = await incident_telling.tell(work, self.house, incident, revision.number, said, ways)
                await incident_telling.counted(work, revision, told, left)
                if len(tickets) < incident_telling.BATCH and revision.change is not Change.CLOSE:
                    await self._finish(work, incident, revision)
            return
        if revision.change is Change.CLOSE and await self._close(reader, incident, revision):
            return
        async with self.store.unit() as work:
            await self._finish(work, incident, revision)

    async def _finish(self, work: Work, incident: Incident, revision: Revision) -> None:
        if await incidents.finish(work, revision):
            _log.info("incident.told", incident=incident.number, revision=revision.number)

    async def _close(self, reader: Reader, incident: Incident, revision: Revision) -> bool:
        """Close some of its tickets in the name of who has closed it; False if none is left."""
        found = await reader.fetch(
            "SELECT ticket_id FROM incident_tickets WHERE incident_id = ? AND state = 'joined' ORDER BY id LIMIT ?",
            incident.id,
            CLOSED_AT_ONCE,
        )
        if not found:
            return False
        async with self.store.unit() as work:
            ticket_ids = await incidents.over(work, incident, [row["ticket_id"] for row in found])
            actor = await _actor(work, revision)
            for ticket in (await visible.by_ids(work, ticket_ids)).values():
                if not ticket.is_done and not ticket.is_merged:
                    await actions.close(work, actor, ticket, reason=f"{incident.name}: {incident.title}", silent=True)
        return True

    # -- suggesting -------------------------------------------------------------------------------------------------

    async def opened(self, work: Work, events: Sequence[TicketOpened]) -> None:
        """Handler of TicketOpened: the loop looks soon, outside the unit of the intake."""
        work.poke(incidents.LOOP)

    async def _look(self, reader: Reader) -> float:
        """Only where something is new, and not more often than LOOK_S."""
        newest = await suggesting.newest(reader)
        if newest == self._seen:
            return IDLE_S
        began = time.monotonic()
        if began < self._next:
            return self._next - began
        found = await suggesting.look(reader)
        self._next = time.monotonic() + max(LOOK_S, SHARE * (time.monotonic() - began))
        for incident, ticket_ids in found.belongs.items():
            async with self.store.unit() as work:
                await self._grow(work, incident, ticket_ids)
        for burst in found.bursts:
            async with self.store.unit() as work:
                await self._suggest(work, burst)
        self._seen = newest
        return PAUSE_S if found.belongs else LOOK_S

    async def _grow(self, work: Work, incident: Incident, ticket_ids: Sequence[int]) -> None:
        """An open one takes them in; of a suggestion the message tells, each time it has doubled.

        Somebody may have decided since it was looked at: what it is now says which.
        """
        if await incidents.join(work, incident, ticket_ids) or not await incidents.include(
            work, incident.id, ticket_ids
        ):
            return
        now = await incident_book.by_id(work, incident.id)
        if now.tickets >= 2 * now.shown:
            await incidents.shown(work, now, now.tickets)
            await edit(work, self.house, now, await self._proposal(work, now))

    async def _suggest(self, work: Work, burst: Burst) -> None:
        """One message where those who lead read: [Join all] [Not one]."""
        incident = await incidents.propose(work, _title(burst), burst.ticket_ids, sign=burst.sign, why=burst.why)
        if incident is None:
            return
        words = await self._proposal(work, incident)
        await outbox.enqueue(work, [_about(one, incident, *words(one)) for one in await _leads(work, self.house)])
        _log.info("incident.suggested", incident=incident.number, tickets=incident.tickets)

    async def _proposal(self, work: Work, incident: Incident) -> Words:
        count = await incident_telling.count(work, self.house, incident, 0, incident_telling.FIRST)

        def words(chat: Chat) -> tuple[str, Buttons]:
            text = incident_views.proposal(_reading(chat, work), incident, count, incidents.NEWS)
            return text, incident_views.proposal_buttons(chat.language, incident)

        return words

    # -- late -------------------------------------------------------------------------------------------------------

    async def overdue(self, work: Work, events: Sequence[IncidentOverdue]) -> None:
        """Handler of IncidentOverdue: one alert for the incident, instead of one for each ticket."""
        for event in events:
            incident = await incident_book.by_id(work, event.incident_id)
            for one in await _leads(work, self.house):
                text = incident_views.overdue(_reading(one, work), incident, event.run)
                await outbox.enqueue(work, [_about(one, incident, text)])


async def edit(work: Work, house: House, incident: Incident, words: Words) -> None:
    """The message in which it was suggested says something else now, in each chat where it stands."""
    found = await work.fetch(
        "SELECT id, account, address FROM messages WHERE ref_kind = ? AND ref_id = ? AND purpose = ?"
        " AND operation = 'send' AND buttons IS NOT NULL AND state NOT IN ('failed', 'cancelled')",
        REF,
        incident.id,
        PURPOSE,
    )
    chats = [(chat, row["id"]) for row in found if (chat := cards.chat_at(house, row["account"], row["address"]))]
    sight = await audience.sight(work, house, [chat for chat, _ in chats])
    drafts = [
        cards.edit(_about(chat, incident, *words(sight.read(chat)), purpose="incident_edit"), message_id)
        for chat, message_id in chats
        if chat.line.capabilities.edits
    ]
    await outbox.enqueue(work, drafts)


def _reading(chat: Chat, work: Work) -> Reading:
    return Reading(chat.language, ZoneInfo("UTC"), work.now)


async def _leads(reader: Reader, house: House) -> list[Chat]:
    """Where those who lead read: the staff chats; where there are none, their own."""
    return list(house.staff_chats) or audience.own_chats(house, await audience.leads(reader))


def _title(burst: Burst) -> str:
    """The place, or the words that most of them say: nothing of one ticket, whose readers may be others."""
    kind, _, name = burst.sign.partition(":")
    return name if kind == "words" else f"{kind} {name}"


async def _actor(reader: Reader, revision: Revision) -> Actor:
    """Who has confirmed the revision, as he is called now."""
    found = await staff.by_ids(reader, [revision.by_id or 0])
    who = found[revision.by_id or 0]
    return Actor(who.id, who.name, who.role, who.zone, frozenset(), proof="incident")


def _about(chat: Chat, incident: Incident, text: str, buttons: Buttons = (), *, purpose: str = PURPOSE) -> Draft:
    plain = cards.plain(chat, purpose, text)
    return replace(plain, ref=Ref(REF, incident.id), buttons=buttons, priority=outbox.URGENT)
