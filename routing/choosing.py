"""Who is given which ticket: by load, in turn, by who knows the customer or the matter; and who has room. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, field


class Strategy(StrEnum):
    LEAST_LOADED = "least-loaded"
    ROUND_ROBIN = "round-robin"  # who was given one longest ago
    STICKY = "sticky"  # who last had a ticket of this customer, else the least loaded
    SKILLS = "skills"  # who knows most of what the ticket asks for


class Capacity(Struct, frozen=True):
    """How many tickets may wait for a member before he is given no more: in all, and by channel. None: any number."""

    total: int | None = None
    by_channel: Mapping[str, int] = field(default_factory=dict)

    def has_room(self, load: Mapping[str, int], channel: str) -> bool:
        """For one more that came by `channel`. `load`: channel → what he has."""
        if self.total is not None and sum(load.values()) >= self.total:
            return False
        return channel not in self.by_channel or load.get(channel, 0) < self.by_channel[channel]


class Giving(Struct, frozen=True):
    """How a queue gives its tickets."""

    strategy: Strategy = Strategy.LEAST_LOADED
    capacity: Capacity = Capacity()


class Waiting(Struct, frozen=True):
    """A ticket that nobody has. `channel`: the one it came by."""

    id: int
    number: int
    queue: str
    priority: int
    contact_id: int
    channel: str
    needs: frozenset[str] = frozenset()  # skills


class Crew(Struct, frozen=True):
    """Who could be given one. `members`: of each queue those who are here; `loads`: id → channel → what waits for us.

    `turns`: (queue, id) → the newest ticket of it that was his; `known`: customer → who last had a ticket of his;
    `skills`: id → what he knows.
    """

    members: Mapping[str, Sequence[int]]
    loads: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    turns: Mapping[tuple[str, int], int] = field(default_factory=dict)
    known: Mapping[int, int] = field(default_factory=dict)
    skills: Mapping[int, frozenset[str]] = field(default_factory=dict)


def choose(free: Sequence[Waiting], crew: Crew, giving: Callable[[str], Giving]) -> list[tuple[Waiting, int]]:
    """A colleague for each ticket, the most urgent and oldest first, counting what was given here already.

    Ties go to the less loaded, then to the older colleague. What nobody has room for is left out.
    """
    loads = {one: Counter(by_channel) for one, by_channel in crew.loads.items()}
    turns, known = dict(crew.turns), dict(crew.known)
    newest = max(turns.values(), default=0)
    chosen = []
    for one in sorted(free, key=lambda it: (it.priority, it.number)):
        way = giving(one.queue)
        able = [it for it in crew.members.get(one.queue, ()) if way.capacity.has_room(loads.get(it, {}), one.channel)]
        if not able:
            continue
        if way.strategy is Strategy.SKILLS:
            able = _most_fit(able, one.needs, crew.skills)
        who = _who(one, able, way.strategy, known.get(one.contact_id), turns, loads)
        newest += 1
        turns[one.queue, who] = newest
        known[one.contact_id] = who
        loads.setdefault(who, Counter())[one.channel] += 1
        chosen.append((one, who))
    return chosen


def _most_fit(able: Sequence[int], needs: frozenset[str], skills: Mapping[int, frozenset[str]]) -> list[int]:
    """Who knows most of it. Where nobody knows any of it that is everybody: no ticket waits for a skill."""
    known = {one: len(needs & skills.get(one, frozenset())) for one in able}
    most = max(known.values())
    return [one for one in able if known[one] == most]


def _who(
    one: Waiting,
    able: Sequence[int],
    strategy: Strategy,
    knows: int | None,
    turns: Mapping[tuple[str, int], int],
    loads: Mapping[int, Counter[str]],
) -> int:
    """`knows`: who had this customer last."""
    if strategy is Strategy.STICKY and knows is not None and knows in able:
        return knows

    def rank(staff_id: int) -> tuple[int, int, int]:
        turn = turns.get((one.queue, staff_id), 0) if strategy is Strategy.ROUND_ROBIN else 0
        return turn, _load(loads, staff_id), staff_id

    return min(able, key=rank)


def _load(loads: Mapping[int, Counter[str]], staff_id: int) -> int:
    return loads[staff_id].total() if staff_id in loads else 0
