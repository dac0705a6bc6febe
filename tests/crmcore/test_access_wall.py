"""The wall against a model of it: whatever owners, groups, ranks and companies there are."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from crmcore import access, visible
from crmcore.access import Actor, Role, StaffId, Standing

OWNERS, GROUPS, STAFF = (1, 2, 3), {11: 1, 12: 1, 21: 2}, (101, 102, 103)


@dataclass(frozen=True, slots=True)
class Filed:
    """A company as far as the wall looks at it."""

    owner: int
    group: int | None
    responsible: int | None
    created_by: int | None


@dataclass(frozen=True, slots=True)
class World:
    """Who is assigned where; which groups there are at all."""

    groups: frozenset[int]
    acts_for: frozenset[int]
    shares_in: frozenset[int]
    me: int
    role: Role


def expected(world: World, one: Filed) -> bool:
    """The rule as it is told to people, written without a look at the code."""
    if one.owner not in world.acts_for:
        return False
    if world.role is not Role.AGENT:
        return True
    if world.me in (one.responsible, one.created_by):
        return True
    parted = [group for group in world.groups if GROUPS[group] == one.owner]
    if not parted:
        return True
    return one.group in world.shares_in and one.group in parted


worlds = st.builds(
    World,
    groups=st.frozensets(st.sampled_from(list(GROUPS))),
    acts_for=st.frozensets(st.sampled_from(OWNERS)),
    shares_in=st.frozensets(st.sampled_from(list(GROUPS))),
    me=st.sampled_from(STAFF),
    role=st.sampled_from(list(Role)),
)
people = st.none() | st.sampled_from(STAFF)


@st.composite
def filed(draw: st.DrawFn) -> Filed:
    owner = draw(st.sampled_from(OWNERS))
    own = [group for group, of in GROUPS.items() if of == owner]
    group = draw(st.none() | st.sampled_from(own)) if own else None
    return Filed(owner, group, draw(people), draw(people))


@given(worlds, st.lists(filed(), max_size=12))
def test_the_query_finds_what_the_rule_says_and_nothing_else(world: World, companies: list[Filed]) -> None:
    """S3-3: the condition is run by a database against the model, company by company."""
    shares = frozenset(group for group in world.shares_in & world.groups if GROUPS[group] in world.acts_for)
    parted = {GROUPS[group] for group in world.groups}
    standing = Standing(world.acts_for, world.acts_for - parted, shares)
    actor = Actor(StaffId(world.me), "X", world.role, "UTC", frozenset(), standing)
    where, values = visible.within(access.scope(actor))
    existing = [one if one.group in (None, *world.groups) else Filed(one.owner, None, *_who(one)) for one in companies]
    found = _asked(existing, where, values)
    assert found == [place for place, one in enumerate(existing) if expected(world, one)]


@given(st.lists(filed(), max_size=5))
def test_the_operator_sees_all(companies: list[Filed]) -> None:
    assert _asked(companies, *visible.within(None)) == list(range(len(companies)))


def _who(one: Filed) -> tuple[int | None, int | None]:
    return one.responsible, one.created_by


def _asked(companies: list[Filed], where: str, values: tuple[object, ...]) -> list[int]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE companies (place, owner_id, group_id, responsible_id, created_by_id)")
    rows = [(place, one.owner, one.group, *_who(one)) for place, one in enumerate(companies)]
    connection.executemany("INSERT INTO companies VALUES (?, ?, ?, ?, ?)", rows)
    found = connection.execute(f"SELECT place FROM companies AS c WHERE {where} ORDER BY place", values).fetchall()
    connection.close()
    return [place for (place,) in found]
