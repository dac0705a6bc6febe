"""The first colleague: added by an address that is known, or invited by a link that he opens in Telegram."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Protocol, cast

from channels.contract import Address
from crmcore import staff
from crmcore.models.staff import Role
from kernel.errors import Invalid, Problem
from kernel.unit import Reader, Store, Work

INVITATIONS = "crmcore.invitations"
LINK = "https://t.me/{bot}?start={token}"  # https://core.telegram.org/api/links#bot-links
_SCHEMES = {"staff.telegram": "telegram", "staff.phone": "tel", "staff.email": "mailto"}


class Inviter(Protocol):
    """Makes a token that lets its bearer in once."""

    async def create(self, work: Work, *, kind: str, role: Role, name: str = "", days: int = 7) -> str: ...


def inviter() -> Inviter | None:
    """What makes invitations; None in a hub that has none."""
    if importlib.util.find_spec(INVITATIONS) is None:
        return None
    return cast(Inviter, importlib.import_module(INVITATIONS))


async def welcome(store: Store, written: Mapping[str, str], *, zone: str, bot: str) -> str:
    """Add the administrator if an address of his is given, else invite him; returns the link to hand him, or "".

    Raises Invalid with every wrong answer, Conflict if the name or an address is taken.
    """
    name = written.get("staff.name", "").strip()
    ids = {scheme: written.get(key, "").strip() for key, scheme in _SCHEMES.items()}
    addresses = checked(name, ids, zone)
    makes = inviter()
    if not addresses and (makes is None or not bot):
        expected = "an id, a phone number or an e-mail address: without one he is not recognised"
        raise Invalid("nobody was added", problems=(Problem("staff.telegram", expected),))
    async with store.unit() as work:
        if addresses or makes is None:
            await staff.add(work, name, Role.ADMIN, addresses, zone=zone)
            return ""
        token = await makes.create(work, kind="administrator", role=Role.ADMIN, name=name)
    return LINK.format(bot=bot, token=token)


def checked(name: str, ids: Mapping[str, str], zone: str) -> list[Address]:
    """The addresses, normalised. Raises Invalid with the questions' own keys."""
    try:
        return staff.checked(name=name, ids=ids, zone=zone)
    except Invalid as error:
        keys = {"name": "staff.name", "id": "staff.telegram", "phone": "staff.phone", "e-mail": "staff.email"}
        told = tuple(Problem(keys.get(one.field, one.field), one.expected, one.got) for one in error.problems)
        raise Invalid(str(error), problems=told) from error


async def names(reader: Reader) -> list[str]:
    """Who works here already (at most 1,000)."""
    return [one.name for one in await staff.listed(reader)]
