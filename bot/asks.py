"""What a customer asks for by a word or a button, and is answered at once: his cases, his stations, his language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import asked, calls, own_stations, promise
from bot.asked import Ask, Asked
from bot.house import Chat, House
from channels import messages, outbox
from channels.contract import Button, Buttons, Inbound, Kind
from channels.lines import Line
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import contacts
from crmcore import own_stations as stations
from crmcore.contacts import Person
from kernel import texts
from kernel.unit import Reader, Work
from routing import call_backs
from routing.call_backs import CallView
from tickets import blocking, numbers, own
from tickets.own import Own, Stand

STALE = timedelta(hours=1)
HOUR = timedelta(hours=1)
ANSWERS_AN_HOUR = 6  # to an address that asks; two machines that answer one another end here
UNKNOWN_AN_HOUR = 1  # to one that somebody merely wrote down
_PRESS = "c"  # before what a customer's button carries; a colleague's begin otherwise
LANGUAGE = f"{_PRESS}:{Ask.LANGUAGE}"  # what the button carries that offers all languages
_STANDS = {
    Stand.RECEIVED: "{case}: received.",
    Stand.WORKING: "{case}: we are working on it.",
    Stand.WAITING: "{case}: we wait for your answer.",
    Stand.SOLVED: "{case}: solved.",
    Stand.CLOSED: "{case}: closed.",
}
_PRESSED = (Ask.STATUS, Ask.STATIONS, Ask.QUESTION, Ask.LANGUAGE)  # those that stand on a button
_TONGUES = {"en": "English", "pl": "Polski", "sk": "Slovenčina", "hu": "Magyar", "ru": "Русский"}


class Asks(Struct, frozen=True):
    """A step of the fork. Nothing of it is told to any other address than the one that asks."""

    house: House

    def hears(self, arrived: Arrived) -> bool:
        return self.asked(arrived) is not None

    def asked(self, arrived: Arrived) -> Asked | None:
        """What the whole message asks for: a command where there are buttons, a bare word where there are none."""
        line, inbound = self.house.lines.by_account(arrived.account), arrived.inbound
        if line is None or inbound.group or inbound.attachments or inbound.automatic or inbound.history:
            return None
        if inbound.kind is Kind.PRESS:
            return _pressed(inbound.code)
        capabilities = line.capabilities
        if capabilities.buttons:
            return asked.read(inbound.text[1:]) if inbound.text.startswith("/") else None
        return asked.read(inbound.text) if capabilities.keywords or not capabilities.conversational else None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """Answer; False for what a person has to see: who asks for one, and what the message does not prove."""
        wanted, line = self.asked(arrived), self.house.lines.by_account(arrived.account)
        if wanted is None or line is None:
            return False
        [person] = await contacts.resolve(work, [arrived.inbound])
        if await blocking.blocked(work, [arrived.inbound.sender]):
            return arrived.inbound.kind is Kind.PRESS
        if wanted.ask is Ask.HUMAN:
            await self._human(work, arrived, line, person, wanted)
            return False
        if wanted.chosen and not is_vouched(line, arrived.inbound):
            return False
        await messages.record(work, [arrived], [None])
        if arrived.inbound.kind is Kind.PRESS:
            await calls.toast(work, Chat(line, arrived.inbound.address), arrived.inbound.query, "")
        if await is_enough(work, line, arrived.inbound):
            return True
        text, buttons = await self._answered(work, line, arrived.inbound, person, wanted)
        await outbox.enqueue(work, [answer(line, arrived, "asked", text, buttons)])
        return True

    # -- the answers ------------------------------------------------------------------------------------------------

    async def _answered(
        self, work: Work, line: Line, inbound: Inbound, person: Person, wanted: Asked
    ) -> tuple[str, Buttons]:
        language = person.language or wanted.language
        if wanted.ask is Ask.STATUS:
            return await self._status(work, inbound, person, wanted, language), ()
        if wanted.ask is Ask.STATIONS:
            is_his = await stations.is_his(work, person.identity_id)
            return own_stations.worded(language, await stations.of(work, person.contact_id) if is_his else None), ()
        if wanted.ask is Ask.QUESTION:
            return texts.say(language, "Write your question here; a colleague will answer."), ()
        if wanted.chosen:
            await contacts.speak(work, person.contact_id, wanted.chosen)
            return texts.say(wanted.chosen, "From now on we write to you in English."), ()
        if line.capabilities.buttons:
            return texts.say(language, "In which language shall we write to you?"), languages()
        word = ", ".join(f"LANG {one.upper()}" for one in _TONGUES)
        return texts.say(language, "To choose the language, write one of these: {words}.", words=word), ()

    async def _status(self, reader: Reader, inbound: Inbound, person: Person, wanted: Asked, language: str) -> str:
        at, proved = inbound.sender, person.verified
        if wanted.number is not None:
            found = await own.named(reader, wanted.number, person.contact_id, at, proved=proved)
            if found is None:
                number = numbers.written(wanted.number)
                return texts.say(language, "There is no case {number} of yours here.", number=number)
            return self._line(reader, found, language, await call_backs.promised(reader, [found.number]))
        cases, count = await own.listed(reader, person.contact_id, at, proved=proved)
        if not cases:
            return texts.say(language, "You have no open case with us.")
        head = texts.say_many(language, "You have {count} open case.", "You have {count} open cases.", count)
        promised = await call_backs.promised(reader, [one.number for one in cases])
        return "\n".join([head, *(self._line(reader, one, language, promised) for one in cases)])

    def _line(self, reader: Reader, one: Own, language: str, promised: Mapping[int, CallView]) -> str:
        said = texts.say(language, _STANDS[one.stand], case=one.label)
        if call := promised.get(one.number):
            return f"{said} {promise.called(language, call.window, ZoneInfo(call.zone), now=reader.now)}"
        if one.promised_at is None or one.promised_at <= reader.now:
            return said
        zone = self.house.desk.queue(one.queue).calendar.zone
        by = promise.on(language, one.promised_at, zone, now=reader.now)
        return f"{said} {texts.say(language, 'A colleague will answer by {time}.', time=by)}"

    async def _human(self, work: Work, arrived: Arrived, line: Line, person: Person, wanted: Asked) -> None:
        """Where his words join a case that is open nothing else would tell him that he was heard."""
        inbound = arrived.inbound
        _, count = await own.listed(work, person.contact_id, inbound.sender, proved=person.verified)
        if count == 0 or inbound.kind is Kind.PRESS or await is_enough(work, line, inbound):
            return
        text = texts.say(person.language or wanted.language, "A colleague has been told and will answer you.")
        await outbox.enqueue(work, [answer(line, arrived, "asked", text)])


async def is_enough(reader: Reader, line: Line, inbound: Inbound) -> bool:
    """True if the address has had its answers of this hour."""
    if inbound.disproved:
        return True
    limit = ANSWERS_AN_HOUR if is_vouched(line, inbound) else UNKNOWN_AN_HOUR
    where = "account = ? AND address = ? AND created_at > ? AND purpose = 'asked'"
    values = (line.account, inbound.address.value, reader.now - HOUR)
    row = await reader.one(
        f"SELECT (SELECT count(*) FROM messages WHERE {where} AND external_id IS NOT NULL)"
        f" + (SELECT count(*) FROM messages WHERE {where} AND external_id IS NULL"
        " AND state IN ('queued', 'leased')) AS n",
        *values,
        *values,
    )
    return row is not None and int(row["n"]) >= limit


def is_vouched(line: Line, inbound: Inbound) -> bool:
    """Who writes is who the message says, or can at least be reached only there (an SMS answers a number)."""
    return inbound.proven or line.capabilities.proves_sender or line.capabilities.keywords


def answer(line: Line, arrived: Arrived, purpose: str, text: str, buttons: Buttons = ()) -> Draft:
    """A text that nobody wrote, to the very address that asked; in a letter it answers his."""
    inbound = arrived.inbound
    letter = not line.capabilities.conversational
    return Draft(
        line.channel,
        line.account,
        inbound.address,
        purpose,
        text,
        buttons=buttons if line.capabilities.buttons else (),
        subject=_answering(inbound.subject) if letter else "",
        references=(inbound.external_id,) if letter and inbound.external_id else (),
        stale_after=STALE,
    )


def languages() -> Buttons:
    """A button a language, each in its own name."""
    row = [Button(name, f"{_PRESS}:{Ask.LANGUAGE}:{one}") for one, name in _TONGUES.items()]
    return (tuple(row[:3]), tuple(row[3:]))


def begin(language: str) -> Buttons:
    """What a chat that has just been opened offers."""
    return (
        (
            Button(texts.say(language, "Ask"), f"{_PRESS}:{Ask.QUESTION}"),
            Button(texts.say(language, "My cases"), f"{_PRESS}:{Ask.STATUS}"),
            Button(texts.say(language, "Stations"), f"{_PRESS}:{Ask.STATIONS}"),
        ),
        (Button(texts.say(language, "Call me"), f"{_PRESS}:call"),),
        (Button("English? Polski? Magyar? Русский?", LANGUAGE),),
    )


def _pressed(code: str) -> Asked | None:
    """What a button of ours asks for; None for any other's."""
    parts: Sequence[str] = code.split(":")
    if parts[0] != _PRESS or len(parts) not in (2, 3) or parts[1] not in _PRESSED:
        return None
    chosen = parts[2] if len(parts) == 3 and parts[1] == Ask.LANGUAGE and parts[2] in _TONGUES else ""
    return Asked(Ask(parts[1]), chosen=chosen)


def _answering(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()
