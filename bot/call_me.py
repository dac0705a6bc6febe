"""A customer who wants to be rung: by a word or a button of his, with the hours he names, in his own zone."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from bot import asks, calls, promise
from bot.house import Chat, House
from channels import outbox
from channels.contract import Button, Buttons, Inbound, Kind
from channels.lines import Line
from channels.messages import Arrived
from crmcore import contacts, subscribers
from kernel import folding, texts
from kernel.unit import Reader, Work
from routing import call_backs, call_windows, intake
from routing.call_backs import Wanted
from routing.call_windows import Hours, Window
from tickets import blocking, visible
from tickets.visible import TicketView

LONGEST = 40  # characters
PRESS = "c:call"
_OFFERED = ("9:00-12:00", "12:00-15:00", "15:00-18:00")
_WORDS = (
    "callback",
    "call",
    "call me",
    "call me back",
    "oddzwoń",
    "zadzwoń",
    "zadzwońcie",
    "proszę zadzwonić",
    "zavolajte",
    "zavolajte mi",
    "hívjon",
    "hívjon fel",
    "hívjanak",
    "visszahívás",
    "перезвоните",
    "перезвоните мне",
    "позвоните",
    "позвоните мне",
)
_KNOWN = sorted((folding.fold(word) for word in _WORDS), key=len, reverse=True)
_BEGINS = re.compile(rf"(?:{'|'.join(map(re.escape, _KNOWN))})(?![\w])[\s:,.!]*")


class Said(Struct, frozen=True):
    """That he wants to be rung; `hours` None where he names none."""

    hours: Hours | None = None


def read(text: str) -> Said | None:
    """ "CALL ME", "zadzwoń 14-16"; None for a message that says anything else, or more. Pure."""
    folded = folding.fold(text).strip()
    found = _BEGINS.match(folded) if len(folded) <= LONGEST else None
    if found is None:
        return None
    rest = folded[found.end() :].strip(" .!")
    hours = call_windows.read(rest) if rest else None
    return Said(hours) if hours is not None or not rest else None


class CallMe(Struct, frozen=True):
    """A step of the fork. His words stand on a ticket of his, and the call-back on that ticket."""

    house: House

    def hears(self, arrived: Arrived) -> bool:
        return self._said(arrived) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """1. The words are a message like any other. 2. The task for the queue. 3. He is told when we call."""
        said, line = self._said(arrived), self.house.lines.by_account(arrived.account)
        if said is None or line is None:
            return False
        inbound = arrived.inbound
        is_press = inbound.kind is Kind.PRESS
        if await blocking.blocked(work, [inbound.sender]):
            return is_press
        if is_press:
            await calls.toast(work, Chat(line, inbound.address), inbound.query, "")
        if await asks.is_enough(work, line, inbound):
            return is_press
        [person] = await contacts.resolve(work, [inbound])
        ticket = await self._placed(work, arrived, person.language)
        if ticket is None:
            return True
        phone = await self._phone(work, ticket.contact_id, inbound)
        hours = self.house.desk.queue(ticket.queue).calendar
        zone = await subscribers.zone_of(work, ticket.contact_id) or hours.zone
        window = call_windows.window(said.hours, hours, zone, work.now)
        await call_backs.want(work, Wanted(ticket.id, phone, window, str(zone)))
        text, buttons = _told(line, person.language, phone, window, zone, work, has_hours=said.hours is not None)
        await outbox.enqueue(work, [asks.answer(line, arrived, "asked", text, buttons)])
        return True

    # -- steps ------------------------------------------------------------------------------------------------------

    def _said(self, arrived: Arrived) -> Said | None:
        line, inbound = self.house.lines.by_account(arrived.account), arrived.inbound
        if line is None or inbound.group or inbound.attachments or inbound.automatic or inbound.history:
            return None
        if inbound.kind is Kind.PRESS:
            return _pressed(inbound.code)
        if line.capabilities.buttons:
            return read(inbound.text[1:]) if inbound.text.startswith("/") else None
        return read(inbound.text) if line.capabilities.keywords else None

    async def _placed(self, work: Work, arrived: Arrived, language: str) -> TicketView | None:
        """The ticket that his words stand on."""
        if arrived.inbound.kind is Kind.PRESS:
            text = texts.say(language, "Please call me.")
            arrived = replace(arrived, inbound=replace(arrived.inbound, kind=Kind.MESSAGE, text=text, replies_to=""))
        await intake.handle(work, self.house.desk, [arrived])
        row = await work.one("SELECT ticket_id FROM entries WHERE message_id = ?", arrived.id)
        return await visible.by_id(work, row["ticket_id"]) if row else None

    async def _phone(self, reader: Reader, contact_id: int, inbound: Inbound) -> str:
        """Where he writes from if that can be rung, else the number of his that is known best; "" if none is."""
        if inbound.sender.scheme == "tel":
            return inbound.sender.value
        row = await reader.one(
            "SELECT value FROM identities WHERE contact_id = ? AND scheme = 'tel' ORDER BY verified DESC, id DESC"
            " LIMIT 1",
            contact_id,
        )
        return row["value"] if row else ""


def _told(
    line: Line, language: str, phone: str, window: Window, zone: ZoneInfo, reader: Reader, *, has_hours: bool
) -> tuple[str, Buttons]:
    """When we call, and how he names other hours. Pure but for the time of the unit."""
    start = promise.on(language, window.start_at, zone, now=reader.now)
    end = promise.on(language, window.end_at, zone, now=window.start_at)
    if phone:
        text = texts.say(language, "We will call you: {start} – {end}, at {phone}.", start=start, end=end, phone=phone)
    else:
        text = texts.say(
            language, "We will call you: {start} – {end}. At which number? Write it to us here.", start=start, end=end
        )
    if has_hours or not line.capabilities.buttons:
        word = "/callback 14-16" if line.capabilities.buttons else "CALL 14-16"
        return f"{text} {texts.say(language, 'Another time? Write {word}.', word=word)}", ()
    return text, (tuple(Button(one, f"{PRESS}:{place}") for place, one in enumerate(_OFFERED)),)


def _pressed(code: str) -> Said | None:
    if code == PRESS:
        return Said()
    place = code.removeprefix(f"{PRESS}:")
    if place == code or place not in {str(one) for one in range(len(_OFFERED))}:
        return None
    return Said(call_windows.read(_OFFERED[int(place)]))
