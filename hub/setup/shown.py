"""What is set of a channel, as far as others may see it. Pure."""

from __future__ import annotations

from pydantic import SecretStr

from console.connecting import Fact, Known
from hub.setup import steps
from kernel.settings import Section

DOTS = "••••••"
SHOWN = 4  # characters of an account's number
_ELSEWHERE = {"channels.sms.sender": "channels.sms.messaging_service_sid"}  # where the other stands if one is not set
SECRETS = frozenset(one.key for some in steps.FIELDS.values() for one in some if one.is_secret) | {
    f"{steps.SMTP}.password"
}
_ACCOUNTS = ("channels.sms.account_sid", "channels.sms.messaging_service_sid")


def known(step: str, section: Section | None, language: str) -> Known:
    """A channel with those of its settings that setting up asks for and that have a value."""
    facts = []
    for field in steps.FIELDS[step]:
        found = value(section, field.key) or value(section, _ELSEWHERE.get(field.key, ""))
        if found:
            facts.append(Fact(steps.label(field.key, language), masked(field.key, found), field.is_secret))
    return Known(step, steps.title(step, language), tuple(facts))


def value(section: Section | None, key: str) -> str:
    """What stands under a dotted key of a channel's settings; "" for nothing. A number in it is a place in a list."""
    place: object = section
    for part in key.split(".")[2:]:
        if isinstance(place, tuple):
            place = place[int(part)] if part.isdigit() and int(part) < len(place) else None
        else:
            place = getattr(place, part, None)
    if isinstance(place, SecretStr):
        return place.get_secret_value()
    return str(place or "") if section is not None and key.startswith("channels.") else ""


def masked(key: str, found: str) -> str:
    """Enough to tell two apart. Of a secret only that it is set; of an address where it is, of a number its end."""
    if key in SECRETS:
        return DOTS
    local, at, domain = found.rpartition("@")
    if at:
        return f"{local[:1]}…@{domain}"
    is_number = found.removeprefix("+").isdigit() and len(found) > 2 * SHOWN
    is_account = key in _ACCOUNTS or found.startswith("MG")
    return f"{found[:2] if is_account else ''}…{found[-SHOWN:]}" if is_number or is_account else found
