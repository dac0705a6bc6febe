"""The verb that brings in a colleague: it makes a link for one person, and takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import codes, views
from bot.calls import Answer, Call
from bot.cards import edit, plain
from bot.grammar import Verb
from bot.joining import PURPOSE
from channels import outbox
from channels.contract import Button
from crmcore import access, invitations, staff
from crmcore.access import INBOX, Role
from crmcore.invitations import Invitation
from kernel import errors, folding, texts

EXAMPLE = "/invite Anna agent"
BUTTON = "iv"
_GROUP = "Write /invite to me in our own chat: whoever reads the link here could use it. Nobody was invited."
_RANK = "A manager brings in agents and leads, an administrator everybody (you: {role}). Nobody was invited."

_CARE = (
    "Send it to nobody else: whoever opens it is your colleague."
    " Where no START button shows, it can be written to me as text."
)


class Wanted(Struct, frozen=True):
    """Whom a line means: `/invite Anna Nowak lead cards`."""

    name: str
    role: Role
    queues: tuple[str, ...]


async def invite(call: Call) -> Answer:
    """A link for one person, with until when it is good and a button that takes it back."""
    if call.chat.group:
        raise errors.Invalid(_GROUP)
    wanted = meant(call.rest, call.house.desk.queues)
    if not wanted.name:
        raise errors.Invalid(
            "Whom? {example}, and a queue after it if he is to work one. Nobody was invited.", example=EXAMPLE
        )
    if not access.may_invite(call.actor.role, wanted.role):
        raise errors.Forbidden(_RANK, role=views.role(call.language, call.actor.role))
    await _must_be_new(call, wanted.name)
    token = await invitations.create(
        call.work,
        kind=invitations.ADMINISTRATOR if wanted.role is Role.ADMIN else invitations.COLLEAGUE,
        role=wanted.role,
        name=wanted.name,
        queues=wanted.queues,
        by=call.actor.id,
    )
    made = await invitations.by_token(call.work, token)
    if made is None:
        raise LookupError("an invitation that was just made is gone")
    return Answer(
        _told(call, made, token),
        ((Button(texts.say(call.language, "Cancel"), codes.write(BUTTON, made.id)),),),
        purpose=PURPOSE,
    )


async def cancel(call: Call) -> Answer:
    """Take an invitation back: by whoever made it, or an administrator."""
    made = await invitations.by_id(call.work, call.number)
    if made is None or (made.by != call.actor.id and not access.ranks(call.actor, Role.ADMIN)):
        raise errors.NotFound("That invitation is not yours to cancel.")
    if await invitations.cancel(call.work, made.id) is None:
        raise errors.Conflict("That invitation has been used, or is not good any more. Nothing was changed.")
    if call.known is not None:
        said = "The invitation of {name} is cancelled: its link opens nothing."
        text = texts.say(call.language, said, name=made.name)
        await outbox.enqueue(call.work, [edit(plain(call.chat, PURPOSE, text), call.known.id)])
    return Answer(texts.say(call.language, "Cancelled."))


def meant(rest: str, queues: Mapping[str, object]) -> Wanted:
    """The name, then a role and a queue in either order if they are written. Pure."""
    words = rest.replace('"', " ").split()
    roles = {one.value: one for one in Role} | {"administrator": Role.ADMIN}
    by_name = {folding.fold(name): name for name in queues}
    role, chosen = None, None
    while len(words) > 1:
        last = folding.fold(words[-1])
        if role is None and last in roles:
            role = roles[last]
        elif chosen is None and last in by_name:
            chosen = by_name[last]
        else:
            break
        words.pop()
    return Wanted(" ".join(words), role or Role.AGENT, (chosen,) if chosen else ())


async def _must_be_new(call: Call, name: str) -> None:
    if any(folding.fold(one.name) == folding.fold(name) for one in await staff.listed(call.work)):
        said = views.short(name, 40)
        raise errors.Conflict(
            "There is a colleague called {name} already. Write another name. Nobody was invited.", name=said
        )


def _told(call: Call, made: Invitation, token: str) -> str:
    until = texts.in_full(call.language, made.expires_at, ZoneInfo(call.actor.zone))
    role, queues = views.role(call.language, made.role), ", ".join(made.queues) or INBOX
    known = {"name": made.name, "role": role, "queues": queues, "time": until}
    head = texts.say(call.language, "For {name} as {role} of {queues}, once, until {time}:", **known)
    link = call.house.link(call.chat.line.account, token)
    return f"{head}\n{link}\n{texts.say(call.language, _CARE)}"


VERBS = (
    Verb(
        "invite",
        invite,
        "a link that makes somebody a colleague",
        EXAMPLE,
        needs_ticket=False,
        takes_text=True,
        least=Role.MANAGER,
        in_chat_only=True,
    ),
    Verb("uninvite", cancel, "take an invitation back", "(a button)", (), BUTTON, False, least=Role.MANAGER),
)
