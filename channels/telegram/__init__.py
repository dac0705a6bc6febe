"""The Telegram channel. `load` imports aiogram, which takes seconds; everything else here is cheap."""

from __future__ import annotations

from channels.telegram.receive import Telegram
from channels.telegram.settings import Settings


def build(settings: Settings, *, public_url: str) -> Telegram:
    """An adapter for one bot. `public_url`: where Telegram finds us, needed in webhook mode only."""
    return Telegram(settings, public_url=public_url)


__all__ = ["Settings", "Telegram", "build"]
