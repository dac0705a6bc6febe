"""What has happened to companies and their people: said in the unit that did it, answered by the floors above."""

from __future__ import annotations

from msgspec import Struct


class CompanyRegistered(Struct, frozen=True):
    company_id: int
    by_id: int | None


class CompanyChanged(Struct, frozen=True):
    """`fields`: the names of those that changed."""

    company_id: int
    fields: tuple[str, ...]
    by_id: int | None


class CompanyArchived(Struct, frozen=True):
    """`archived`: False when it came back."""

    company_id: int
    archived: bool
    by_id: int | None


class PersonLinked(Struct, frozen=True):
    """A person is at a company, or (`linked` False) is there no more."""

    company_id: int
    contact_id: int
    linked: bool
    by_id: int | None


class CallNoted(Struct, frozen=True):
    call_id: int
    company_id: int | None
    contact_id: int | None
    by_id: int | None
