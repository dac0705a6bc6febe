"""What can be brought in: companies and contacts, each as the few steps in which they differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from crmcore.exchange import company_drafts, company_rows, contact_rows
from crmcore.exchange.drafts import Action, Draft, Key, Known, Value
from crmcore.exchange.lookups import Lookups
from crmcore.exchange.mappings import Record
from kernel import errors
from kernel.unit import Reader, Work


class Kind(Struct, frozen=True):
    """`write` answers line → the record and its version; `used` those that an undo must not take away."""

    name: str
    prepare: Callable[[Reader, Sequence[Record], Lookups], Awaitable[list[Draft]]]
    known: Callable[[Reader, Sequence[Draft], Lookups], Awaitable[dict[Key, list[Known]]]]
    lock: Callable[[Work], Awaitable[None]]
    write: Callable[[Work, Sequence[Action], Lookups], Awaitable[dict[int, tuple[int, int]]]]
    current: Callable[[Reader, Sequence[int], Lookups], Awaitable[dict[int, Known]]]
    restore: Callable[[Work, Mapping[int, Mapping[str, Value]], Lookups], Awaitable[None]]
    archive: Callable[[Work, Sequence[int], int | None], Awaitable[None]]
    used: Callable[[Reader, Sequence[int]], Awaitable[set[int]]]


async def _companies(reader: Reader, records: Sequence[Record], lookups: Lookups) -> list[Draft]:
    return company_drafts.checked(records, lookups)


KINDS: Mapping[str, Kind] = {
    "companies": Kind(
        "companies",
        _companies,
        company_rows.known,
        company_rows.lock,
        company_rows.write,
        company_rows.current,
        company_rows.restore,
        company_rows.archive,
        company_rows.used,
    ),
    "contacts": Kind(
        "contacts",
        contact_rows.prepare,
        contact_rows.known,
        contact_rows.lock,
        contact_rows.write,
        contact_rows.current,
        contact_rows.restore,
        contact_rows.archive,
        contact_rows.used,
    ),
}


def of(name: str) -> Kind:
    """Raises NotFound."""
    if name not in KINDS:
        raise errors.NotFound(f"There is nothing called {name} to bring in. There are: {', '.join(KINDS)}.")
    return KINDS[name]
