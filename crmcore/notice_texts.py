"""What a customer reads of an outage, in his language. Pure."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from crmcore.ledger import Change, Outage, Revision
from kernel import folding, texts

SUBJECT_LIMIT = 120
# Reasons that everybody reads in his own language; any other is told as it was written. Folded → English text.
_KNOWN = {
    "maintenance": "maintenance",
    "power cut": "power cut",
    "breakdown": "breakdown",
    "no fuel": "no fuel",
    "road works": "road works",
    "stocktaking": "stocktaking",
}


class Facts(Struct, frozen=True):
    """What a notice says. `zone`: the stations'."""

    change: Change
    ref: str
    stations: str
    nearest: str
    starts_at: datetime
    ends_at: datetime | None
    for_good: bool
    why: str
    zone: str


def facts(outage: Outage, revision: Revision) -> Facts:
    """What this revision of the outage says."""
    own = {station.code for station in outage.stations}
    nearest = dict.fromkeys(code for station in outage.stations for code in station.nearest if code not in own)
    return Facts(
        change=revision.change,
        ref=f"{outage.name}/{revision.number}",
        stations="; ".join(station.label for station in outage.stations),
        nearest=", ".join(nearest),
        starts_at=revision.starts_at,
        ends_at=revision.ends_at,
        for_good=outage.for_good,
        why=revision.why,
        zone=outage.stations[0].zone if outage.stations else "UTC",
    )


@lru_cache(maxsize=256)  # thousands read the same few texts: what they share is put together once
def written(said: Facts, language: str, zone: str, *, may_stop: bool) -> tuple[str, str]:
    """Subject and text of a notice."""
    return subject(said, language, zone), text(said, language, zone, may_stop=may_stop)


def text(said: Facts, language: str, zone: str, *, may_stop: bool) -> str:
    """The notice. `zone`: the reader's, "" if unknown; `may_stop`: an answer of one word reaches us and is obeyed."""
    parts = [headline(said, language, zone)]
    if said.change is Change.MOVE:
        parts.append(texts.say(language, "The earlier notice is void."))
    if said.why and said.change in (Change.ANNOUNCE, Change.MOVE):
        parts.append(texts.say(language, "Reason: {why}.", why=reason(said.why, language).rstrip(".")))
    if said.nearest and said.change in (Change.ANNOUNCE, Change.MOVE):
        parts.append(texts.say(language, "Nearest: {stations}.", stations=said.nearest))
    parts.append(texts.say(language, "Ref {ref}.", ref=said.ref))
    if may_stop:
        parts.append(texts.say(language, "STOP = opt out"))
    return " ".join(parts)


def headline(said: Facts, language: str, zone: str = "") -> str:
    """Its first sentence: which station, what, and when."""
    shown, called = _zone(said, language, zone)
    values = {
        "stations": said.stations,
        "start": texts.dated(language, said.starts_at, shown),
        "end": texts.dated(language, said.ends_at, shown) if said.ends_at else "",
        "zone": called,
        "ref": said.ref,
    }
    return texts.say(language, _sentence(said), **values)


def subject(said: Facts, language: str, zone: str = "") -> str:
    """The headline as a letter's subject."""
    line = headline(said, language, zone).rstrip(".")
    return line if len(line) <= SUBJECT_LIMIT else line[: SUBJECT_LIMIT - 1].rstrip() + "…"


def reason(why: str, language: str) -> str:
    """A reason in the reader's language where it is one of those we know, else in the writer's words."""
    known = _KNOWN.get(folding.fold(why).rstrip("."))
    return texts.say(language, known) if known else why


def _sentence(said: Facts) -> str:
    if said.change is Change.CANCEL:
        return "CANCELLED: station {stations} stays in service; the notice about its outage is void."
    if said.change is Change.END:
        return "Station {stations} works again since {end} ({zone})."
    if said.change is Change.MOVE and said.ends_at is None:
        return "CHANGE: station {stations} is out of service from {start} ({zone}) until further notice."
    if said.change is Change.MOVE:
        return "CHANGE: station {stations} is out of service from {start} to {end} ({zone})."
    if said.for_good:
        return "Station {stations} no longer accepts cards from {start} ({zone}) on, for good."
    if said.ends_at is None:
        return "Station {stations} is out of service from {start} ({zone}) until further notice."
    return "Station {stations} is out of service from {start} to {end} ({zone})."


def _zone(said: Facts, language: str, zone: str) -> tuple[ZoneInfo, str]:
    """The reader's zone under its name where his clock differs; else the station's, called local time."""
    own = ZoneInfo(said.zone)
    theirs = ZoneInfo(zone) if zone else own
    if said.starts_at.astimezone(theirs).utcoffset() == said.starts_at.astimezone(own).utcoffset():
        return own, texts.say(language, "local time")
    return theirs, texts.zone_name(language, theirs, said.starts_at)
