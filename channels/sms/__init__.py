"""The SMS channel, through Twilio. `load` imports the twilio library; everything else here is cheap."""

from __future__ import annotations

from channels.sms.receive import Sms
from channels.sms.settings import Settings


def build(settings: Settings, *, public_url: str) -> Sms:
    """An adapter for one sender. `public_url`: where Twilio finds us, unless the settings name another address."""
    return Sms(settings, public_url=public_url)


__all__ = ["Settings", "Sms", "build"]
