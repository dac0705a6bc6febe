"""Alerts as colleagues get them: sent, coming back, edited when seen, one line when over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, bundling, cards, notices, onward, reach, reaching, telling, views
from bot.house import Chat, House
from bot.views import Reading
from channels import outbox
from channels.events import MessageOverdue, MessageSettled
from channels.models import MessageState
from channels.outbox import Draft, Ref
from crmcore import absences, staff
from crmcore.staff import Colleague
from kernel import log, rows, texts
from kernel.unit import Work
from routing import escalation, steps, whom
from routing.events import AlertAcked, AlertRaised, AlertResolved, AlertStepped, AlertUnheard, RuleNotified
from tickets import visible
from tickets.visible import TicketView

_log = log.get(__name__)
LOUD = "No manager can be reached. Somebody here has to see to this:"
TOP = "Everybody whose turn it was has been told, and nobody has seen to it. Somebody has to:"
_HOW = {
    "seen": "seen by {name} at {time}",
    "taken": "taken by {name} at {time}",
    "given": "given to {to} by {name} at {time}",
    "put off": "put off by {name} at {time}",
    "answered": "answered at {time}",
    "closed": "closed at {time}",
    "joined": "joined {to} at {time}",
    "rung": "called at {time}",
    "tried": "called at {time}, nobody answered",
    "moved": "the call was moved at {time}",
}
_LAST_STEP = (
    "(SELECT max(s.id) FROM alert_steps AS s WHERE s.alert_id = a.id AND s.state = 'done' AND s.told <> '') AS step_id"
)
# The alert of a message that failed, if it is still on and no other message of this coming has arrived or may yet.
_UNHEARD = f"""
SELECT a.id, a.ticket_id, a.run, a.kind, a.reason, f.account, f.address, f.text, {_LAST_STEP}
FROM messages AS f JOIN alerts AS a ON a.id = f.ref_id WHERE f.id = ? AND a.state <> 'resolved' AND NOT EXISTS (
    SELECT 1 FROM messages AS m WHERE m.purpose = 'alert' AND m.ref_kind = 'alert' AND m.ref_id = a.id
      AND m.state NOT IN ('failed', 'cancelled') AND m.created_at >= f.created_at)
"""


# The alert of a message that has not left, if nobody has seen to it meanwhile.
_OVERDUE = """
SELECT a.id, a.ticket_id, a.run, a.kind, a.reason, f.text FROM messages AS f JOIN alerts AS a ON a.id = f.ref_id
WHERE f.id = ? AND a.state = 'open'
"""


class Alerting(Struct, frozen=True):
    """Handlers of alert events."""

    house: House

    async def raised(self, work: Work, events: Sequence[AlertRaised]) -> None:
        """To the queue's manager, on his own chat; where nobody can be reached, loudly into the staff chats.

        Where there are none, to everybody else who may see the ticket.
        """
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        everyone, away = await staff.listed(work), await absences.now(work)
        for event in events:
            ticket = tickets[event.ticket_id]
            managers = whom.present(whom.managers(self.house.desk, ticket.queue, everyone), everyone, away)
            if not await self._tell(work, event, ticket, managers):
                await self._loudly(work, event, ticket)

    async def stepped(self, work: Work, events: Sequence[AlertStepped]) -> None:
        """To those whose turn it is in the alert's chain; where none of them can be reached, it goes on at once."""
        tickets = await visible.by_ids(work, [event.alert.ticket_id for event in events])
        people = await staff.by_ids(work, list({one for event in events for one in event.staff_ids}))
        for event in events:
            ticket = tickets[event.alert.ticket_id]
            wanted = [people[one] for one in event.staff_ids if one in people]
            if await self._tell(work, event.alert, ticket, wanted, channel=event.channel, level=event.level):
                continue
            by = f" by {event.channel}" if event.channel else ""
            why = f"cannot be reached{by}: {', '.join(one.name for one in wanted)}"
            if not await steps.missed(work, event.step_id, why):
                await self._loudly(work, event.alert, ticket)

    async def unheard(self, work: Work, events: Sequence[AlertUnheard]) -> None:
        """The end of a chain: into the staff chats, and to every manager on his own."""
        tickets = await visible.by_ids(work, [event.alert.ticket_id for event in events])
        for event in events:
            head = TOP if event.was_heard else LOUD
            await self._loudly(work, event.alert, tickets[event.alert.ticket_id], head=head, to_managers=True)

    async def ruled(self, work: Work, events: Sequence[RuleNotified]) -> None:
        """A rule wants colleagues told: each who may see the ticket, by the first of his channels, once."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        everyone = await staff.listed(work)
        for event in events:
            ticket = tickets[event.ticket_id]
            wanted = [one for one in everyone if one.id in event.staff_ids]
            managers = whom.managers(self.house.desk, ticket.queue, everyone)
            wanted += [one for one in managers if event.manager and one not in wanted]
            reached = [(chat, one) for one in wanted if (chat := await reach.first(work, self.house, one))]
            sight = await audience.sight(work, self.house, [chat for chat, _ in reached])
            drafts = []
            for chat, one in (pair for pair in reached if sight.covers(pair[0], ticket)):
                matter = telling.ruled(self.house, chat, ticket, event.rule, work)
                buttons = views.card_buttons(chat.language, ticket)
                drafts.append(await reaching.told(work, self.house, one, ticket, matter, buttons=buttons, chat=chat))
            await outbox.enqueue(work, [one for one in drafts if one])

    async def acked(self, work: Work, events: Sequence[AlertAcked]) -> None:
        """Everybody who got it and may still see the ticket sees who has it; what has not left yet does not leave."""
        await self._withdraw(work, [event.alert_id for event in events])
        await self._mark(work, {event.alert_id: event for event in events}, keep=True)
        await bundling.refresh(work, self.house, [event.alert_id for event in events])

    async def resolved(self, work: Work, events: Sequence[AlertResolved]) -> None:
        """It shrinks to one line."""
        await self._withdraw(work, [event.alert_id for event in events])
        await self._mark(work, {event.alert_id: event for event in events}, keep=False)
        await bundling.refresh(work, self.house, [event.alert_id for event in events])

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """An alert that reaches none of those it was for goes up its chain, or is told loudly to the others, once."""
        failed = [event for event in events if event.state is MessageState.FAILED]
        for event in failed:
            if event.purpose == bundling.PURPOSE:
                await self._unbundled(work, event.id)
            if event.purpose != "alert":
                continue
            alert = await work.one(_UNHEARD, event.id)
            chat = cards.chat_at(self.house, alert["account"], alert["address"]) if alert else None
            if alert is None or chat is None or _is_loud(alert["text"]):
                continue  # over, or heard by another; a loud one that fails has nobody behind it
            ticket = (await visible.by_ids(work, [alert["ticket_id"]]))[alert["ticket_id"]]
            if not await self._another_way(work, _raised(alert), ticket, chat):
                await self._onward(work, alert, ticket)

    async def overdue(self, work: Work, events: Sequence[MessageOverdue]) -> None:
        """An alert that has not left in two minutes goes the next way of whom it is for; else it waits for its own."""
        for event in events:
            if event.purpose == bundling.PURPOSE:
                await self._bundle_on(work, event)
            if event.purpose != "alert":
                continue
            alert = await work.one(_OVERDUE, event.id)
            way = await onward.after(work, self.house, event.id) if alert else None
            if alert is None or way is None:
                continue
            ticket = (await visible.by_ids(work, [alert["ticket_id"]]))[alert["ticket_id"]]
            words, to = await onward.leave(work, event.id, way), [(way.chat, way.colleague)]
            await self._send_to(work, _raised(alert), ticket, to, head=_head_in(alert["text"]), twice=words)

    async def _bundle_on(self, work: Work, event: MessageOverdue) -> None:
        """Alerts that are told together go on together."""
        way = await onward.after(work, self.house, event.id)
        if way is None or not await bundling.is_on(work, event.id):
            return
        words = await onward.leave(work, event.id, way)
        await bundling.again(work, self.house, event.id, way.chat, words)

    async def _unbundled(self, work: Work, message_id: int) -> None:
        """Alerts that were told together, and did not arrive."""
        found = await work.fetch(
            f"SELECT a.id, a.ticket_id, a.run, a.kind, a.reason, {_LAST_STEP} FROM bundled_alerts AS b"
            " JOIN alerts AS a ON a.id = b.alert_id WHERE b.message_id = ? AND a.state = 'open' ORDER BY a.id",
            message_id,
        )
        tickets = await visible.by_ids(work, [row["ticket_id"] for row in found])
        for row in found:
            await self._onward(work, row, tickets[row["ticket_id"]])

    async def _onward(self, work: Work, alert: rows.Row, ticket: TicketView) -> None:
        """Up its chain at once; loudly where that has no step left."""
        if not alert["step_id"] or not await steps.missed(work, alert["step_id"], "could not be sent"):
            await self._loudly(work, _raised(alert), ticket)

    # -- steps ------------------------------------------------------------------------------------------------------

    async def _tell(
        self,
        work: Work,
        event: AlertRaised,
        ticket: TicketView,
        people: Sequence[Colleague],
        *,
        channel: str = "",
        level: int = 0,
    ) -> bool:
        """Each by the channel that is wanted, or else by his first; False if none of them can be reached."""
        reached = [(chat, one) for one in people if (chat := await self._chat(work, one, channel))]
        await self._send_to(work, event, ticket, reached, level=level)
        return bool(reached)

    async def _chat(self, work: Work, colleague: Colleague, channel: str) -> Chat | None:
        found = await reach.chats(work, self.house, colleague)
        return next((one for one in found if not channel or one.line.channel == channel), None)

    async def _another_way(self, work: Work, event: AlertRaised, ticket: TicketView, failed: Chat) -> bool:
        """By the next of his channels; False if there is none left."""
        owner = (await staff.recognise(work, [failed.address])).get(failed.address)
        whole = (await staff.by_ids(work, [owner.id])).get(owner.id) if owner else None
        if whole is None:
            return False
        chats = await reach.chats(work, self.house, whole)
        after = reach.after(chats, failed)
        await self._send_to(work, event, ticket, [(one, whole) for one in after[:1]])
        return bool(after)

    async def _loudly(
        self, work: Work, event: AlertRaised, ticket: TicketView, *, head: str = LOUD, to_managers: bool = False
    ) -> None:
        """`to_managers`: each of them by himself too, whoever the chain has named."""
        _log.error("alert.nobody", ticket=ticket.number, queue=ticket.queue)
        await escalation.mark_loud(work, event.alert_id)
        everyone = await audience.of_ticket(work, self.house, ticket)
        managers = whom.managers(self.house.desk, ticket.queue, everyone)
        others = [one for one in everyone if one not in managers]
        chats = self.house.staff_chats or audience.own_chats(self.house, others)
        zone = str(self.house.desk.queue(ticket.queue).calendar.zone)
        await self._send(work, event, ticket, [(chat, zone) for chat in chats], head=head)
        if to_managers:
            reached = [(chat, one) for one in managers if (chat := await reach.first(work, self.house, one))]
            await self._send_to(work, event, ticket, reached, head=head)

    async def _send_to(
        self,
        work: Work,
        event: AlertRaised,
        ticket: TicketView,
        reached: Sequence[tuple[Chat, Colleague]],
        *,
        head: str = "",
        level: int = 0,
        twice: str = "",
    ) -> None:
        """Each on his own chat, by text with a code, or by letter; in his quiet hours what is not urgent waits.

        Who is on duty has none. `twice`: that he may be told by another way, too.
        """
        drafts = []
        for chat, one in reached:
            if chat.line.capabilities.buttons:
                draft = await self._pressed(work, event, ticket, chat, one.zone, head=head, level=level)
            else:
                text = await self._words(work, event, ticket, chat, one.zone, head=head, level=level)
                reason = views.late_call(chat.language) if event.is_call else event.reason
                matter = telling.alert(chat, ticket, event.alert_id, text, work, reason=reason)
                draft = await telling.told(work, self.house, chat, one, ticket, matter)
            rested = reaching.rested(work, self.house, one, ticket, draft)
            if rested.hold:
                await self._withdraw(work, [event.alert_id], address=draft.address.value)  # one is enough
            drafts.append((onward.patient(onward.twice(rested, twice)), ticket))
        await bundling.post(work, self.house, drafts)

    async def _send(
        self, work: Work, event: AlertRaised, ticket: TicketView, chats: Sequence[tuple[Chat, str]], *, head: str
    ) -> None:
        """Into chats with buttons; each with the zone that is read there."""
        drafts = [(await self._pressed(work, event, ticket, chat, zone, head=head), ticket) for chat, zone in chats]
        await bundling.post(work, self.house, drafts)

    async def _pressed(
        self,
        work: Work,
        event: AlertRaised,
        ticket: TicketView,
        chat: Chat,
        zone: str,
        *,
        head: str = "",
        level: int = 0,
    ) -> Draft:
        text = await self._words(work, event, ticket, chat, zone, head=head, level=level)
        buttons = views.alert_buttons(chat.language, ticket, event.alert_id)
        draft = cards.draft(chat, "alert", text, ticket, buttons=buttons)
        return replace(draft, ref=Ref("alert", event.alert_id), priority=outbox.URGENT)

    async def _words(
        self, work: Work, event: AlertRaised, ticket: TicketView, chat: Chat, zone: str, *, head: str, level: int
    ) -> str:
        last = await notices.last_words(work, ticket.id)
        cause = views.Cause(event.run, event.is_called, event.reason, level, event.is_call)
        reading = Reading(chat.language, ZoneInfo(zone), work.now)
        text = views.alert(reading, ticket, last[0].text if last else "", cause)
        return f"{_loud(chat.language, head)}\n{text}" if head else text

    async def _withdraw(self, work: Work, alert_ids: Sequence[int], *, address: str = "") -> None:
        """What waits to be sent of these alerts (to one `address`) is not sent."""
        found = await work.fetch(
            "SELECT id FROM messages WHERE purpose = 'alert' AND ref_kind = 'alert' AND state = 'queued'"
            f" AND (? = '' OR address = ?) AND ref_id IN ({rows.marks(alert_ids)})",
            address,
            address,
            *alert_ids,
        )
        for row in found:
            await outbox.cancel(work, row["id"])

    async def _mark(self, work: Work, said: Mapping[int, AlertAcked | AlertResolved], *, keep: bool) -> None:
        """Every message of these alerts says what has become of it; where none can be edited, one more is sent."""
        found = await work.fetch(
            "SELECT m.id, m.account, m.address, m.ref_id, a.ticket_id FROM messages AS m"
            " JOIN alerts AS a ON a.id = m.ref_id WHERE m.purpose = 'alert' AND m.ref_kind = 'alert'"
            f" AND m.ref_id IN ({rows.marks(list(said))}) AND m.state NOT IN ('failed', 'cancelled')",
            *said,
        )
        drafts, texted = [], set()
        for row, chat, ticket in await audience.still_seen(work, self.house, found):
            event = said[row["ref_id"]]
            at = views.moment(
                Reading(chat.language, self.house.desk.queue(ticket.queue).calendar.zone, work.now), work.now
            )
            text = f"P{ticket.priority} · {ticket.name} · {views.short(ticket.subject, 60)}: {_how(chat, event, at)}"
            if chat.line.capabilities.edits:
                buttons = views.card_buttons(chat.language, ticket)[:1] if keep else ()
                drafts.append(cards.edit(cards.draft(chat, "alert_edit", text, ticket, buttons=buttons), row["id"]))
            elif (row["ref_id"], chat.address) not in texted and not await self._is_by(work, chat, event):
                texted.add((row["ref_id"], chat.address))
                over = cards.draft(chat, "alert_over", text, ticket)
                drafts.append(replace(over, subject=telling.subject(ticket)))
        await outbox.enqueue(work, drafts)

    async def _is_by(self, work: Work, chat: Chat, event: AlertAcked | AlertResolved) -> bool:
        """Who has done it himself need not hear of it by text."""
        owner = (await staff.recognise(work, [chat.address])).get(chat.address)
        return owner is not None and isinstance(event, AlertAcked) and event.by == owner.name


def _how(chat: Chat, event: AlertAcked | AlertResolved, at: str) -> str:
    """What has become of it. Pure."""
    by = event.by if isinstance(event, AlertAcked) else ""
    return texts.say(chat.language, _HOW[event.how], to=event.to, name=by, time=at)


def _loud(language: str, head: str) -> str:
    return texts.say(language, TOP) if head == TOP else texts.say(language, LOUD)


def _is_loud(text: str) -> bool:
    """It was told loudly, in whatever language."""
    return text.startswith(tuple(_loud(language, head) for language in texts.LANGUAGES for head in (LOUD, TOP)))


def _raised(alert: rows.Row) -> AlertRaised:
    return escalation.raised(alert, alert["run"])


def _head_in(text: str) -> str:
    """What stands above an alert as it was sent, in whatever language: that it goes up, or that all are told."""
    for language in texts.LANGUAGES:
        if texts.say(language, LOUD) in text:
            return LOUD
        if texts.say(language, TOP) in text:
            return TOP
    return ""
