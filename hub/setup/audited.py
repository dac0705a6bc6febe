"""A line for each setting of a channel that an administrator has changed, as the settings' pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.pages import settings
from crmcore import audit
from hub.setup import shown, values
from kernel.unit import Work


async def note(work: Work, changes: Mapping[str, object], before: Mapping[str, Any], *, by: int) -> None:
    """`before`: the file as it was. A secret that is another now is told of, and never which."""
    changed = {key: new for key, new in changes.items() if _text(new) != _text(values.at(before, key))}
    had = {key: _masked(key, values.at(before, key)) for key in changed if not _is_secret(key)}
    has = {key: _masked(key, new) for key, new in changed.items()}
    await audit.note(work, settings.AUDITED, 0, had, has, by=by)


def _masked(key: str, value: object) -> str:
    if isinstance(value, Mapping):
        return shown.DOTS  # a whole table that goes: secrets may stand in it
    return shown.masked(key, _text(value)) if value else ""


def _is_secret(key: str) -> bool:
    return key in shown.SECRETS


def _text(value: object) -> str:
    return "" if value is None else str(value)
