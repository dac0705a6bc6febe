"""From an Outbound to the parameters of Twilio's message resource, and the folding that saves segments. Pure."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from msgspec import Struct

from channels.contract import Outbound
from channels.sms import segments, wire

# Letters of Polish, Slovak, Hungarian and Czech that GSM-7 lacks, as people there write them on a phone without them.
# Nothing else is folded: a text with a Cyrillic letter stays whole, and so does one with a sign that has a meaning.
_LETTERS = str.maketrans(
    "ąćęłńóśźżáčďěíĺľňôŕřšťúůýžőű" + "ĄĆĘŁŃÓŚŹŻÁČĎĚÍĹĽŇÔŔŘŠŤÚŮÝŽŐŰ",
    "acelnoszzacdeillnorrstuuyzöü" + "ACELNOSZZACDEILLNORRSTUUYZÖÜ",
)
# Signs that a keyboard's autocorrection puts in the place of these.
_SIGNS: dict[int, str] = {
    **dict.fromkeys(map(ord, "„”“«»"), '"'),
    **dict.fromkeys(map(ord, "‚’‘"), "'"),
    **dict.fromkeys(map(ord, "–—‑"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " "),
    ord("…"): "...",
}
TEXT_LIMIT = 1600  # characters (UTF-16 units) of a message; Twilio takes no more
_FOLDED: dict[int, int | str] = {**_LETTERS, **_SIGNS}


class Parameters(Struct, frozen=True):
    """A message as Twilio takes it; what is "" is left out."""

    to: str
    body: str
    sender: str = ""
    messaging_service_sid: str = ""
    status_callback: str = ""

    def named(self) -> dict[str, str]:
        """As the twilio library names them."""
        named = {
            "to": self.to,
            "body": self.body,
            "from_": self.sender,
            "messaging_service_sid": self.messaging_service_sid,
            "status_callback": self.status_callback,
        }
        return {name: value for name, value in named.items() if value}


def compose(
    outbound: Outbound, *, sender: str = "", messaging_service_sid: str = "", public_url: str = "", folds: bool = True
) -> Parameters:
    """The parameters for an outbound message. `folds`: leave diacritics out where that saves segments."""
    callback = f"{public_url}{wire.STATUS_PATH}?{wire.ABOUT}={quote(str(outbound.id))}" if public_url else ""
    body = folded(outbound.text) if folds else outbound.text
    return Parameters(outbound.address.value, body, sender, messaging_service_sid, callback)


def segments_of(text: str, *, folds: bool) -> int:
    """How many segments a message of this text is."""
    return segments.measure(folded(text) if folds else text).segments


def is_too_long(body: str) -> bool:
    return len(body.encode("utf-16-le", "surrogatepass")) // 2 > TEXT_LIMIT


def folded(text: str) -> str:
    """`text` without the diacritics of our languages if it then takes fewer segments, else as it is."""
    bare = unicodedata.normalize("NFC", text).translate(_FOLDED)
    if not segments.is_gsm7(bare):
        return text
    return bare if segments.measure(bare).segments < segments.measure(text).segments else text
