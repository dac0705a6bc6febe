"""Those who watch a ticket, told of it as alerts reach them: what falls together in one message, nothing of their own.

Whoever has the ticket is told as its owner. In quiet hours it waits, but for the most urgent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import notices, reach, reaching, telling, views
from bot.house import Chat, House
from bot.telling import Matter
from channels import outbox
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel import rows, texts
from kernel.unit import Work
from tickets import visible
from tickets.casework import TOLD
from tickets.events import CustomerWrote, TicketChanged, TicketOpened
from tickets.visible import TicketView

TOGETHER = timedelta(minutes=2)
WORDS_SHOWN = 120
LIMIT, TEXT_LIMIT = 2_000, 240  # characters; of a text message each costs


class Heard(Struct, frozen=True):
    """A line of what happened to a ticket. `by`: the colleague who did it; `from_id`: who hears of it elsewhere."""

    ticket_id: int
    line: str
    by: int | None = None
    from_id: int | None = None


class Watching(Struct, frozen=True):
    """Handlers of events."""

    house: House

    async def wrote(self, work: Work, events: Sequence[CustomerWrote | TicketOpened]) -> None:
        """New words of the customer; of a ticket that begins nobody can know yet."""
        known = [event.ticket_id for event in events if isinstance(event, CustomerWrote) or event.again]
        watched = await _watchers(work, known)
        heard = []
        for ticket_id in dict.fromkeys(one for one in known if one in watched):
            last = await notices.last_words(work, ticket_id, limit=known.count(ticket_id))
            heard += [Heard(ticket_id, f"“{views.short(one.text, WORDS_SHOWN)}”") for one in last]
        await self._tell(work, watched, heard)

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """An answer, another state, other hands, its end."""
        heard = [Heard(one.ticket_id, one.said, one.actor_id, one.former_id) for one in events if one.said]
        await self._tell(work, await _watchers(work, [one.ticket_id for one in heard]), heard)

    # -- steps ------------------------------------------------------------------------------------------------------

    async def _tell(self, work: Work, watched: Mapping[int, Sequence[int]], heard: Sequence[Heard]) -> None:
        if not watched:
            return
        tickets = await visible.by_ids(work, list(watched))
        people = await staff.by_ids(work, list({one for some in watched.values() for one in some}))
        drafts: list[Draft] = []
        for ticket_id, watchers in watched.items():
            ticket = tickets[ticket_id]
            for who in (people[one] for one in watchers if one in people and one != ticket.assignee_id):
                theirs = [one for one in heard if one.ticket_id == ticket_id and who.id not in (one.by, one.from_id)]
                if theirs and who.active:
                    drafts += await self._told(work, who, ticket, theirs)
        await outbox.enqueue(work, drafts)

    async def _told(self, work: Work, who: Colleague, ticket: TicketView, heard: Sequence[Heard]) -> list[Draft]:
        """Into the message that waits for him, or into a new one that waits a little for more."""
        chat = await reach.first(work, self.house, who)
        if chat is None:
            return []
        lines = [texts.into(chat.language, one.line) for one in heard]
        if await _joined(work, chat, ticket, lines):
            return []
        watched = texts.say(chat.language, "You watch {ticket}", ticket=ticket.name)
        head = f"{watched} · {views.short(ticket.contact, 40)} · {views.short(ticket.subject, 60)}"
        matter = Matter(TOLD, views.short(f"{ticket.name}: {'; '.join(lines)}", TEXT_LIMIT), "\n".join((head, *lines)))
        buttons = views.card_buttons(chat.language, ticket)[:1]
        draft = await reaching.told(work, self.house, who, ticket, matter, buttons=buttons, chat=chat)
        if draft is None:
            return []
        draft = reaching.rested(work, self.house, who, ticket, draft)
        return [replace(draft, hold=max(draft.hold, TOGETHER))]


async def _watchers(work: Work, ticket_ids: Sequence[int]) -> dict[int, list[int]]:
    """ticket → the colleagues who watch it themselves; a queue that still sees one is told nothing by itself."""
    wanted = list(dict.fromkeys(ticket_ids))
    if not wanted:
        return {}
    found: dict[int, list[int]] = {}
    for row in await work.fetch(
        f"SELECT ticket_id, staff_id FROM ticket_watchers WHERE queue = '' AND ticket_id IN ({rows.marks(wanted)})",
        *wanted,
    ):
        found.setdefault(row["ticket_id"], []).append(row["staff_id"])
    return found


async def _joined(work: Work, chat: Chat, ticket: TicketView, lines: Sequence[str]) -> bool:
    """True if a message about the ticket waits for that chat, and says this too from now on."""
    standing = await work.one(
        "SELECT id, text FROM messages WHERE purpose = ? AND account = ? AND address = ? AND ref_kind = 'ticket'"
        " AND ref_id = ? AND state = 'queued' AND tries = 0 AND due_at > ? ORDER BY id DESC LIMIT 1",
        TOLD,
        chat.line.account,
        chat.address.value,
        ticket.id,
        work.now,
    )
    if standing is None:
        return False
    text = added(str(standing["text"]), lines, chat)
    buttons = views.card_buttons(chat.language, ticket)[:1] if chat.line.capabilities.buttons else ()
    return await outbox.rewrite(work, standing["id"], text, buttons)


def added(text: str, lines: Sequence[str], chat: Chat) -> str:
    """The message with more in it: at its end, or at the top of texts and letters, where the newest stands. Pure."""
    can = chat.line.capabilities
    if len(text) + sum(map(len, lines)) > (TEXT_LIMIT if can.keywords else LIMIT):
        return text
    more = "\n".join(lines)
    if can.buttons:
        return f"{text}\n{more}"
    if can.commands == "token":
        mark = f"{telling.mark(chat.language)}\n\n"
        return text.replace(mark, f"{mark}{more}\n", 1)
    return text.replace(": ", f": {'; '.join(lines)}; ", 1)
