"""Pictures and files of an MMS, fetched from where the provider keeps them. Loaded late.

Source: www.twilio.com/docs/messaging/api/media-resource. The address answers with a redirect to a store of the
provider's; the account's token goes to the API itself and nowhere else.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from channels.contract import File
from channels.errors import Reason, SendError, TooLarge
from channels.sms import parse, wire
from channels.sms.settings import Settings

STORES = (".twiliocdn.com", ".amazonaws.com")  # where a redirect of the API may lead
REDIRECTS = 3
PIECE = 64 * 1024
LIST_LIMIT = 256 * 1024  # bytes of the list of a message's media


async def fetch(session: aiohttp.ClientSession, settings: Settings, file: File, *, limit: int) -> bytes:
    """The bytes. Raises SendError, and TooLarge beyond `limit`."""
    try:
        url = file.reference
        if url.startswith(parse.LISTED):
            url = await _listed(session, settings, url.removeprefix(parse.LISTED))
        return await _got(session, settings, url, limit)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SendError(Reason.UNREACHABLE, "the download broke off") from error


async def _listed(session: aiohttp.ClientSession, settings: Settings, place: str) -> str:
    """The address of a part, from the provider's list of the message's media."""
    sid, _, number = place.partition("/")
    messages = wire.messages_url(settings.api_url, settings.account_sid).removesuffix(".json")
    found: Any = wire.decode(await _got(session, settings, f"{messages}/{sid}/Media.json", LIST_LIMIT))
    parts = found.get("media_list") if isinstance(found, dict) else None
    if not isinstance(parts, list) or not number.isdecimal() or int(number) >= len(parts):
        raise SendError(Reason.GONE, "the provider has no such part")
    return settings.api_url + str(parts[int(number)].get("uri", "")).removesuffix(".json")


async def _got(session: aiohttp.ClientSession, settings: Settings, url: str, limit: int) -> bytes:
    for _ in range(REDIRECTS):
        headers = _headers(settings, url)
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status >= 400:
                raise SendError(_reason(answer.status), f"HTTP {answer.status}")
            return await _read(answer, limit)
    raise SendError(Reason.INVALID, "too many redirects")


def _headers(settings: Settings, url: str) -> dict[str, str]:
    """The token for the API itself. Raises SendError for an address that is neither the API's nor its store's."""
    asked, own = urlsplit(url), urlsplit(settings.api_url)
    if (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
        return {"Authorization": wire.authorization(settings.account_sid, settings.token)}
    if asked.scheme == "https" and asked.port in (None, 443) and (asked.hostname or "").endswith(STORES):
        return {}
    raise SendError(Reason.INVALID, "an address that is not the provider's")


def _reason(status: int) -> Reason:
    if status == 429:
        return Reason.THROTTLED
    if status in (401, 403):
        return Reason.MISCONFIGURED
    return Reason.UNREACHABLE if status >= 500 else Reason.GONE


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_chunked(PIECE):
        body += piece
        if len(body) > limit:
            raise TooLarge
    return bytes(body)
