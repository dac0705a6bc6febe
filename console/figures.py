"""The numbers of the overview: what each is called in the reader's language, and how loud it is. Pure."""

from __future__ import annotations

from msgspec import Struct

from channels.overview import Pile
from console.watch import ChannelState
from kernel import texts
from tickets.overview import Slice

_SLICE = {
    Slice.OPEN: "Open",
    Slice.FREE: "Nobody has it",
    Slice.SOON: "Due within the hour",
    Slice.LATE: "Late",
}
_PILE = {
    Pile.FAILED: "Not sent, last 7 days",
    Pile.PARKED: "Could not be read",
    Pile.WITHHELD: "Withheld, quiet mode",
    Pile.QUEUED: "On their way",
}
_ADVICE = {
    Pile.FAILED: "Open the ticket and write again, or call. What was perhaps sent is not repeated by itself.",
    Pile.PARKED: "These came in and five tries could not handle them. An operator lists them: centrala messages list.",
    Pile.WITHHELD: "Quiet mode holds these back for good. An administrator ends it under Withheld answers.",
    Pile.QUEUED: "These leave by themselves. If they stand still, look at their channel in the overview.",
}
_TONES = {Slice.SOON: "soon", Slice.LATE: "late", Slice.FREE: "free"}


class Figure(Struct, frozen=True):
    """A number that leads to its list. `tone`: late, soon, free or "" """

    label: str
    count: int
    href: str
    tone: str = ""

    @property
    def is_free(self) -> bool:
        """What nobody has: of a colleague there is none."""
        return f"/{Slice.FREE.value}?" in self.href


def slice(language: str, wanted: Slice) -> str:
    return texts.say(language, _SLICE[wanted])


def pile(language: str, wanted: Pile) -> str:
    return texts.say(language, _PILE[wanted])


def advice(language: str, wanted: Pile) -> str:
    """What to do about such messages."""
    return texts.say(language, _ADVICE[wanted])


def alerts(language: str) -> str:
    return texts.say(language, "Alerts")


def incidents(language: str) -> str:
    return texts.say(language, "Incidents")


def answered(language: str) -> str:
    return texts.say(language, "Answered today")


def how(language: str, channel: ChannelState) -> str:
    """How a channel is. What a server said in its own words is not among it."""
    if channel.is_well:
        return texts.say(language, "works")
    if channel.needs:
        return texts.phrase(language, channel.needs)
    return texts.say(language, "does not work" if channel.said else "It is starting.")


def tone(wanted: Slice) -> str:
    return _TONES.get(wanted, "")
