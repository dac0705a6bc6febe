"""One request to a provider's endpoint: a form out, JSON back, within a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from channels.email.oauth import answers
from channels.email.oauth.answers import Kind, Refusal

TIMEOUT_S = 15.0
MOST_BYTES = 256 * 1024


async def post(url: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The answer to `form`. Raises Refusal: LATER if nobody answers, else what the endpoint says."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    headers = {"Accept": "application/json"}
    try:
        # a redirect would carry secrets to where the settings do not name
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(url, data=form, allow_redirects=False) as response,
        ):
            status = response.status
            body = b""
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Refusal(Kind.LATER, "an answer without end")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Refusal(Kind.LATER, f"no answer ({type(error).__name__})") from error
    answer = _read(body)
    if status != 200:
        raise answers.refusal(status, answer)
    return answer


def _read(body: bytes) -> dict[str, Any]:
    """{} for what is no JSON object: a proxy's page, half an answer."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
