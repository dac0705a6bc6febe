"""What a simulated account remembers over a restart of the demo: its messages and who has written STOP.

Faults, calls and posts under way are not kept: the hub finds in the message list what it was not told.
"""

from __future__ import annotations

from datetime import datetime

from channels.sms.simulator.model import Json, Message
from channels.sms.simulator.world import World

LEAP = 1_000  # ids jumped over, as the last moments before a crash were not written down
_TIMES = ("created_at", "updated_at", "sent_at")


def remember(world: World) -> Json:
    """The account as plain JSON values."""
    return {
        "messages": [_message(one) for one in world.messages],
        "opted_out": sorted(map(list, world.opted_out)),
        "serial": world.serial,
    }


def recall(world: World, memory: Json) -> None:
    """Put remembered messages back, and go on counting well behind the old ids."""
    world.serial = int(memory["serial"]) + LEAP
    world.opted_out = {(ours, theirs) for ours, theirs in memory["opted_out"]}
    world.messages[:] = [_recalled(one) for one in memory["messages"]]


def _message(one: Message) -> Json:
    kept: Json = {name: getattr(one, name) for name in Message.__struct_fields__}
    times = {name: kept[name].isoformat() if kept[name] else None for name in _TIMES}
    return kept | times | {"media": [list(part) for part in one.media]}


def _recalled(kept: Json) -> Message:
    times = {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in _TIMES}
    media = tuple((url, kind) for url, kind in kept["media"])
    return Message(**{**kept, **times, "media": media})
