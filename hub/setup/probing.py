"""Tries a channel's settings, step by step, with the probe that `centrala check` uses. Nothing is sent or changed."""

from __future__ import annotations

import logging

from msgspec import Struct

from channels import registry
from hub.settings import Settings
from hub.setup import steps

BOT = "@"  # a channel's probe says its bot's name so


class Found(Struct, frozen=True):
    """One thing tried. `todo`: the next step where it failed."""

    name: str
    ok: bool
    said: str
    todo: str


async def tried(channel: str, settings: Settings) -> list[Found]:
    """The steps, up to the first that makes the next ones pointless."""
    probe = registry.part(channel, "probe").probe
    more = {"data": settings.data} if channel == steps.EMAIL else {}  # a sign-in is kept there
    quiet = logging.getLogger("asyncio")  # a library's abandoned task is told by the step it broke
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        found = await probe(settings.channels[channel], public_url=settings.web.public_url, **more)
    finally:
        quiet.setLevel(level)
    return [Found(name, not todo, " ".join(said.split()), todo) for name, said, todo in found]


def bot(found: list[Found]) -> str:
    """The name of the bot that the probe has met, without its @; "" for none."""
    return next((one.said.removeprefix(BOT) for one in found if one.ok and one.said.startswith(BOT)), "")
