"""What a customer reads of his stations: which he is told of, and which are down now, until when. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from crmcore.own_stations import Down, Own
from kernel import texts


def worded(language: str, own: Own | None) -> str:
    """`own` None: he is told of none."""
    if own is None:
        return texts.say(
            language, "You are told of no station here. Write to us which stations you use; a colleague will see to it."
        )
    lines = [_told(language, own), *(_down(language, one) for one in own.down)]
    if not own.down:
        lines.append(texts.say(language, "None of them is out of service now."))
    return "\n".join(lines)


def _told(language: str, own: Own) -> str:
    if own.every:
        return texts.say(language, "We tell you of outages of all our stations.")
    named = "; ".join(own.stations)
    if own.count > len(own.stations):
        named = f"{named} (+{own.count - len(own.stations)})"
    return texts.say(language, "We tell you of outages of: {stations}.", stations=named)


def _down(language: str, one: Down) -> str:
    if one.for_good:
        return texts.say(language, "{station}: out of service for good.", station=one.label)
    if one.ends_at is None:
        return texts.say(language, "{station}: out of service until further notice.", station=one.label)
    until = texts.dated(language, one.ends_at, ZoneInfo(one.zone or "UTC"))
    return texts.say(language, "{station}: out of service until {time} (local time).", station=one.label, time=until)
