"""What a group lacks for colleagues to work in it, each with where in the apps it is to be found. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram.types import (
    ChatFullInfo,
    ChatMemberAdministrator,
    ChatMemberOwner,
    ResultChatMemberUnion,
    User,
)

from channels.contract import Address, Place
from channels.telegram import peek

NO_ADMIN = (
    "I am no administrator here, so I cannot make a topic for each ticket."
    " Group info → Edit → Administrators → Add → this bot."
)
NO_TOPICS_RIGHT = "I may not manage topics. Group info → Edit → Administrators → this bot → Manage topics."
NO_TOPICS = "Topics are off, so all tickets stand in one stream. Group info → Edit → Topics."
NOT_HEARD = (
    "I do not hear plain talk here. Make me an administrator; or @BotFather → /setprivacy → Disable, then take me out"
    " of the group and add me again."
)
HIDDEN = (
    "{name} writes as the group itself, so I cannot see who it is."
    " Group info → Edit → Administrators → {name} → Remain anonymous off."
)


def place(
    me: User, chat: ChatFullInfo, member: ResultChatMemberUnion, admins: Sequence[ResultChatMemberUnion]
) -> Place:
    """The group as Telegram shows it to the bot now."""
    is_admin = isinstance(member, ChatMemberAdministrator | ChatMemberOwner)
    missing = []
    if not is_admin:
        missing.append(NO_ADMIN)
    if not chat.is_forum:
        missing.append(NO_TOPICS)
    elif isinstance(member, ChatMemberAdministrator) and not member.can_manage_topics:
        missing.append(NO_TOPICS_RIGHT)
    if not is_admin and not me.can_read_all_group_messages:
        missing.append(NOT_HEARD)
    hidden = [one.user.full_name for one in admins if getattr(one, "is_anonymous", False)]
    missing += [HIDDEN.format(name=name) for name in hidden]
    return Place(Address(peek.SCHEME, str(chat.id)), topics=bool(chat.is_forum), missing=tuple(missing))
