"""Encoding and number of segments of a text, as Twilio's own segment calculator counts them. Pure.

Sources: 3GPP TS 23.038 (GSM-7 with its extension table); the calculator, github.com/TwilioDevEd/message-segment-
calculator 1.3, decides where they differ. Its answer for the empty text is one segment of GSM-7.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from channels.sms import graphemes

GSM7, UCS2 = "GSM-7", "UCS-2"
# A text of several segments spends six bytes of each on a header that says which one it is.
_ROOM = {GSM7: (160, 153), UCS2: (70, 67)}  # septets, UTF-16 code units: alone, and one of several
BASIC = frozenset(
    "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    "¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ"
)
EXTENSION = frozenset("\f[\\]^{|}~€")  # two septets each, never parted


class Size(Struct, frozen=True):
    """How a text travels."""

    encoding: str
    segments: int


def measure(text: str) -> Size:
    """The encoding (GSM-7 if every character has a place there) and how many segments are paid."""
    if is_gsm7(text):
        return Size(GSM7, _count([2 if char in EXTENSION else 1 for char in text], *_ROOM[GSM7]))
    return Size(UCS2, _count([_units(part) for part in _parts(text)], *_ROOM[UCS2]))


def is_gsm7(text: str) -> bool:
    return all(char in BASIC or char in EXTENSION for char in text)


def _parts(text: str) -> list[str]:
    """What stays together in a segment: surrogate pairs, and everything that is read as one character."""
    parts: list[str] = []
    for cluster in graphemes.clusters(text):
        parts += ("\r", "\n") if cluster == "\r\n" else (cluster,)
    return parts


def _units(part: str) -> int:
    return sum(2 if ord(char) > 0xFFFF else 1 for char in part)


def _count(sizes: Sequence[int], alone: int, one_of_several: int) -> int:
    """Segments filled one after the other. The first is filled as if it stayed alone; when something no longer fits,
    its header pushes its last parts over into the second."""
    first, used = 0, 0
    while first < len(sizes) and used + sizes[first] <= alone:
        used += sizes[first]
        first += 1
    if first == len(sizes):
        return 1
    pushed = 0
    last = first - 1
    while used > one_of_several:
        used -= sizes[last]
        pushed += sizes[last]
        last -= 1
    segments, used = 2, pushed + sizes[first]
    for size in sizes[first + 1 :]:
        if used + size > one_of_several:
            segments, used = segments + 1, 0
        used += size
    return segments
