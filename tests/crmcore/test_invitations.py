"""Invitations: one person, once, in time, from somebody who may; and nothing else makes a colleague."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Address
from crmcore import access, invitations, staff
from crmcore.access import Role, StaffId
from crmcore.invitations import ADMINISTRATOR, COLLEAGUE, Accepted
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store

BELA, OBCY = Address("telegram", "1006"), Address("telegram", "3001")


async def made(store: Store, *, kind: str = COLLEAGUE, role: Role = Role.AGENT, name: str = "", by: int = 0) -> str:
    async with store.unit() as work:
        inviter = StaffId(by) if by else None
        return await invitations.create(work, kind=kind, role=role, name=name, queues=["cards"], by=inviter)


async def shown(store: Store, token: str, sender: Address = BELA, name: str = "Béla") -> Accepted | None:
    async with store.unit() as work:
        return await invitations.accept(work, token, sender, name, zone="Europe/Budapest")


async def hired(store: Store, name: str, role: Role, telegram: str) -> int:
    async with store.unit() as work:
        return await staff.add(work, name, role, [Address("telegram", telegram)])


async def names(store: Store) -> list[tuple[str, Role]]:
    return [(one.name, one.role) for one in await staff.listed(store.reading())]


async def test_a_token_fits_a_link_and_is_not_kept(store: Store) -> None:
    """S18: 256 bits, hashed at rest; at most 64 characters of those a link may carry."""
    for kind, prefix in ((ADMINISTRATOR, "a_"), (COLLEAGUE, "i_")):
        token = await made(store, kind=kind)
        assert re.fullmatch(r"[A-Za-z0-9_-]{45}", token) and token.startswith(prefix)
        assert invitations.typed(f" {token}\n") == token
    rows = await store.reading().fetch("SELECT * FROM invitations")
    assert not [value for row in rows for value in row.values() if token in str(value)]


@given(st.text(alphabet="ai_-AZ09 \n/", max_size=60))
def test_only_a_token_alone_is_read_as_one(text: str) -> None:
    """S20: whatever else is written around it makes it a text like any other."""
    is_one = len(text.strip()) == 45 and re.match(r"[ai]_[A-Za-z0-9_-]{43}$", text.strip()) is not None
    assert (invitations.typed(text) is not None) is is_one


async def test_who_shows_it_is_a_colleague_once(store: Store) -> None:
    """B-11: by his own name, or the one he was invited by; said again to himself, never to another."""
    token = await made(store)
    first = await shown(store, token)
    assert first is not None and not first.again
    assert (first.colleague.name, first.colleague.role, first.colleague.zone) == ("Béla", Role.AGENT, "Europe/Budapest")
    assert first.invitation.queues == ("cards",)
    again = await shown(store, token)
    assert again is not None and again.again and again.colleague.id == first.colleague.id
    assert await shown(store, token, OBCY, "Obcy") is None
    named = await shown(store, await made(store, name="Jan N"), OBCY, "x")
    assert named is not None and named.colleague.name == "Jan N"


async def test_two_of_one_name_are_told_apart(store: Store) -> None:
    await hired(store, "Bela", Role.AGENT, "1")
    accepted = await shown(store, await made(store))
    assert accepted is not None and accepted.colleague.name == "Béla 2"
    nameless = await shown(store, await made(store), OBCY, " ")
    assert nameless is not None and nameless.colleague.name == "Colleague"


async def test_two_at_once_come_in_once(store: Store) -> None:
    """S18: single use by a conditional update."""
    token = await made(store)
    both = await asyncio.gather(shown(store, token), shown(store, token, OBCY, "Obcy"))
    assert sum(one is not None for one in both) == 1
    assert len(await names(store)) == 1


@pytest.mark.parametrize(
    "why", ["unknown", "too old", "cancelled", "seen by others", "inviter left", "inviter is less"]
)
async def test_what_opens_nothing_is_answered_alike(store: Store, clock: Clock, why: str) -> None:
    """S18, S20."""
    marek = await hired(store, "Marek", Role.MANAGER, "1002")
    token = await made(store, by=marek)
    [invitation] = await invitations.open_ones(store.reading())
    async with store.unit() as work:
        if why == "unknown":
            token = token[:-1] + ("A" if token[-1] != "A" else "B")
        elif why == "too old":
            clock.push(timedelta(days=7))
        elif why == "cancelled":
            assert await invitations.cancel(work, invitation.id) == invitation
        elif why == "seen by others":
            assert await invitations.spoil(work, token) == invitation
        elif why == "inviter left":
            await staff.remove(work, "Marek")
        else:
            await work.change("UPDATE staff SET role = 'agent' WHERE id = ?", marek)
    before = await names(store)
    assert await shown(store, token) is None
    assert await names(store) == before


async def test_wrong_tokens_are_counted_over_restarts_and_end_it_for_an_hour(store: Store, clock: Clock) -> None:
    """S18: after five not even the right one opens, for that address alone."""
    token = await made(store)
    for _ in range(invitations.WRONG_AN_HOUR):
        assert await shown(store, f"i_{'x' * 43}") is None
    assert await shown(Store(clock), token) is None
    clock.push(timedelta(minutes=61))
    assert await shown(store, token) is not None


async def test_a_colleague_who_shows_one_spends_nothing_unless_it_raises_him(store: Store) -> None:
    """A manager tries his own link; an agent gets the administrator's."""
    await hired(store, "Marek", Role.MANAGER, BELA.value)
    tried = await shown(store, await made(store))
    assert tried is not None and tried.is_spared and not tried.is_new
    assert len(await invitations.open_ones(store.reading())) == 1
    raised = await shown(store, await made(store, kind=ADMINISTRATOR, role=Role.ADMIN))
    assert raised is not None and raised.is_new and raised.colleague.role is Role.ADMIN
    assert await names(store) == [("Marek", Role.ADMIN)]


async def test_a_name_that_is_too_long_is_refused(store: Store) -> None:
    with pytest.raises(errors.Invalid, match="nobody was invited") as refused:
        await made(store, name="x" * 121)
    assert refused.value.problems[0].field == "name"


def test_who_may_invite_whom() -> None:
    """S20: nobody makes his equals but an administrator."""
    allowed = {(by, whom) for by in Role for whom in Role if access.may_invite(by, whom)}
    assert allowed == {(Role.ADMIN, whom) for whom in Role} | {
        (Role.MANAGER, Role.AGENT),
        (Role.MANAGER, Role.LEAD),
    }
