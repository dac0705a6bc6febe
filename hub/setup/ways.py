"""How a mailbox is signed in to: with a password, or by OAuth at Microsoft or Google. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.setup import guess, steps, values

ADDRESS = "channels.email.address"


def way(written: Mapping[str, str], have: Mapping[str, Any]) -> str:
    """As chosen; else as the file has it for this address; else a password, but where its provider takes none."""
    if chosen := values.given(written, steps.WAY):
        return chosen
    address = values.given(written, ADDRESS)
    is_same = address in ("", values.at(have, ADDRESS))
    if is_same and values.at(have, steps.WAY):
        return str(values.at(have, steps.WAY))
    password = f"{steps.IMAP}.password"
    if values.given(written, password) or (is_same and values.at(have, password)):
        return steps.PASSWORD
    found = guess.servers(address)
    return steps.MICROSOFT if found and found.wants == guess.BY_BROWSER else steps.PASSWORD


def is_asked(field: steps.Field, written: Mapping[str, str], have: Mapping[str, Any]) -> bool:
    """False for what only another way of signing in needs."""
    return not field.ways or way(written, have) in field.ways


def keys(chosen: str, given: Mapping[str, object], have: Mapping[str, Any]) -> dict[str, object]:
    """What is given, without what the other way needs; what the file has of that goes."""
    if chosen == steps.PASSWORD:
        kept = {key: value for key, value in given.items() if not key.startswith(f"{steps.OAUTH}.")}
        return kept | ({steps.OAUTH: None} if values.at(have, steps.OAUTH) else {})
    passwords = {f"{place}.password": None for place in (steps.IMAP, steps.SMTP)}
    return {**given, steps.WAY: chosen, **passwords}
