"""The verbs, a file a family; `registry` puts them together."""

from __future__ import annotations

from bot.commands import (
    alerts,
    clocks,
    companies,
    going_live,
    helping,
    inviting,
    lists,
    own,
    phones,
    putting_off,
    reminders,
    replies,
    stations,
    ways,
    work,
)
from bot.grammar import Registry


def registry() -> Registry:
    """Every verb the bot knows. Help, hints and buttons are made from it."""
    verbs = [*replies.VERBS, *ways.VERBS, *work.VERBS, *lists.VERBS, *clocks.VERBS, *alerts.VERBS]
    verbs += [*stations.VERBS, *reminders.VERBS, *putting_off.VERBS, *own.VERBS, *phones.VERBS]
    verbs += [*inviting.VERBS, *going_live.VERBS, *companies.VERBS]
    return Registry([*verbs, helping.verb(verbs)])
