"""What is known of a company and what is missing, weighed. Pure.

A stop-gap ("-", "brak", "н/д", 000) counts as nothing: it was typed to get past a form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from crmcore.visible import CompanyView
from kernel import folding


class Wanted(Struct, frozen=True):
    """One thing to know: `fields`, any of which is enough; how much it counts; how people call it."""

    label: str
    fields: tuple[str, ...]
    weight: int


class Completeness(Struct, frozen=True):
    """`percent` of the weights that are met, 0 to 100; what is missing, the weightiest first."""

    percent: int
    missing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing


# `persons` is how many people we know there.
WANTED = (
    Wanted("a phone or an e-mail", ("phone", "mail"), 5),
    Wanted("a contact person", ("persons",), 4),
    Wanted("tax number", ("tax_number",), 4),
    Wanted("relation", ("relation",), 3),
    Wanted("city", ("city",), 3),
    Wanted("responsible colleague", ("responsible_id",), 3),
    Wanted("street", ("street",), 2),
    Wanted("activity", ("activity",), 2),
    Wanted("area", ("area",), 2),
    Wanted("source", ("source",), 2),
    Wanted("sales channel", ("sales_channel",), 1),
    Wanted("language", ("language",), 1),
)
_WORDS = "brak none null nie neuvedene nincs нет na nd нд xxx test tbd unknown nieznany"
_STOP_GAPS = frozenset(_WORDS.split())
_SIGNS = re.compile(r"[\W_]+")


def weighed(known: Mapping[str, object], wanted: tuple[Wanted, ...] = WANTED) -> Completeness:
    """How complete what is `known` of a company is."""
    missing = [one for one in wanted if not any(is_filled(known.get(name)) for name in one.fields)]
    total = sum(one.weight for one in wanted)
    lost = sum(one.weight for one in missing)
    ranked = sorted(missing, key=lambda one: -one.weight)
    # rounded down: only what lacks nothing is 100 %
    return Completeness((total - lost) * 100 // total if total else 100, tuple(one.label for one in ranked))


def is_filled(value: object) -> bool:
    """True for a value that says something."""
    if isinstance(value, str):
        bare = _SIGNS.sub("", folding.fold(value))
        return bool(bare.strip("0")) and bare not in _STOP_GAPS
    return bool(value)


def of(company: CompanyView) -> Completeness:
    """How complete a company is."""
    names = {name for one in WANTED for name in one.fields}
    return weighed({name: getattr(company, name) for name in names})
