"""Canned answers as the settings have them under [macros.NAME]: which there are, and where they are offered. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from tickets.visible import TicketView

FACTS = ("customer", "agent", "ticket", "subject", "queue")
_GIVEN = re.compile(r"(\w{1,40})=(\"[^\"]*\"|\S+)")


class Macro(Struct, frozen=True):
    """One canned answer. `texts`: language → template; `queues`: where it is offered, empty for all.

    `closes` with `reason`, `tags`: what is done after the answer.
    """

    name: str
    texts: Mapping[str, str]
    queues: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    closes: bool = False
    reason: str = ""
    wants: frozenset[str] = field(default_factory=frozenset)  # values that it needs beside the facts


def offered(macros: Mapping[str, Macro], queue: str) -> list[Macro]:
    """Those of a queue, by name."""
    return [macros[name] for name in sorted(macros) if not macros[name].queues or queue in macros[name].queues]


def facts(ticket: TicketView, agent: str) -> dict[str, str]:
    """What every macro may say. `agent`: the name of whoever answers."""
    values = (ticket.contact, agent, ticket.name, ticket.subject, ticket.queue)
    return dict(zip(FACTS, values, strict=True))


def given(text: str) -> dict[str, str]:
    """Values written as name=value, or name="more words"."""
    return {name: value.strip('"') for name, value in _GIVEN.findall(text)}
