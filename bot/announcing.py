"""Outages on their way to people: previews for those who decide, notices for those who are told, a few at a time.

The reading is done between units, a page at a time, so that live messages never wait for a notice to thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from bot import cards, outage_views
from bot.house import Chat, House
from bot.views import Reading
from channels import outbox
from channels.contract import Buttons
from channels.events import MessageSettled
from channels.models import MessageState
from channels.outbox import Draft, Ref
from crmcore import audience, ledger, notice_plan, notice_texts, notices, outages, staff
from crmcore.audience import Consent, Recipient, opted_out
from crmcore.ledger import Outage, Revision, Stage
from crmcore.notice_plan import Plan
from kernel import errors, log, loops, texts
from kernel.unit import Reader, Store, Work

_log = log.get(__name__)
IDLE_S = 1.0
PAUSE_S = 0.0  # between two units: live work gets its turn
PAGE = 250  # people a query of a count
PAGES = 5  # told in one turn: a stop is heard between two


class Announcer(Struct, frozen=True):
    """The loop of notices. `consent`: who opted out of them."""

    store: Store
    house: House
    consent: Consent = opted_out

    async def turn(self) -> float:
        """1. What is due by itself goes. 2. What is drafted is counted and shown. 3. Some of what is sent is queued."""
        revision = await outages.under_way(self.store.reading())
        if revision is None:
            return IDLE_S
        steps = {Stage.COUNTED: self._publish, Stage.DRAFTED: self._show, Stage.SENDING: self._send}
        await steps[revision.stage](revision)
        return PAUSE_S

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """Handler of MessageSettled: a notice that failed for good goes by the next way its reader has."""
        failed = [
            event.id for event in events if event.purpose == audience.PURPOSE and event.state is MessageState.FAILED
        ]
        if failed:
            await notices.fall_back(work, failed, self.house.lines.ordered(), self.consent)

    # -- steps ------------------------------------------------------------------------------------------------------

    async def _show(self, revision: Revision) -> None:
        """Count, page by page, and show the preview to whoever asked, or to the staff chats."""
        reader = self.store.reading()
        counted = replace(revision, counted_at=reader.now)
        plan = await self._plan(counted)
        outage = await ledger.by_id(reader, revision.outage_id)
        said = notice_texts.facts(outage, revision)
        zone = await self._zone(reader, outage, revision)
        async with self.store.unit() as work:
            if not await outages.counted(work, revision, reader.now):
                return  # dropped while it was counted
            drafts = []
            for draft, chat in await self._places(work, revision):
                reading, limit = Reading(chat.language, zone, work.now), chat.line.capabilities.text_limit
                text = outage_views.preview(reading, outage, revision, plan, said, limit=limit)
                drafts.append(_about(draft, outage, text, outage_views.buttons(chat.language, plan, revision)))
            await outbox.enqueue(work, drafts)

    async def _plan(self, revision: Revision) -> Plan:
        plan, after, lines = Plan(), 0, self.house.lines.ordered()
        while True:
            reader = self.store.reading()
            page = await audience.page(reader, revision, after=after, limit=PAGE, consent=self.consent)
            plan.add(notice_plan.plan(page, lines, revision.change))
            if len(page) < PAGE:
                return plan
            after = page[-1].contact_id

    async def _publish(self, revision: Revision) -> None:
        """Goes out without a person; what speaks against it is told in the staff chats instead."""
        try:
            async with self.store.unit() as work:
                if not await outages.ripe(work, revision):
                    return
                outage = await ledger.by_id(work, revision.outage_id)
                await outages.publish(work, outage, replace(revision, counted_at=work.now))
        except errors.Conflict as error:
            async with self.store.unit() as work:
                await outages.drop(work, await ledger.by_id(work, revision.outage_id))
                chats = self.house.staff_chats
                told = [cards.plain(chat, "notice", texts.refusal(chat.language, error)) for chat in chats]
                await outbox.enqueue(work, told)

    async def _send(self, revision: Revision) -> None:
        """Some pages of people a turn, the next one read while one is told."""
        outage = await ledger.by_id(self.store.reading(), revision.outage_id)
        page = await self._page(revision)
        for _ in range(PAGES):
            if len(page) < notices.PAGE:
                await self._tell(outage, revision, page, is_last=True)
                return
            ahead = replace(revision, cursor=page[-1].contact_id)
            reading = loops.spawn(self._page(ahead), name="notices.ahead")
            try:
                if not await self._tell(outage, revision, page):
                    return
                revision, page = ahead, await reading
            finally:
                await loops.cancel(reading)  # whatever became of the telling, nobody reads on behind it

    async def _page(self, revision: Revision) -> list[Recipient]:
        reader, after = self.store.reading(), revision.cursor
        return await audience.page(reader, revision, after=after, limit=notices.PAGE, consent=self.consent)

    async def _tell(
        self, outage: Outage, revision: Revision, page: Sequence[Recipient], *, is_last: bool = False
    ) -> bool:
        """In units small enough that live messages hardly wait; False where another hub was quicker."""
        lines = self.house.lines.ordered()
        hold = timedelta() if is_last and not revision.cursor else notices.HOLD
        units = [page[start : start + notices.BATCH] for start in range(0, len(page), notices.BATCH)] or [page]
        for place, some in enumerate(units, 1):
            ends = is_last and place == len(units)
            telling = notices.prepare(outage, revision, some, lines, self.store.clock.now(), hold=hold)
            async with self.store.unit() as work:
                if not await notices.enqueue(work, outage, revision, telling, lines, is_last=ends):
                    return False
                if ends:
                    await self._tell_done(work, outage, revision)
            if not ends:
                revision = replace(revision, cursor=some[-1].contact_id)
        return True

    async def _tell_done(self, work: Work, outage: Outage, revision: Revision) -> None:
        sent = await ledger.one_revision(work, revision.id)
        if sent is None:
            return
        _log.info("outage.announced", outage=outage.number, revision=sent.number, told=sent.told, left=sent.left_out)
        places = await self._places(work, sent)
        told = [_about(draft, outage, outage_views.done(chat.language, outage, sent)) for draft, chat in places]
        await outbox.enqueue(work, told)

    async def _places(self, reader: Reader, revision: Revision) -> list[tuple[Draft, Chat]]:
        """Empty messages to whoever has to read of a revision, with where."""
        if revision.asked_id is None:
            return [(cards.plain(chat, "preview", ""), chat) for chat in self.house.staff_chats]
        asked = await self._asked(reader, revision, revision.asked_id)
        return [(replace(cards.plain(asked, "preview", ""), target_id=revision.asked_id), asked)] if asked else []

    async def _asked(self, reader: Reader, revision: Revision, message_id: int) -> Chat | None:
        """Where it was asked for, as its reader reads there."""
        row = await reader.one("SELECT account, address FROM messages WHERE id = ?", message_id)
        chat = cards.chat_at(self.house, row["account"], row["address"]) if row else None
        who = (await staff.by_ids(reader, [revision.by_id])).get(revision.by_id) if revision.by_id else None
        return replace(chat, language=self.house.reads(who)) if chat and who and not chat.group else chat

    async def _zone(self, reader: Reader, outage: Outage, revision: Revision) -> ZoneInfo:
        """The asker's, as he typed his times in it; else the station's."""
        if revision.by_id is not None:
            colleague = (await staff.by_ids(reader, [revision.by_id])).get(revision.by_id)
            if colleague is not None:
                return ZoneInfo(colleague.zone)
        return ZoneInfo(outage.stations[0].zone)


def _about(draft: Draft, outage: Outage, text: str, buttons: Buttons = ()) -> Draft:
    return replace(draft, text=text, ref=Ref("outage", outage.id), buttons=buttons, priority=outbox.URGENT)
