"""From the bytes of a call to its parameters, in requests and in webhook answers. What they mean is not known here."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import BodyPartReader, ClientResponse, MultipartReader, web

from channels.telegram.simulator.params import Params, Upload
from channels.telegram.simulator.refusals import bad


async def request(call: web.Request) -> Params:
    """The parameters of a call; those in the address count as well as those in the body."""
    given: dict[str, Any] = dict(call.query)
    if call.content_type.startswith("multipart/"):
        fields, uploads = await _parts(await call.multipart())
        return Params(given | fields, uploads)
    if call.content_type == "application/json":
        return Params(given | _object(await call.read()))
    if call.content_type == "application/x-www-form-urlencoded":
        return Params(given | {name: str(value) for name, value in (await call.post()).items()})
    return Params(given)


async def answer(response: ClientResponse) -> Params:
    """The method call a webhook may put into its answer, under the name `method`; empty when there is none."""
    if response.content_type == "application/json":
        body = await response.read()
        return Params(_object(body) if body.startswith(b"{") else {})
    if response.content_type.startswith("multipart/"):
        fields, uploads = await _parts(MultipartReader.from_response(response).stream)
        return Params(fields, uploads)
    return Params({})


async def _parts(reader: Any) -> tuple[dict[str, str], dict[str, Upload]]:
    fields: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    async for part in reader:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad("can't parse the multipart body")
        content = bytes(await part.read(decode=True))
        if part.filename is None:
            fields[part.name] = content.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(part.filename, mime, content)
    return fields, uploads


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        raise bad("can't parse JSON object") from None
    if not isinstance(read, dict):
        raise bad("can't parse JSON object")
    return read
