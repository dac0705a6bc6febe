"""The e-mail channel. `load` imports what sending and mailboxes need; listening needs less and comes first."""

from __future__ import annotations

from channels.email.receive import Email
from channels.email.settings import Settings


def build(settings: Settings, *, public_url: str) -> Email:
    """An adapter for one address. `public_url` is of no use here: mail comes by its own ports."""
    return Email(settings)


__all__ = ["Email", "Settings", "build"]
