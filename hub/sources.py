"""The sources of webhooks that the settings name, as the entrance and the outages take them. Pure."""

from __future__ import annotations

from hub.settings import HookSource, Settings
from webhooks import auth, parse
from webhooks.stations import Trust


def trusted(settings: Settings) -> dict[str, Trust]:
    """By account how far reports of outages are believed."""
    return {parse.account(name): Trust(one.confirm, one.settle) for name, one in settings.hooks.sources.items()}


def source(name: str, found: HookSource) -> auth.Source:
    """One source with its keys."""
    return auth.source(
        name,
        secrets=[one.get_secret_value() for one in found.secret],
        tokens=[one.get_secret_value() for one in found.token],
        addresses=list(found.addresses),
        map=found.map,
    )
