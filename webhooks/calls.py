"""What a telephone exchange posts: calls that nobody took. Each number once an hour becomes a task to ring back."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from channels import messages
from channels.contract import Inbound, Kind
from channels.messages import Arrived
from channels.outbox import Ref
from crmcore import contacts, timeline
from kernel.unit import Work
from routing import call_backs, call_windows, intake
from routing.call_backs import Wanted
from routing.desk import Desk
from tickets import happenings, visible
from webhooks import parse
from webhooks.schemas import MissedData


class CallEvents(Struct, frozen=True):
    """Handler of call.missed. `desk`: asked anew each time, since settings change."""

    desk: Callable[[], Desk]

    async def missed(self, work: Work, arrived: Arrived) -> None:
        """The number's own ticket, and a call-back as soon as we are open. The caller is sent nothing."""
        data: MissedData = arrived.inbound.payload
        caller = parse.address(data.caller, arrived.account)
        known = await call_backs.missed(work, caller.value)
        words = "Missed call" + (f" to {data.called}" if data.called else "")
        inbound = Inbound(Kind.MESSAGE, caller, caller, name=data.name, text=words, sent_at=data.at, wordless=True)
        call = replace(arrived, inbound=inbound)
        if known is not None:
            [person] = await contacts.resolve(work, [inbound])
            await messages.record(work, [call], [Ref("ticket", known.ticket_id)])
            await timeline.add(
                work, [timeline.Line(person.contact_id, "message", call.channel, call.id, "ticket", known.ticket_id)]
            )
            await happenings.told(work, known.ticket_id, f"called again: {caller.value}")
            return
        desk = self.desk()
        await intake.handle(work, desk, [call])
        row = await work.one("SELECT ticket_id FROM entries WHERE message_id = ?", call.id)
        ticket = await visible.by_id(work, row["ticket_id"]) if row else None
        if ticket is None:
            return
        hours = desk.queue(ticket.queue).calendar
        window = call_windows.window(None, hours, hours.zone, work.now)
        await call_backs.want(work, Wanted(ticket.id, caller.value, window, str(hours.zone), is_missed=True))
