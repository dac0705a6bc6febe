"""The verbs, a file a family; `registry` puts them together."""

from __future__ import annotations

from bot.commands import (
    alerts,
    calling_back,
    casework,
    channels,
    claims,
    clocks,
    companies,
    digests,
    files,
    finding,
    going_live,
    held,
    helping,
    incidents,
    inviting,
    joining_up,
    lists,
    macros,
    outages,
    own,
    phones,
    presence,
    putting_off,
    reminders,
    replies,
    stations,
    ways,
    withheld,
    work,
)
from bot.grammar import Registry


def registry() -> Registry:
    """Every verb the bot knows. Help, hints and buttons are made from it."""
    verbs = [*replies.VERBS, *ways.VERBS, *work.VERBS, *lists.VERBS, *clocks.VERBS, *alerts.VERBS]
    verbs += [*stations.VERBS, *outages.VERBS, *reminders.VERBS, *putting_off.VERBS, *own.VERBS, *phones.VERBS]
    verbs += [*casework.VERBS, *joining_up.VERBS, *finding.VERBS]
    verbs += [*inviting.VERBS, *going_live.VERBS, *withheld.VERBS, *companies.VERBS, *files.VERBS]
    verbs += [*calling_back.VERBS, *channels.VERBS, *presence.VERBS, *incidents.VERBS, *digests.VERBS]
    verbs += [*claims.VERBS]
    verbs += macros.verbs(verbs)
    verbs.append(held.by_code(stations.CONFIRM, tuple(verbs)))
    return Registry([*verbs, *held.verbs(verbs), helping.verb(verbs)])
