"""Canned answers as a ticket's page offers them, behind a contract, as the hub hands them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from crmcore.access import Actor
from tickets.visible import TicketView

BROKEN = "broken"


class Answer(Struct, frozen=True):
    """One that is offered. `blanks`: what it wants to know beside the ticket; `follows`: the chat does more with it."""

    name: str
    blanks: tuple[str, ...] = ()
    follows: bool = False


class Canned(Protocol):
    """The house's canned answers."""

    def offered(self, ticket: TicketView) -> Sequence[Answer]:
        """Those of the ticket's queue, by name."""

    def filled(self, name: str, ticket: TicketView, actor: Actor, given: Mapping[str, str]) -> str:
        """The text in the customer's language. Raises Invalid for one that becomes too long, or misses a blank; with
        the code BROKEN for one that cannot be filled in with anything.
        """


class Nothing:
    """A console without any."""

    def offered(self, ticket: TicketView) -> Sequence[Answer]:
        return ()

    def filled(self, name: str, ticket: TicketView, actor: Actor, given: Mapping[str, str]) -> str:
        return ""
