"""Alerts as managers get them: sent, coming back, edited when seen, one line when over."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, notices, reach, telling, views
from bot.house import Chat, House
from bot.telling import Matter
from channels import outbox
from channels.events import MessageSettled
from channels.models import MessageState
from channels.outbox import Draft, Ref
from crmcore import staff
from crmcore.models.staff import Role
from crmcore.staff import Colleague
from kernel import log, rows
from kernel.unit import Work
from routing import escalation
from routing.events import AlertAcked, AlertRaised, AlertResolved, RuleNotified
from tickets import visible
from tickets.visible import TicketView

_log = log.get(__name__)
LOUD = "No manager can be reached. Somebody here has to see to this:\n"
# The alert of a message that failed, if it is still on and no other message of this coming has arrived or may yet.
_UNHEARD = """
SELECT a.id, a.ticket_id, a.run, a.kind, f.account, f.address, f.text
FROM messages AS f JOIN alerts AS a ON a.id = f.ref_id WHERE f.id = ? AND a.state <> 'resolved' AND NOT EXISTS (
    SELECT 1 FROM messages AS m WHERE m.purpose = 'alert' AND m.ref_kind = 'alert' AND m.ref_id = a.id
      AND m.state NOT IN ('failed', 'cancelled') AND m.created_at >= f.created_at)
"""


class Alerting(Struct, frozen=True):
    """Handlers of alert events."""

    house: House

    async def raised(self, work: Work, events: Sequence[AlertRaised]) -> None:
        """To the queue's manager, on his own chat; where nobody can be reached, loudly into the staff chats.

        Where there are none, to everybody else who may see the ticket.
        """
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        everyone = await staff.listed(work)
        for event in events:
            ticket = tickets[event.ticket_id]
            managers = self._managers(ticket, everyone)
            reached = [(chat, one) for one in managers if (chat := await reach.first(work, self.house, one))]
            pressing = [(chat, one.zone) for chat, one in reached if chat.line.capabilities.buttons]
            away = [(chat, one) for chat, one in reached if not chat.line.capabilities.buttons]
            if reached:
                await self._send(work, event, ticket, pressing)
                await self._send_away(work, event, ticket, away)
            else:
                await self._loudly(work, event, ticket)

    async def ruled(self, work: Work, events: Sequence[RuleNotified]) -> None:
        """A rule wants colleagues told: each who may see the ticket, by the first of his channels, once."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        everyone = await staff.listed(work)
        for event in events:
            ticket = tickets[event.ticket_id]
            wanted = [one for one in everyone if one.id in event.staff_ids]
            wanted += [one for one in self._managers(ticket, everyone) if event.manager and one not in wanted]
            reached = [(chat, one) for one in wanted if (chat := await reach.first(work, self.house, one))]
            sight = await audience.sight(work, self.house, [chat for chat, _ in reached])
            matter = telling.ruled(self.house, ticket, event.rule, work)
            drafts = [
                await self._ruled(work, chat, one, ticket, matter)
                for chat, one in reached
                if sight.covers(chat, ticket)
            ]
            await outbox.enqueue(work, drafts)

    async def acked(self, work: Work, events: Sequence[AlertAcked]) -> None:
        """Everybody who got it and may still see the ticket sees who has it."""
        await self._mark(work, {event.alert_id: f"seen by {event.by}" for event in events}, keep=True)

    async def resolved(self, work: Work, events: Sequence[AlertResolved]) -> None:
        """It shrinks to one line."""
        await self._mark(work, {event.alert_id: event.how for event in events}, keep=False)

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """An alert that reaches none of those it was for is told to the others, loudly and once."""
        for event in events:
            if event.purpose != "alert" or event.state is not MessageState.FAILED:
                continue
            alert = await work.one(_UNHEARD, event.id)
            chat = cards.chat_at(self.house, alert["account"], alert["address"]) if alert else None
            if alert is None or chat is None or alert["text"].startswith(LOUD):
                continue  # over, or heard by another; a loud one that fails has nobody behind it
            ticket = (await visible.by_ids(work, [alert["ticket_id"]]))[alert["ticket_id"]]
            raised = AlertRaised(alert["id"], ticket.id, alert["run"], alert["kind"] == escalation.CALLED)
            if not await self._another_way(work, raised, ticket, chat):
                await self._loudly(work, raised, ticket)

    async def _ruled(self, work: Work, chat: Chat, colleague: Colleague, ticket: TicketView, matter: Matter) -> Draft:
        if chat.line.capabilities.buttons:
            return cards.draft(chat, matter.purpose, matter.text, ticket, buttons=views.card_buttons(ticket))
        return await telling.told(work, self.house, chat, colleague, ticket, matter)

    async def _another_way(self, work: Work, event: AlertRaised, ticket: TicketView, failed: Chat) -> bool:
        """By the next of his channels; False if there is none left."""
        owner = (await staff.recognise(work, [failed.address])).get(failed.address)
        whole = (await staff.by_ids(work, [owner.id])).get(owner.id) if owner else None
        if whole is None:
            return False
        chats = await reach.chats(work, self.house, whole)
        after = chats[chats.index(failed) + 1 :] if failed in chats else chats
        if not after:
            return False
        if after[0].line.capabilities.buttons:
            await self._send(work, event, ticket, [(after[0], whole.zone)])
        else:
            await self._send_away(work, event, ticket, [(after[0], whole)])
        return True

    async def _loudly(self, work: Work, event: AlertRaised, ticket: TicketView) -> None:
        _log.error("alert.nobody", ticket=ticket.number, queue=ticket.queue)
        zone = str(self.house.desk.queue(ticket.queue).calendar.zone)
        chats = self.house.staff_chats or await self._others(work, ticket)
        await self._send(work, event, ticket, [(chat, zone) for chat in chats], head=LOUD)

    async def _others(self, work: Work, ticket: TicketView) -> list[Chat]:
        """The own chats of everybody else who may see the ticket."""
        able = await audience.of_ticket(work, self.house, ticket)
        managers = {one.id for one in self._managers(ticket, able)}
        return audience.own_chats(self.house, [one for one in able if one.id not in managers])

    async def _send(
        self, work: Work, event: AlertRaised, ticket: TicketView, chats: list[tuple[Chat, str]], *, head: str = ""
    ) -> None:
        last = await notices.last_words(work, ticket.id)
        buttons = views.alert_buttons(ticket, event.alert_id)
        drafts = []
        for chat, zone in chats:
            words, at = last[0].text if last else "", ZoneInfo(zone)
            text = head + views.alert(ticket, words, event.run, at, work.now, is_called=event.is_called)
            draft = cards.draft(chat, "alert", text, ticket, buttons=buttons)
            drafts.append(replace(draft, ref=Ref("alert", event.alert_id), priority=outbox.URGENT))
        await outbox.enqueue(work, drafts)

    async def _send_away(
        self, work: Work, event: AlertRaised, ticket: TicketView, away: list[tuple[Chat, Colleague]]
    ) -> None:
        """By text, with a code, or by letter."""
        last = await notices.last_words(work, ticket.id)
        drafts = []
        for chat, one in away:
            text = views.alert(ticket, last[0].text if last else "", event.run, ZoneInfo(one.zone), work.now)
            matter = telling.alert(self.house, ticket, event.alert_id, text, work)
            drafts.append(await telling.told(work, self.house, chat, one, ticket, matter))
        await outbox.enqueue(work, drafts)

    async def _mark(self, work: Work, said: dict[int, str], *, keep: bool) -> None:
        """Edit every message of these alerts: what it was about, and what has become of it."""
        found = await work.fetch(
            "SELECT m.id, m.account, m.address, m.ref_id, a.ticket_id FROM messages AS m"
            " JOIN alerts AS a ON a.id = m.ref_id WHERE m.purpose = 'alert' AND m.ref_kind = 'alert'"
            f" AND m.ref_id IN ({rows.marks(list(said))}) AND m.state NOT IN ('failed', 'cancelled')",
            *said,
        )
        drafts, ended = [], set()
        for row, chat, ticket in await audience.still_seen(work, self.house, found):
            at = views.moment(work.now, self.house.desk.queue(ticket.queue).calendar.zone, work.now)
            text = f"P{ticket.priority} · {ticket.name} · {views.short(ticket.subject, 60)}: "
            if not chat.line.capabilities.edits:
                told = (row["ref_id"], chat.line.account, chat.address)  # it came as often as it ran, and ends once
                if not keep and told not in ended:  # that somebody has seen it can wait
                    ended.add(told)
                    over = cards.draft(chat, "alert_over", f"{text}{said[row['ref_id']]} at {at}", ticket)
                    drafts.append(replace(over, subject=telling.subject(ticket)))
                continue
            buttons = views.card_buttons(ticket)[:1] if keep else ()
            fresh = cards.draft(chat, "alert_edit", f"{text}{said[row['ref_id']]} at {at}", ticket, buttons=buttons)
            drafts.append(cards.edit(fresh, row["id"]))
        await outbox.enqueue(work, drafts)

    def _managers(self, ticket: TicketView, everyone: Sequence[Colleague]) -> list[Colleague]:
        """The queue's manager by name; without one, every manager, else every administrator."""
        queue = self.house.desk.queue(ticket.queue)
        named = [one for one in everyone if queue.is_managed_by(one.name)]
        managers = [one for one in everyone if one.role is Role.MANAGER]
        return named or managers or [one for one in everyone if one.role is Role.ADMIN]
