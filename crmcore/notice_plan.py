"""By which way each recipient of a notice is told, who is left out and why, and what that adds up to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from msgspec import Struct, field

from channels.contract import Address
from channels.lines import Line
from crmcore.audience import Reached, Recipient
from crmcore.ledger import Change

NAMED = 10  # people left out who are named in a preview
COUNTRIES = {"+48": "pl", "+421": "sk", "+36": "hu", "+7": "ru"}


class Way(Struct, frozen=True):
    """How a recipient is told."""

    recipient: Recipient
    line: Line
    address: Address
    language: str

    @property
    def may_stop(self) -> bool:
        return self.line.capabilities.keywords and self.line.capabilities.hears_from(self.address.value)


class LeftOut(Struct, frozen=True):
    """Why a recipient cannot be told."""

    recipient: Recipient
    reason: str


class Plan(Struct):
    """What a revision adds up to, for the preview. `named`: the first who are left out."""

    told: int = 0
    by_label: Counter[str] = field(default_factory=Counter)
    by_language: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    named: list[LeftOut] = field(default_factory=list)

    def add(self, ways: Sequence[Way | LeftOut]) -> None:
        for way in ways:
            if isinstance(way, LeftOut):
                self.left_out[way.reason] += 1
                if len(self.named) < NAMED:
                    self.named.append(way)
                continue
            self.told += 1
            self.by_label[way.line.capabilities.label] += 1
            self.by_language[way.language] += 1


def choose(recipient: Recipient, lines: Sequence[Line], *, tried: Collection[str] = ()) -> Way | LeftOut:
    """The first way that is open: by his wish, else in the order of `lines`. `tried`: schemes that failed."""
    wished = {scheme: place for place, scheme in enumerate(reversed(recipient.prefers), 1)}
    ordered = sorted(lines, key=lambda line: -wished.get(line.capabilities.scheme, 0))
    for line in ordered:
        scheme = line.capabilities.scheme
        for one in recipient.addresses:
            if one.address.scheme == scheme and scheme not in tried and not one.blocked and not one.opted_out:
                return Way(recipient, line, one.address, language(recipient))
    return LeftOut(recipient, _why_not(recipient, lines, tried))


def plan(recipients: Sequence[Recipient], lines: Sequence[Line], change: Change) -> list[Way | LeftOut]:
    """The way of each. Who never got the first notice needs no end or cancel of it."""
    return [choose(one, lines) for one in recipients if is_concerned(one, change)]


def is_concerned(recipient: Recipient, change: Change) -> bool:
    """False for somebody whose notice has not left yet: what ends or is cancelled need not begin for him."""
    return change in (Change.ANNOUNCE, Change.MOVE) or recipient.was_told


def language(recipient: Recipient) -> str:
    """His own, else that of his phone's country, else English."""
    if recipient.language:
        return recipient.language
    phones = (one.address.value for one in recipient.addresses)
    found = (tongue for phone in phones for prefix, tongue in COUNTRIES.items() if phone.startswith(prefix))
    return next(found, "en")


def _why_not(recipient: Recipient, lines: Sequence[Line], tried: Collection[str]) -> str:
    if not recipient.addresses:
        return "no address is known"
    labels = {line.capabilities.scheme: line.capabilities.label for line in lines}
    return "; ".join(dict.fromkeys(_obstacle(one, labels, tried) for one in recipient.addresses))[:120]


def _obstacle(one: Reached, labels: dict[str, str], tried: Collection[str]) -> str:
    label = labels.get(one.address.scheme)
    if label is None:
        return f"no channel here reaches a {one.address.scheme} address"
    if one.opted_out:
        return f"opted out of {label}"
    return f"{label} refuses us (blocked)" if one.blocked else f"{label} failed"
