"""Keeps a demo page on its own machine: who may call it, how its posts are read, how it refuses; no page lives here."""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

GOT_MAX = 80  # characters of a refused value that are said back


class Body(BaseModel):
    """A posted JSON object: no guessing of types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


BodyT = TypeVar("BodyT", bound=Body)


def only_here(handler: Handler) -> Handler:
    """Lets through what names this machine; a post also has to be JSON sent by our own page (or by no page at all)."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if not is_loopback(request.host):
            return problem(403, "The sandbox answers only on this machine: open it at 127.0.0.1 or localhost.")
        if request.method == "POST" and not is_same_origin(request.headers, request.host):
            return problem(403, "The sandbox takes orders only from its own page.")
        if request.method == "POST" and request.content_type != "application/json":
            return problem(415, "Send JSON with the header content-type: application/json.")
        return await handler(request)

    return answer


def is_loopback(host: str) -> bool:
    """A foreign name that resolves to 127.0.0.1 (DNS rebinding) is not loopback: the name counts, not the address."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Browsers send both headers and pages cannot forge them; command-line tools send neither."""
    if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = headers.get("Origin")
    return origin is None or origin == f"http://{host}" or origin == f"https://{host}"


async def read(request: web.Request, shape: type[BodyT]) -> BodyT:
    """The posted body in this shape; raises the 400 that names every wrong field."""
    try:
        return shape.model_validate_json(await request.read())
    except ValidationError as error:
        raise refuse(fault(item["loc"], item["msg"], item["input"], item["type"]) for item in error.errors()) from error


def fault(where: tuple[int | str, ...], expected: str, got: object, kind: str = "") -> dict[str, str]:
    said = "nothing" if kind == "missing" else orjson.dumps(got, default=str).decode()[:GOT_MAX]
    return {"field": ".".join(map(str, where)) or "body", "expected": expected, "got": said}


def refuse(faults: Iterable[dict[str, str]]) -> web.HTTPBadRequest:
    answer = problem(400, "Nothing was done: some fields are wrong.", errors=list(faults))
    return web.HTTPBadRequest(text=answer.text, content_type=answer.content_type)


def problem(status: int, title: str, **more: Any) -> web.Response:
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, **more})
    return web.Response(status=status, body=body, content_type="application/problem+json")
