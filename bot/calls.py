"""A command under way: who said it, where, about which ticket; and what the bot answers."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot.house import Chat, House
from bot.views import Reading
from channels import outbox, rendering
from channels.contract import Buttons, MessageId, Operation
from channels.messages import Arrived, Known
from channels.outbox import Draft, Ref
from crmcore import access
from crmcore.access import Actor, Scope
from kernel import errors, texts
from kernel.unit import Work
from tickets import numbers, visible
from tickets.visible import TicketView

TOAST_SHORT = 80  # a longer one is a dialog on some channels
TOAST_LIMIT = 190  # Telegram cuts at 200
TOAST_STALE = timedelta(seconds=30)


class Answer(Struct, frozen=True):
    """What the bot says back. `purpose` and `ref` let a later event find and edit it."""

    text: str
    buttons: Buttons = ()
    purpose: str = "answer"
    ref: Ref | None = None


class Call(Struct):
    """One command of one colleague. `known`: our message that was replied to or whose button was pressed.

    `seen`: the newest entry of the ticket that was before his eyes; 0: nobody knows.
    """

    work: Work
    house: House
    actor: Actor
    arrived: Arrived
    chat: Chat
    rest: str = ""
    ticket: TicketView | None = None
    known: Known | None = None
    topic_id: int | None = None
    version: int = 0
    number: int = 0
    is_press: bool = False
    seen: int = 0

    @property
    def language(self) -> str:
        """In which he is answered: that of the chat, whoever asks there."""
        return self.chat.language

    @property
    def reading(self) -> Reading:
        """For whom the answer is put into words: the chat's language, his own clocks."""
        return Reading(self.language, ZoneInfo(self.actor.zone), self.work.now)

    @property
    def scope(self) -> Scope:
        return access.scope(self.actor)

    @property
    def answers_customer(self) -> bool:
        """Said under a copy of the customer's words."""
        return self.known is not None and self.known.purpose == "copy"

    @property
    def the_ticket(self) -> TicketView:
        """The ticket of a verb that needs one; the dispatcher has made sure of it."""
        if self.ticket is None:
            raise errors.Invalid("Which ticket? Write its number after the command, for example T12.")
        return self.ticket

    async def again(self) -> TicketView:
        """The ticket as it is after this command's writes."""
        found = await visible.by_id(self.work, self.the_ticket.id)
        return found or self.the_ticket


async def seen(call: Call, number: int) -> TicketView:
    """The ticket if there is one and the actor may see it: one and the same sentence for both."""
    found = await visible.by_number(call.work, number, call.scope)
    if found is None:
        raise errors.NotFound(
            "There is no {ticket}, or it is not yours to see. /my and /queue list what is.",
            ticket=numbers.written(number),
        )
    return found


async def answer(call: Call, said: Answer) -> MessageId:
    """Queue an answer into the chat the command came from, beside what it answers; returns the id of its last message.

    What is longer than the channel takes goes as several, cut between lines; the buttons are under the last.
    """
    parts = rendering.messages(said.text, call.chat.line.capabilities, whole_lines=True)
    drafts = [_part(call, said, text, is_last=number == len(parts)) for number, text in enumerate(parts, 1)]
    return (await outbox.enqueue(call.work, drafts))[-1]


def _part(call: Call, said: Answer, text: str, *, is_last: bool) -> Draft:
    return Draft(
        channel=call.chat.line.channel,
        account=call.chat.line.account,
        address=call.chat.address,
        purpose=said.purpose,
        text=text,
        ref=said.ref or (Ref("ticket", call.ticket.id) if call.ticket else None),
        buttons=said.buttons if is_last else (),
        target_id=None if call.is_press else call.arrived.id,
        within_id=call.topic_id,
        priority=outbox.URGENT,
    )


def refusal(language: str, error: errors.CentralaError) -> str:
    """What was wrong where, and what has not happened. Pure."""
    said = texts.refusal(language, error)
    if not error.problems:
        return said
    wrong = "; ".join(
        texts.say(
            language,
            "{field}: expected {what}",
            field=texts.into(language, one.field),
            what=texts.into(language, one.expected),
        )
        for one in error.problems
    )
    return f"{wrong[:1].upper()}{wrong[1:]}. {said[:1].upper()}{said[1:].rstrip('.')}."


async def toast(work: Work, chat: Chat, query: str, text: str) -> None:
    """Answer a pressed button: always, success too, or the button seems to hang."""
    draft = Draft(
        channel=chat.line.channel,
        account=chat.line.account,
        address=chat.address,
        purpose="toast",
        text=text[:TOAST_LIMIT],
        subject=query,
        operation=Operation.TOAST,
        priority=outbox.URGENT,
        stale_after=TOAST_STALE,
    )
    await outbox.enqueue(work, [draft])
