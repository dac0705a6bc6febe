"""The first colleague: added by an address that is known, or invited by a link that he opens in Telegram."""

from __future__ import annotations

from collections.abc import Mapping

from channels.contract import Address
from crmcore import invitations, staff
from crmcore.models.staff import Role
from kernel.errors import Invalid, Problem
from kernel.unit import Reader, Store

LINK = "https://t.me/{bot}?start={token}"  # https://core.telegram.org/api/links#bot-links
_SCHEMES = {"staff.telegram": "telegram", "staff.phone": "tel", "staff.email": "mailto"}


async def welcome(store: Store, written: Mapping[str, str], *, zone: str, bot: str) -> str:
    """Add the administrator if an address of his is given, else invite him; returns the link to hand him, or "".

    Raises Invalid with every wrong answer, Conflict if the name or an address is taken.
    """
    name = written.get("staff.name", "").strip()
    ids = {scheme: written.get(key, "").strip() for key, scheme in _SCHEMES.items()}
    addresses = checked(name, ids, zone)
    if not addresses and not bot:
        expected = "an id, a phone number or an e-mail address: without one he is not recognised"
        raise Invalid("nobody was added", problems=(Problem("staff.telegram", expected),))
    async with store.unit() as work:
        if addresses:
            await staff.add(work, name, Role.ADMIN, addresses, zone=zone)
            return ""
        token = await invitations.create(work, kind=invitations.ADMINISTRATOR, role=Role.ADMIN, name=name)
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
