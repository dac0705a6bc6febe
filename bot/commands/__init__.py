"""The verbs, a file a family; `registry` puts them together."""

from __future__ import annotations

from bot.commands import (
    alerts,
    calling_back,
    channels,
    companies,
    going_live,
    held,
    helping,
    inviting,
    lists,
    macros,
    own,
    phones,
    putting_off,
    reminders,
    replies,
    stations,
    tagging,
    ways,
    work,
)
from bot.grammar import Registry


def registry() -> Registry:
    """Every verb the bot knows. Help, hints and buttons are made from it."""
    verbs = [*replies.VERBS, *ways.VERBS, *work.VERBS, *lists.VERBS, *alerts.VERBS]
    verbs += [*stations.VERBS, *reminders.VERBS, *putting_off.VERBS, *own.VERBS, *phones.VERBS]
    verbs += [*inviting.VERBS, *going_live.VERBS, *companies.VERBS]
    verbs += [*calling_back.VERBS, *channels.VERBS, *tagging.VERBS]
    verbs += macros.verbs(verbs)
    return Registry([*verbs, held.verb(verbs), helping.verb(verbs)])
