"""Webhooks as the settings name them: whose we take, how far they are believed, and where ours go. Pure."""

from __future__ import annotations

from hub.settings import HookSource, Settings
from webhooks import auth, parse, signature
from webhooks.outgoing import Target
from webhooks.stations import Trust


def trusted(settings: Settings) -> dict[str, Trust]:
    """By account how far reports of outages are believed."""
    return {parse.account(name): Trust(one.confirm, one.settle) for name, one in settings.hooks.sources.items()}


def targets(settings: Settings) -> dict[str, Target]:
    """Where posts of ours go, by the name that steps have for it."""
    return {
        name: Target(one.url, signature.key(one.secret.get_secret_value()), one.private)
        for name, one in settings.hooks.out.items()
    }


def source(name: str, found: HookSource) -> auth.Source:
    """One source with its keys."""
    return auth.source(
        name,
        secrets=[one.get_secret_value() for one in found.secret],
        tokens=[one.get_secret_value() for one in found.token],
        addresses=list(found.addresses),
        map=found.map,
    )
