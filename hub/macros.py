"""Canned answers in the settings: [macros.NAME] with a text per language, its queues, and what follows the answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from bot.macros import FACTS, Macro
from hub.cli import Late
from kernel.errors import Problem
from kernel.phrases import one_of
from kernel.settings import Section

if TYPE_CHECKING:
    from bot import filling
else:
    filling = Late("bot.filling")  # its engine is a sixth of a second: for those who have macros

_NAME = re.compile(r"[^\W_][\w-]{0,39}")


class MacroSettings(Section):
    """`queues`: where it is offered, none for all. `close`: the ticket is closed after the answer, for `reason`."""

    text: str | dict[str, str]
    queues: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    close: bool = False
    reason: str = ""


def checked(written: Mapping[str, MacroSettings], queues: Collection[str], found: list[Problem]) -> dict[str, Macro]:
    """The macros as the bot has them; every problem goes to `found`."""
    known = {}
    for name, one in written.items():
        key = f"macros.{name}"
        if not _NAME.fullmatch(name):
            found.append(Problem(key, "a name of one word, for example refund", name))
        for queue in one.queues:
            if queue not in queues:
                found.append(Problem(f"{key}.queues", one_of(queues), queue))
        try:
            texts = filling.language_of(one.text)
            names = frozenset().union(*(filling.wanted(text) for text in texts.values())) - set(FACTS)
            for text in texts.values():
                filling.tried(text, {*names, *FACTS})
        except ValueError as error:
            found.append(Problem(f"{key}.text", error.args[0]))
            continue
        known[name] = Macro(name, texts, one.queues, one.tags, one.close, one.reason, names)
    return known
