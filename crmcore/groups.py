"""Groups that the bot is in: what it has said there of itself, and which of them colleagues are to work in."""

from __future__ import annotations

from msgspec import Struct

from crmcore.models.staff import StaffGroup
from kernel import ids
from kernel.rows import Row
from kernel.unit import Reader, Work

_COLUMNS = "id, account, address, offer_id, said, chosen_at, saved"


class Group(Struct, frozen=True):
    """One group. `offer_id`: the message that says what `said` is; `is_saved`: the settings name it too."""

    id: int
    account: str
    address: str
    offer_id: int | None
    said: str
    is_chosen: bool
    is_saved: bool


async def seen(work: Work, account: str, address: str) -> None:
    """The bot is in that group; knowing it already is fine."""
    new = {
        "id": ids.new(),
        "account": account,
        "address": address,
        "said": "",
        "saved": False,
        "created_at": work.now,
    }
    await work.insert(StaffGroup, [new], conflict="ON CONFLICT (account, address) DO NOTHING")


async def left(work: Work, account: str, address: str) -> None:
    """The bot is out. One that was chosen stays so: it may be let in again."""
    await work.change(
        "DELETE FROM staff_groups WHERE account = ? AND address = ? AND chosen_at IS NULL", account, address
    )


async def choose(work: Work, account: str, address: str) -> bool:
    """Colleagues work there from now on, and in no other of the account's; False if it was so already."""
    await work.change("UPDATE staff_groups SET chosen_at = NULL WHERE account = ? AND address <> ?", account, address)
    changed = await work.change(
        "UPDATE staff_groups SET chosen_at = ?, saved = ? WHERE account = ? AND address = ? AND chosen_at IS NULL",
        work.now,
        False,
        account,
        address,
    )
    return changed == 1


async def moved(work: Work, account: str, old: str, new: str, *, is_staff: bool) -> None:
    """A group has a new address. What was said is left behind; the settings have to learn of it."""
    await work.change("DELETE FROM staff_groups WHERE account = ? AND address = ?", account, new)
    await work.change(
        "UPDATE staff_groups SET address = ?, offer_id = NULL, said = '', saved = ? WHERE account = ? AND address = ?",
        new,
        False,
        account,
        old,
    )
    if is_staff:
        await seen(work, account, new)
        await choose(work, account, new)


async def note(work: Work, group: Group, offer_id: int, said: str, *, saved: bool) -> None:
    """What stands in the group now."""
    await work.change(
        "UPDATE staff_groups SET offer_id = ?, said = ?, saved = ? WHERE id = ?", offer_id, said, saved, group.id
    )


async def find(reader: Reader, account: str, address: str) -> Group | None:
    row = await reader.one(f"SELECT {_COLUMNS} FROM staff_groups WHERE account = ? AND address = ?", account, address)
    return _group(row) if row else None


async def to_look_at(reader: Reader) -> list[Group]:
    """Those where nothing has been said yet, and those chosen that the settings do not name (at most 100)."""
    found = await reader.fetch(
        f"SELECT {_COLUMNS} FROM staff_groups WHERE said = '' OR (chosen_at IS NOT NULL AND NOT saved)"
        " ORDER BY id LIMIT 100"
    )
    return [_group(row) for row in found]


def _group(row: Row) -> Group:
    is_chosen = row["chosen_at"] is not None
    return Group(row["id"], row["account"], row["address"], row["offer_id"], row["said"], is_chosen, bool(row["saved"]))
