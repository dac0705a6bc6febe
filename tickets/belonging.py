"""Whether a message joins the ticket that it seems to go on with: what speaks for it, and who vouches for its sender.

Pure. The table and its reasons: docs/decisions/0021-which-letters-join.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from channels.contract import Inbound
from kernel import folding, sentences

COMPARED = 200  # characters of two subjects, without their prefixes: mail programs cut and add at the ends
_MOST = 5  # numbers of one subject that are looked at
# Prefixes that mail programs put before a subject, in our five languages and the common ones.
_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|odp|pd|sv|aw|vs|vá|tov|ha|отв|пересл?)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\w)[TtТт]-?(\d{1,12})(?!\w)")


class Clue(StrEnum):
    """Why a message may belong to a ticket, the surest first."""

    KEY = "key"  # a reply token of ours, the id of a message of ours, a gesture of the channel: nobody can make one up
    EARLIER = "earlier"  # the id of a letter that somebody sent us: whoever had it knows it
    SUBJECT = "subject"  # its subject, a number in it, or that nothing else is open: anybody can write that


class Trust(StrEnum):
    """Who vouches for the sender."""

    VOUCHED = "vouched"  # his channel, a signed source, or our mail server (DMARC passed)
    HEARSAY = "hearsay"  # nobody: he is who the letter says
    FORGED = "forged"  # our mail server says that he is not (DMARC failed)


class Joins(StrEnum):
    YES = "yes"
    OPEN = "open"  # only what is open still, under the same subject
    NO = "no"  # a ticket of its own, with a line that names the other


TABLE = {
    (Clue.KEY, Trust.VOUCHED): Joins.YES,
    (Clue.KEY, Trust.HEARSAY): Joins.YES,
    (Clue.KEY, Trust.FORGED): Joins.NO,
    (Clue.EARLIER, Trust.VOUCHED): Joins.YES,
    (Clue.EARLIER, Trust.HEARSAY): Joins.OPEN,
    (Clue.EARLIER, Trust.FORGED): Joins.NO,
    (Clue.SUBJECT, Trust.VOUCHED): Joins.YES,
    (Clue.SUBJECT, Trust.HEARSAY): Joins.NO,
    (Clue.SUBJECT, Trust.FORGED): Joins.NO,
}

_WHY = {
    Trust.HEARSAY: "It may go on with {ticket}: not joined, because nothing proves who sent it",
    Trust.FORGED: "It seems to go on with {ticket}: not joined, because its sender may be forged (DMARC failed)",
    Trust.VOUCHED: "It names {ticket}, which is not its sender's: not joined",
}


def trust(inbound: Inbound, *, is_hearsay: bool) -> Trust:
    """`is_hearsay`: its channel vouches for nobody. Old mail, from before our time, aims at nothing of ours."""
    if inbound.disproved:
        return Trust.FORGED
    return Trust.HEARSAY if is_hearsay and not inbound.proven and not inbound.history else Trust.VOUCHED


def may_join(clue: Clue, trusted: Trust, *, is_done: bool, is_same_subject: bool) -> bool:
    """Of a ticket that is the sender's own, as the sender is given."""
    joins = TABLE[clue, trusted]
    return joins is Joins.YES or (joins is Joins.OPEN and not is_done and is_same_subject)


def unjoined(ticket: str, trusted: Trust) -> str:
    """The line on the new ticket. Where somebody is vouched for, the ticket that he names is not his."""
    return sentences.line(_WHY[trusted], ticket=ticket)


def bare_subject(subject: str) -> str:
    """A subject without reply prefixes, folded and cut, for comparing."""
    return folding.fold(_PREFIX.sub("", subject))[:COMPARED]


def numbers_in(subject: str) -> Sequence[int]:
    """The ticket numbers that a subject names: "Re: [T12] Card" → 12."""
    return [number for one in _NUMBER.findall(subject)[:_MOST] if (number := int(one))]
