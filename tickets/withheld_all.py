"""All withheld answers sent or dropped, a part at a time; what was ordered is kept, and a restart goes on with it."""

from __future__ import annotations

import orjson
from msgspec import Struct

from channels.models import Mark
from crmcore import access, staff
from crmcore.access import Actor
from kernel.unit import Reader, Work
from tickets import withheld

LOOP = "withheld"  # what is poked when there is something to do
_KEY = "withheld/all"


class Whole(Struct, frozen=True):
    """What was ordered. `after`: the last message done; `upto`: the last that was there as it was ordered."""

    is_sending: bool
    staff_id: int
    upto: int
    after: int = 0


async def begin(work: Work, by: Actor, *, is_sending: bool) -> bool:
    """Order it for all that wait now; False while another such order is under way."""
    last = await work.one(f"SELECT max(m.id) AS id FROM messages AS m WHERE {withheld.THEIRS}")
    whole = Whole(is_sending, by.id, last["id"] if last and last["id"] else 0)
    row = {"key": _KEY, "value": _written(whole)}
    begun = await work.insert(Mark, [row], conflict="ON CONFLICT (key) DO NOTHING", returning="key")
    work.poke(LOOP)
    return bool(begun)


async def under_way(reader: Reader) -> Whole | None:
    row = await reader.one("SELECT value FROM marks WHERE key = ?", _KEY)
    return Whole(**orjson.loads(row["value"])) if row else None


async def step(work: Work) -> int:
    """The next part of what was ordered, at most AT_ONCE answers; how many it took, 0 once all is done."""
    await work.change("UPDATE marks SET value = value WHERE key = ?", _KEY)  # whoever comes second waits here
    whole = await under_way(work)
    if whole is None:
        return 0
    listed = await withheld.listed(work, after=whole.after)
    chosen = [one.id for one in listed if one.id <= whole.upto]
    if not chosen:
        await work.change("DELETE FROM marks WHERE key = ?", _KEY)
        return 0
    act = withheld.send if whole.is_sending else withheld.drop
    await act(work, chosen, by=await _by(work, whole.staff_id))
    done = Whole(whole.is_sending, whole.staff_id, whole.upto, chosen[-1])
    await work.change("UPDATE marks SET value = ? WHERE key = ?", _written(done), _KEY)
    return len(chosen)


async def _by(reader: Reader, staff_id: int) -> Actor | None:
    """Who has ordered it, also if he has left since."""
    one = (await staff.by_ids(reader, [staff_id])).get(access.StaffId(staff_id))
    return Actor(one.id, one.name, one.role, one.zone, frozenset()) if one else None


def _written(whole: Whole) -> str:
    kept = {name: getattr(whole, name) for name in whole.__struct_fields__}
    return orjson.dumps(kept).decode()
