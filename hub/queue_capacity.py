"""How much a member of a queue is given by himself, as the settings file has it: a number, or one by channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from channels import registry, uploads
from kernel.errors import Problem
from kernel.phrases import Phrase
from routing.choosing import Capacity
from webhooks import parse

LARGEST = 1000
_NUMBER = Phrase("a whole number of tickets, 1 to {most}, for example 10", most=LARGEST)
_EITHER = Phrase(
    "{number}, or by channel {example}; leave it out for no limit",
    number=_NUMBER,
    example="{ email = 10, telegram = 3 }",
)


def read(key: str, written: Any, found: list[Problem]) -> Capacity:
    """What stands at `key`. What is wrong is noted in `found`, and holds nobody back."""
    value = _plain(written)
    if value is None:
        return Capacity()
    if _is_number(value):
        return Capacity(value)
    if not isinstance(value, Mapping) or not value:
        found.append(Problem(key, _EITHER, repr(written)[:40]))
        return Capacity()
    known = [*registry.names(), parse.CHANNEL, uploads.CHANNEL]
    for channel, limit in value.items():
        if channel not in known:
            found.append(
                Problem(
                    f"{key}.{channel}"[:100], Phrase("a channel: {names}", names=", ".join(known)), str(channel)[:40]
                )
            )
        elif not _is_number(limit):
            found.append(Problem(f"{key}.{channel}", _NUMBER, repr(limit)[:40]))
    return Capacity(None, {channel: limit for channel, limit in value.items() if _is_number(limit)})


def _plain(written: Any) -> Any:
    """A variable of the environment is a text."""
    if not isinstance(written, str):
        return written
    try:
        return json.loads(written)
    except ValueError:
        return written


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST
