"""A customer joins a second address of his own by a word: he shares his number, or types the code that we send there.

What he is told is the same whether we know the address, whose it is, and whether a code went. Who may prove what:
docs/decisions/0012-joined-by-proof-only.md.
"""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from bot import asks
from bot.commands import ways
from bot.house import House
from bot.linking import Linking
from channels import messages, outbox
from channels.contract import OWN_NUMBER, Address, Button, Buttons, Kind
from channels.lines import Line
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import contacts, linking
from crmcore.contacts import Person
from kernel import errors, folding, phones, texts
from kernel.unit import Work
from tickets import blocking

LONGEST = 340  # characters: the longest address there is, and the word
_WORDS = frozenset(map(folding.fold, ("link", "powiąż", "prepoj", "összeköt", "связать")))
_ON_ITS_WAY = "If we can reach that address, a code is on its way there. Send it to us here within 10 minutes."
_WRONG = "That is not the code, or its time is over. Nothing was joined. Write {word} and the address again."
_FIRST = re.compile(r"(/?)([^\s@/]+)(?:@\w+)?\s*(.*)", re.DOTALL)


class Said(Struct, frozen=True):
    """`code`: typed back to us; `address`: of his, as he says. Neither: he wants to know how."""

    code: str = ""
    address: Address | None = None


def read(text: str, *, slash: bool) -> Said | None:
    """What the whole message says; None for any other. `slash`: where it is a command. Pure."""
    found = _FIRST.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None or bool(found[1]) is not slash or folding.fold(found[2]) not in _WORDS:
        return None
    rest = found[3].strip()
    if not rest:
        return Said()
    if code := linking.typed(rest):
        return Said(code=code)
    try:
        return Said(address=ways.read_address(rest))
    except errors.Invalid:
        return None  # a colleague reads what we do not understand


class OwnAddress(Struct, frozen=True):
    """A step of the fork."""

    house: House

    def hears(self, arrived: Arrived) -> bool:
        return self._said(arrived) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """1. A code is tried. 2. An address gets one. 3. He is told how. False where nothing proves who he is."""
        said, line = self._said(arrived), self.house.lines.by_account(arrived.account)
        if said is None or line is None or await blocking.blocked(work, [arrived.inbound.sender]):
            return False
        if await asks.is_enough(work, line, arrived.inbound):
            return False
        if said.code and await self._typed(work, arrived, said.code):
            return True
        [person] = await contacts.resolve(work, [arrived.inbound])
        if not arrived.inbound.proven and not line.capabilities.proves_sender:
            return await self._elsewhere(work, arrived, line, person)
        if said.address is not None:
            await self._send(work, person, said.address)
        await messages.record(work, [arrived], [None])
        text, buttons = _answered(line, said, person.language)
        await outbox.enqueue(work, [asks.answer(line, arrived, "asked", text, buttons)])
        return True

    # -- steps ------------------------------------------------------------------------------------------------------

    def _said(self, arrived: Arrived) -> Said | None:
        line, inbound = self.house.lines.by_account(arrived.account), arrived.inbound
        if line is None or inbound.kind is not Kind.MESSAGE or inbound.group or inbound.attachments:
            return None
        if inbound.automatic or inbound.history:
            return None
        return read(inbound.text, slash=line.capabilities.buttons)

    async def _typed(self, work: Work, arrived: Arrived, code: str) -> bool:
        """As if the code stood there alone."""
        bare = replace(arrived, inbound=replace(arrived.inbound, text=code))
        return await Linking(self.house).take(work, bare)

    async def _send(self, work: Work, person: Person, address: Address) -> None:
        """A code to that address. Where none goes, he is told the same: whose it is says nobody here."""
        line = self.house.lines.to(address.scheme)
        if line is None or (line.capabilities.keywords and phones.is_dear(address.value)):
            return
        try:
            code = await linking.ask(work, person.contact_id, address, ticket_id=None)
        except errors.Conflict:
            return
        text = ways.carrying(code, person.language)
        draft = Draft(line.channel, line.account, address, "code", text, stale_after=ways.CODE_STALE)
        await outbox.enqueue(work, [draft])

    async def _elsewhere(self, work: Work, arrived: Arrived, line: Line, person: Person) -> bool:
        """A number can be made up: he asks where he is known for who he is, and the code comes here."""
        trusted = next((one for one in self.house.lines.ordered() if one.capabilities.proves_sender), None)
        if not line.capabilities.keywords or trusted is None:
            return False
        await messages.record(work, [arrived], [None])
        text = texts.say(
            person.language,
            "To join this number with your chat, write /link and the number to us there, by {channel}. A code then"
            " comes here; send it in the chat.",
            channel=trusted.capabilities.label,
        )
        await outbox.enqueue(work, [asks.answer(line, arrived, "asked", text)])
        return True


def _answered(line: Line, said: Said, language: str) -> tuple[str, Buttons]:
    """What he is told, and the button that shares his number where there are buttons. Pure."""
    word = "/link" if line.capabilities.buttons else "LINK"
    if said.code:
        return texts.say(language, _WRONG, word=word), ()
    if said.address is not None:
        return texts.say(language, _ON_ITS_WAY), ()
    how = texts.say(
        language,
        "To join another address of yours, write {word} and the address, for example {word} anna@mail.example."
        " We send a code there, and you send it to us here.",
        word=word,
    )
    if not line.capabilities.buttons:
        return how, ()
    share = texts.say(language, "To join your phone number, press the button.")
    return f"{how}\n{share}", ((Button(texts.say(language, "Share my number"), OWN_NUMBER),),)
