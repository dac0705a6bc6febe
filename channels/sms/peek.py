"""What must be known of a request before it is stored: its id and the number it belongs to. Bytes only.

Three things are stored: a message's form as it came; a status report's form with the callback's query before it, for
our own id stands there; and a record of Twilio's message list, as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from channels.contract import Raw
from channels.sms import wire

Fields = dict[str, str]
Params = Sequence[tuple[bytes, bytes]]
_IDS = ("MessageSid", "SmsMessageSid", "SmsSid")
_LOOKED_AT = frozenset(name.encode() for name in (*_IDS, "From"))


def fields(params: Params) -> Fields:
    """Parameters as text; of a repeated one the first. NUL, which no column can hold, is dropped."""
    found: Fields = {}
    for name, value in params:
        found.setdefault(_text(name), _text(value))
    return found


def message(body: bytes, *, account: str, at: datetime, params: Params | None = None) -> Raw:
    """The raw message of a form posted for an inbound SMS. `params`: the form's, where they are known already."""
    known = wire.form(body) if params is None else params
    given = fields([one for one in known if one[0] in _LOOKED_AT])  # the other fifteen are for parsing
    return Raw(wire.CHANNEL, account, sid(given) or _digest(body), given.get("From") or wire.QUARANTINE, body, at)


def status(query: bytes, body: bytes, *, account: str, at: datetime) -> Raw:
    """The raw message of a status callback; every state of a message is stored once."""
    whole = query + b"&" + body if query else body
    given = fields(wire.form(whole))
    external_id = f"{sid(given)}/{state(given)}" if sid(given) else _digest(whole)
    return Raw(wire.CHANNEL, account, external_id, given.get("To") or wire.QUARANTINE, whole, at)


def record(found: Mapping[str, Any], *, account: str, at: datetime) -> Raw:
    """The raw message of a record of the list: the same ids as by callback, so that each is stored once."""
    is_inbound = found.get("direction") == "inbound"
    external_id = str(found["sid"]) if is_inbound else f"{found['sid']}/{found.get('status')}"
    address = str(found.get("from" if is_inbound else "to") or wire.QUARANTINE)
    return Raw(wire.CHANNEL, account, external_id, address, orjson.dumps(found), at)


def sid(given: Fields) -> str:
    """Twilio's id of the message, "" if there is none."""
    return next((given[name] for name in _IDS if given.get(name)), "")


def state(given: Fields) -> str:
    return given.get("MessageStatus") or given.get("SmsStatus", "")


def _digest(body: bytes) -> str:
    return "body:" + hashlib.sha256(body).hexdigest()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\x00", "")
