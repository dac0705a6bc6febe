"""How somebody becomes a colleague: he shows the bot the token of his invitation, where nobody else sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, views
from bot.house import House
from channels import messages, outbox
from channels.contract import Kind
from channels.events import MessageSettled
from channels.lines import Line
from channels.messages import Arrived
from channels.models import UNSETTLED
from channels.outbox import Draft
from crmcore import invitations, staff
from crmcore.access import INBOX, Role
from crmcore.invitations import Accepted, Invitation
from kernel import rows, texts
from kernel.unit import Work
from routing import assign

STALE = timedelta(hours=24)
PURPOSE = "invitation"  # of the message that carries a link
UNKEPT = "(an invitation: its link is not kept)"
_WELCOME = {
    Role.AGENT: "Hello {name}, you are with us as agent of {queue}.",
    Role.LEAD: "Hello {name}, you are with us as lead of {queue}.",
    Role.MANAGER: "Hello {name}, you are with us as manager of {queue}.",
    Role.ADMIN: "Hello {name}, you are the administrator.",
}
_NEXT_ADMIN = (
    "Next: add me to the group in which your team works, make me an administrator of it, and press the button that I"
    " show there. Then write /invite and a name here for each colleague. /commands lists the rest."
)
_NEXT = (
    "What customers write comes to you here or in your team's group: reply to it to answer."
    " /commands lists what you can do."
)

_VOID = "The invitation of {name} was shown where others can read it, so it is void. /invite makes a new one."
_JOINED = "{name} has joined as {role} of {queues}."
_JOINED_AS = "{name} (the account shows {shown}) has joined as {role} of {queues}."


class Joining(Struct, frozen=True):
    """The one place that lets anybody in. The fork asks it before it looks who writes."""

    house: House

    def is_token(self, arrived: Arrived) -> bool:
        """The whole message is a token, typed or carried by the link that opened the chat. Whether it opens anything
        only the store knows."""
        return arrived.inbound.kind is Kind.MESSAGE and self._token(arrived) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """Let him in or say that it opens nothing; False if this is no place for it: then it is void.

        A token is secret: where others read along, or the sender may be made up, whoever sees it could use it.
        """
        inbound, token = arrived.inbound, self._token(arrived) or ""
        line = self.house.lines.by_account(arrived.account)
        hidden = replace(arrived, inbound=replace(inbound, text="(an invitation)"))
        if inbound.group or inbound.anonymous or line is None or not line.capabilities.proves_sender:
            await self._void(work, token, arrived, line)
            return False
        await messages.record(work, [hidden], [None])
        accepted = await invitations.accept(
            work, token, inbound.sender, inbound.name, zone=await self._zone(work, token)
        )
        if accepted is None:
            if await invitations.may_be_told(work, inbound.sender):
                text = texts.say(inbound.language, "This invitation opens nothing. Ask for a new one.")
                await outbox.enqueue(work, [_draft(line, arrived, text)])
            return True
        if accepted.is_new:
            await assign.join(work, accepted.colleague.id, accepted.invitation.queues)
            await self._tell_joined(work, accepted, inbound.name)
        await outbox.enqueue(work, [_draft(line, arrived, _hello(accepted, inbound.language))])
        return True

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """Handler of MessageSettled: a link that has left is not kept in the words that carried it."""
        ended = [event.id for event in events if event.purpose == PURPOSE and event.state not in UNSETTLED]
        if ended:
            await work.change(f"UPDATE messages SET text = ? WHERE id IN ({rows.marks(ended)})", UNKEPT, *ended)

    def _token(self, arrived: Arrived) -> str | None:
        return invitations.typed(arrived.inbound.started or arrived.inbound.text)

    async def _void(self, work: Work, token: str, arrived: Arrived, line: Line | None) -> None:
        inbound = arrived.inbound
        spoiled = await invitations.spoil(work, token)
        await invitations.count_wrong(work, inbound.sender)
        if inbound.group and line is not None and await invitations.may_be_told(work, inbound.sender):
            text = texts.say(
                inbound.language,
                "An invitation works in our own chat only. Others have seen this one, so it is void:"
                " ask for a new one and open it there.",
            )
            await outbox.enqueue(work, [_draft(line, arrived, text)])
        if spoiled is not None:

            def void(language: str) -> str:
                return texts.say(language, _VOID, name=spoiled.name or texts.say(language, "somebody"))

            await self._tell_inviter(work, spoiled, void)

    async def _tell_joined(self, work: Work, accepted: Accepted, shown: str) -> None:
        one = accepted.colleague

        def joined(language: str) -> str:
            known = {"name": one.name, "role": views.role(language, one.role), "queues": _queues(accepted.invitation)}
            if shown and shown != one.name:
                return texts.say(language, _JOINED_AS, shown=shown, **known)
            return texts.say(language, _JOINED, **known)

        await self._tell_inviter(work, accepted.invitation, joined, besides=one.id)

    async def _tell_inviter(
        self, work: Work, invitation: Invitation, words: Callable[[str], str], *, besides: int = 0
    ) -> None:
        """Who made it, or the administrators if it was made at the machine. `words`: by language."""
        everyone = await staff.listed(work)
        by = invitation.by
        told = [one for one in everyone if (one.id == by if by else one.role is Role.ADMIN) and one.id != besides]
        chats = audience.own_chats(self.house, told)
        await outbox.enqueue(work, [cards.plain(chat, "notice", words(chat.language)) for chat in chats])

    async def _zone(self, work: Work, token: str) -> str:
        """He lives by the clocks of the queue he is invited to, until /zone says otherwise."""
        found = await invitations.by_token(work, token)
        queue = found.queues[0] if found and found.queues else INBOX
        return self.house.desk.queue(queue).calendar.zone.key


def _hello(accepted: Accepted, language: str) -> str:
    one, invitation = accepted.colleague, accepted.invitation
    if accepted.is_spared or invitation.role is not one.role:
        return texts.say(
            one.language or language, "{name}, you are with us already. Nothing has changed.", name=one.name
        )
    welcome = texts.say(language, _WELCOME[one.role], name=one.name, queue=_queues(invitation))
    following = texts.say(language, _NEXT_ADMIN) if one.role is Role.ADMIN else texts.say(language, _NEXT)
    return f"{welcome}\n{following}"


def _queues(invitation: Invitation) -> str:
    return ", ".join(invitation.queues) or INBOX


def _draft(line: Line, arrived: Arrived, text: str) -> Draft:
    return Draft(
        line.channel, line.account, arrived.inbound.address, "joining", text, stale_after=STALE, priority=outbox.URGENT
    )
