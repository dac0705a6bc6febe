"""Codes that open a ticket to a colleague's phone, and commands that wait for their confirmation.

A code has four characters: the first a letter, at least one a digit, none of I, L, O and T, so that none can be taken
for another, for a ticket's number or for a verb. It goes to the linked address alone: who sends it back has read it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

import orjson
from msgspec import Struct, field

from channels.contract import Address
from crmcore import linking
from crmcore.models.staff import StaffOrder, WrongToken
from kernel import ids
from kernel.rows import Row
from kernel.unit import Reader, Work

LETTERS, DIGITS = "ABCDEFGHJKMNPQRSUVWXYZ", "23456789"
OPEN = timedelta(hours=24)
WAITS = timedelta(minutes=10)  # what has been said once waits so long for its confirmation
USES = 5
WRONG = 5
LOCKED = timedelta(minutes=15)
CANDIDATES = 500  # open codes of one colleague that are compared
_SHAPE = re.compile(rf"(?=.{{0,3}}[{DIGITS}])[{LETTERS}][{LETTERS}{DIGITS}]{{3}}")


class Order(Struct, frozen=True):
    """What a code or a press has opened. `commands`: what was said before, to be done now; empty: say what.

    `tickets`: every ticket that it reaches → its version when he was shown what would happen; empty: he was shown the
    commands alone.
    """

    id: int
    ticket_id: int | None
    alert_id: int | None
    version: int
    commands: tuple[str, ...]
    tickets: Mapping[int, int] = field(default_factory=dict)


def code_in(word: str) -> str:
    """The code that a word is, in its own spelling; "" if it is none. Pure."""
    upper = word.upper()
    return upper if _SHAPE.fullmatch(upper) else ""


def new_code() -> str:
    """Four characters that nobody can foresee."""
    while True:
        code = secrets.choice(LETTERS) + "".join(secrets.choice(LETTERS + DIGITS) for _ in range(3))
        if code_in(code):
            return code


async def open_ticket(
    work: Work, staff_id: int, address: Address, ticket_id: int, *, alert_id: int | None = None
) -> str:
    """A code for one ticket, good for 24 hours or five commands."""
    new = _row(work, staff_id, address, ticket_id, valid=OPEN, commands=(), version=0)
    return await _issue(work, new | {"alert_id": alert_id})


async def ask(
    work: Work,
    staff_id: int,
    address: Address,
    ticket_id: int | None,
    commands: Sequence[str],
    *,
    version: int,
    valid: timedelta = WAITS,
    tickets: Mapping[int, int] | None = None,
) -> str:
    """Keep commands until the code that is returned comes back; those that waited before are void."""
    await work.change(
        "UPDATE staff_orders SET ended_at = ? WHERE staff_id = ? AND scheme = ? AND commands <> '[]' AND digest <> ''"
        " AND ended_at IS NULL",
        work.now,
        staff_id,
        address.scheme,
    )
    new = _row(work, staff_id, address, ticket_id, valid=valid, commands=commands, version=version, tickets=tickets)
    return await _issue(work, new)


async def hold(
    work: Work,
    staff_id: int,
    address: Address,
    ticket_id: int | None,
    commands: Sequence[str],
    *,
    version: int,
    valid: timedelta = WAITS,
    tickets: Mapping[int, int] | None = None,
) -> int:
    """Keep commands until a press confirms them; returns the id that the button carries."""
    new = _row(work, staff_id, address, ticket_id, valid=valid, commands=commands, version=version, tickets=tickets)
    await _forget(work, staff_id)
    await work.insert(StaffOrder, [new])
    return int(new["id"])


async def use(work: Work, staff_id: int, address: Address, code: str) -> Order | None:
    """What the code opens, counted as used; None for a wrong, old or used-up one."""
    found = await work.fetch(
        "SELECT * FROM staff_orders WHERE staff_id = ? AND scheme = ? AND value = ? AND digest <> ''"
        " AND ended_at IS NULL AND expires_at > ? AND uses < ? ORDER BY id DESC LIMIT ?",
        staff_id,
        address.scheme,
        address.value,
        work.now,
        USES,
        CANDIDATES,
    )
    for row in found:
        if hmac.compare_digest(row["digest"], linking.digest(row["id"], code)):
            return await _taken(work, row)
    return None


async def confirm(work: Work, staff_id: int, order_id: int) -> Order | None:
    """What a press confirms, once; None for another's, an old or a done one."""
    row = await work.one(
        "SELECT * FROM staff_orders WHERE id = ? AND staff_id = ? AND digest = '' AND ended_at IS NULL"
        " AND expires_at > ?",
        order_id,
        staff_id,
        work.now,
    )
    return await _taken(work, row) if row else None


async def drop(work: Work, staff_id: int, order_id: int) -> bool:
    """Forget what waits for a press; False for another's, an old or a done one."""
    gone = await work.change(
        "UPDATE staff_orders SET ended_at = ? WHERE id = ? AND staff_id = ? AND digest = '' AND ended_at IS NULL"
        " AND expires_at > ?",
        work.now,
        order_id,
        staff_id,
        work.now,
    )
    return bool(gone)


async def held(reader: Reader, staff_id: int, order_id: int) -> Order | None:
    """The same without taking it."""
    row = await reader.one(
        "SELECT * FROM staff_orders WHERE id = ? AND staff_id = ? AND digest = '' AND ended_at IS NULL"
        " AND expires_at > ?",
        order_id,
        staff_id,
        reader.now,
    )
    return _order(row) if row else None


async def miss(work: Work, address: Address) -> bool:
    """Count a wrong code from an address; True if it was the one that locks it."""
    new = {"id": ids.new(), "scheme": address.scheme, "value": address.value, "at": work.now}
    await work.insert(WrongToken, [new])
    return await _missed(work, address) == WRONG


async def is_locked(reader: Reader, address: Address) -> bool:
    """Too many wrong codes came from there lately: nothing that comes from it is done."""
    return await _missed(reader, address) >= WRONG


async def _missed(reader: Reader, address: Address) -> int:
    row = await reader.one(
        "SELECT count(*) AS n FROM wrong_tokens WHERE scheme = ? AND value = ? AND at > ?",
        address.scheme,
        address.value,
        reader.now - LOCKED,
    )
    return int(row["n"]) if row else 0


async def _taken(work: Work, row: Row) -> Order | None:
    """One use less; what was to be done once is done with."""
    is_single = row["commands"] != "[]"
    ended = work.now if is_single else None
    changed = await work.change(
        "UPDATE staff_orders SET uses = uses + 1, ended_at = ? WHERE id = ? AND uses = ? AND ended_at IS NULL",
        ended,
        row["id"],
        row["uses"],
    )
    return _order(row) if changed else None


async def _issue(work: Work, new: Row) -> str:
    code = new_code()
    await _forget(work, new["staff_id"])
    await work.insert(StaffOrder, [new | {"digest": linking.digest(new["id"], code)}])
    return code


async def _forget(work: Work, staff_id: int) -> None:
    """What is over goes with the words in it."""
    await work.change("DELETE FROM staff_orders WHERE staff_id = ? AND expires_at < ?", staff_id, work.now - OPEN)


def _row(
    work: Work,
    staff_id: int,
    address: Address,
    ticket_id: int | None,
    *,
    valid: timedelta,
    commands: Sequence[str],
    version: int,
    tickets: Mapping[int, int] | None = None,
) -> Row:
    return {
        "id": ids.new(),
        "staff_id": staff_id,
        "scheme": address.scheme,
        "value": address.value,
        "ticket_id": ticket_id,
        "alert_id": None,
        "version": version,
        "commands": _written(commands, tickets or {}),
        "digest": "",
        "uses": 0,
        "created_at": work.now,
        "expires_at": work.now + valid,
    }


def _written(commands: Sequence[str], tickets: Mapping[int, int]) -> str:
    """The commands, and where they were shown with what they reach the versions of that, too."""
    said: object = {"commands": list(commands), "tickets": list(tickets.items())} if tickets else list(commands)
    return orjson.dumps(said).decode()


def _order(row: Row) -> Order:
    said = orjson.loads(row["commands"])
    shown = said if isinstance(said, dict) else {"commands": said, "tickets": ()}
    return Order(
        row["id"],
        row["ticket_id"],
        row["alert_id"],
        row["version"],
        tuple(shown["commands"]),
        dict(shown["tickets"]),
    )
