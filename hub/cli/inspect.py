"""`centrala inspect`: what the channels make of a mail, a text, a number, a signature, a webhook. JSON out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, hooks, mails, options
from kernel import phones

if TYPE_CHECKING:
    from channels.sms import segments, wire
    from channels.sms import signature as twilio
    from webhooks import signature as standard
else:
    segments = Late("channels.sms.segments")
    standard = Late("webhooks.signature")
    twilio = Late("channels.sms.signature")
    wire = Late("channels.sms.wire")

app = options.application()
FORM = "application/x-www-form-urlencoded"
Answer = dict[str, Any]


@app.callback()
def family() -> None:
    """Run the very code that the channels run on what comes in on standard input."""


@app.command()
def mail(
    batch: Annotated[bool, typer.Option("--batch", help="Paths on standard input; a JSON line for each.")] = False,
    authserv: Annotated[
        str, typer.Option("--authserv", help="The mail server whose Authentication-Results count: adds its `dmarc`.")
    ] = "",
) -> None:
    """One raw mail on standard input, one JSON object out."""
    mails.mail(batch=batch, authserv=authserv)


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


@app.command()
def hook(source: str, config: options.Config = None) -> None:
    """One payload on standard input, as it would be posted to SOURCE; what it becomes as one JSON object out."""
    hooks.hook(source, config)


def _measured(asked: Answer) -> Answer:
    size = segments.measure(_text(asked, "text"))
    return {"encoding": size.encoding, "segments": size.segments}


def _numbered(asked: Answer) -> Answer:
    region = _text(asked, "region") if asked.get("region") is not None else None
    return {"e164": phones.e164(_text(asked, "raw"), region)}


def _verified(asked: Answer) -> Answer:
    headers = {name.lower(): str(value) for name, value in (asked.get("headers") or {}).items()}
    check = {"standard": _is_standard, "twilio": _is_twilio}.get(_text(asked, "scheme"))
    if check is None:
        raise ValueError('scheme: expected "standard" or "twilio"')
    try:
        if check(asked, headers):
            return {"ok": True}
    except ValueError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": False, "error": "no signature in the headers is right for this request"}


def _is_standard(asked: Answer, headers: dict[str, str]) -> bool:
    key = standard.key(_text(asked, "secret"))
    return standard.is_valid(key, headers, _body(asked), now=float(asked["now"]))


def _is_twilio(asked: Answer, headers: dict[str, str]) -> bool:
    named = {twilio.HEADER: "x-twilio-signature", twilio.SETTINGS_HEADER: "x-twilio-webhooks-signature-settings"}
    given = {name: headers.get(lower, "") for name, lower in named.items()}
    key, body = _bytes(_text(asked, "secret")), _body(asked)
    params = None
    if asked.get("params") is not None:
        params = [(_bytes(name), _bytes(value)) for name, value in asked["params"]]
    elif headers.get("content-type", "").lower().startswith(FORM):
        params = wire.form(body)
    return twilio.is_valid([key], _text(asked, "url"), params, given, body=body)


def _body(asked: Answer) -> bytes:
    return _bytes(asked.get("body") or "")


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")


def _text(asked: Answer, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected a text")
    return value


def _answer(understand: Callable[[Answer], Answer]) -> None:
    """Answer line by line, in order, each at once; what is asked wrongly is answered with {"error"}."""
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(_answered(understand, line), ensure_ascii=False), flush=True)


def _answered(understand: Callable[[Answer], Answer], line: str) -> Answer:
    """The standard library's reader, because it takes lone surrogates, which a phone can send too."""
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict):
            raise ValueError("expected one JSON object a line")
        return understand(asked)
    except KeyError as error:
        return {"error": f"{error.args[0]}: expected a value, got nothing"}
    except (TypeError, ValueError, AttributeError) as error:
        return {"error": str(error)}
