"""How Twilio is spoken to where no client library is loaded: addresses, authorisation, forms. No network here."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

CHANNEL = "sms"
SCHEME = "tel"
QUARANTINE = "unreadable"
VERSION = "2010-04-01"
MESSAGE_PATH = "/channels/sms/message"
STATUS_PATH = "/channels/sms/status"
ABOUT = "a"  # the query parameter of a status callback that carries our message's id back
REST_HOST = "https://api.twilio.com"


def authorization(account_sid: str, token: str) -> str:
    """The value of the Authorization header (HTTP basic)."""
    return "Basic " + base64.b64encode(f"{account_sid}:{token}".encode()).decode()


def messages_url(api_url: str, account_sid: str) -> str:
    return f"{api_url}/{VERSION}/Accounts/{account_sid}/Messages.json"


def form(body: bytes) -> list[tuple[bytes, bytes]]:
    """The parameters of a form or a query as bytes, in order, empty and repeated ones included."""
    parts = [part.partition(b"=") for part in body.replace(b"+", b" ").split(b"&") if part]
    return [  # most have nothing to unquote, and asking that of the library would cost more than all the rest
        (unquote_to_bytes(name) if b"%" in name else name, unquote_to_bytes(value) if b"%" in value else value)
        for name, _, value in parts
    ]


def decode(body: bytes) -> Any:
    """JSON, or None. Half an emoji, as a text cut in two leaves it, is replaced: one must not cost a whole page."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
