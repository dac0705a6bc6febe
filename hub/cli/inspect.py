"""`centrala inspect`: what the channels make of a text, a number, a signature. JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from hub.cli import Late, options

if TYPE_CHECKING:
    from channels.sms import phones, segments, wire
    from channels.sms import signature as twilio
    from webhooks import signature as standard
else:
    phones = Late("channels.sms.phones")
    segments = Late("channels.sms.segments")
    standard = Late("webhooks.signature")
    twilio = Late("channels.sms.signature")
    wire = Late("channels.sms.wire")

app = options.application()
FORM = "application/x-www-form-urlencoded"
Answer = dict[str, Any]


@app.callback()
def family() -> None:
    """Run the very code that the channels run on what comes in on standard input, one JSON object a line."""


@app.command()
def sms() -> None:
    """{"text"} → {"encoding", "segments"}, as Twilio's calculator counts."""
    _answer(_measured)


@app.command()
def phone() -> None:
    """{"raw", "region"} → {"e164"}: null for what is no valid number."""
    _answer(_numbered)


@app.command()
def signature() -> None:
    """{"scheme": "standard"|"twilio", "secret", "url", "headers", "body", "params", "now"} → {"ok", "error"}."""
    _answer(_verified)


def _measured(asked: Answer) -> Answer:
    size = segments.measure(asked["text"])
    return {"encoding": size.encoding, "segments": size.segments}


def _numbered(asked: Answer) -> Answer:
    return {"e164": phones.e164(asked["raw"], asked.get("region"))}


def _verified(asked: Answer) -> Answer:
    headers = {name.lower(): str(value) for name, value in (asked.get("headers") or {}).items()}
    check = {"standard": _is_standard, "twilio": _is_twilio}.get(asked["scheme"])
    if check is None:
        raise ValueError('scheme: expected "standard" or "twilio"')
    if check(asked, headers):
        return {"ok": True}
    return {"ok": False, "error": "no signature in the headers is right for this request"}


def _is_standard(asked: Answer, headers: dict[str, str]) -> bool:
    key = standard.key(asked["secret"])
    return standard.is_valid(key, headers, _body(asked), now=float(asked["now"]))


def _is_twilio(asked: Answer, headers: dict[str, str]) -> bool:
    named = {twilio.HEADER: "x-twilio-signature", twilio.SETTINGS_HEADER: "x-twilio-webhooks-signature-settings"}
    given = {name: headers.get(lower, "") for name, lower in named.items()}
    key, body = asked["secret"].encode(), _body(asked)
    params = None
    if asked.get("params") is not None:
        params = [(_bytes(name), _bytes(value)) for name, value in asked["params"]]
    elif headers.get("content-type", "").lower().startswith(FORM):
        params = wire.form(body)
    return twilio.is_valid([key], asked["url"], params, given, body=body)


def _body(asked: Answer) -> bytes:
    return _bytes(asked.get("body") or "")


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")


def _answer(understand: Callable[[Answer], Answer]) -> None:
    """Answer line by line, in order, each at once; what is asked wrongly gets {"error"}. Exits 1 if one was."""
    failed = False
    for asked in _asked():
        try:
            found = understand(asked)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            missing = isinstance(error, KeyError)
            found, failed = {"error": f"{error.args[0]}: expected a value" if missing else str(error)}, True
        print(json.dumps(found, ensure_ascii=False), flush=True)
    if failed:
        sys.exit(options.REFUSED)


def _asked() -> Iterator[Any]:
    """The lines as they come; the standard library's reader, because it takes what a lone surrogate is written as."""
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError:
            yield None
