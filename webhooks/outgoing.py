"""Posts to other systems at the wire: signed as Standard Webhooks describes, and never to an address inside.

Whoever may write the settings file could else make the hub knock at doors that only the hub reaches: names are looked
up here, and what they lead to is looked at before anything is sent. Redirects are not followed.
"""

from __future__ import annotations

import socket
import time
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from msgspec import Struct

from kernel.phrases import Phrase
from routing.hook_posts import Outcome, Post
from webhooks import outside, signature

TIMEOUT = aiohttp.ClientTimeout(total=10)
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
INSIDE = Phrase("its address is inside a private network; {setting} allows that", setting="private = true")
GONE = "there is no such name under [hooks.out] any more"


class Target(Struct, frozen=True):
    """Where a hook's posts go. `private`: it stands in our own network, where plain http may do, too."""

    url: str
    key: bytes
    private: bool = False


class Inside(OSError):
    """A name that leads to an address that only we reach."""


class Outside(AbstractResolver):
    """Looks names up, and knows no address that is not everybody's."""

    def __init__(self) -> None:
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises Inside if one of its addresses is ours alone, OSError if there is none."""
        found = await self._resolver.resolve(host, port, family)
        if not all(outside.is_public(one["host"]) for one in found):
            raise Inside(INSIDE)
        return found

    async def close(self) -> None:
        await self._resolver.close()


def session(*, private: bool) -> aiohttp.ClientSession:
    """What posts go through; the caller closes it."""
    resolver = None if private else Outside()
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
    return aiohttp.ClientSession(
        connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )


async def post(client: aiohttp.ClientSession, target: Target, one: Post) -> Outcome:
    """One try. Never raises for what the network or the far side does; the reason names no address."""
    body = one.body.encode()
    if outside.expected(target.url, private=target.private):
        return Outcome(INSIDE)
    try:
        async with client.post(
            target.url, data=body, headers=_headers(target, one, body), allow_redirects=False
        ) as answer:
            return judged(answer.status)
    except Inside:
        return Outcome(INSIDE)
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, Inside):
            return Outcome(INSIDE)
        return Outcome(Phrase("it could not be reached"), again=True)
    except TimeoutError:
        return Outcome(Phrase("it did not answer within {seconds} s", seconds=f"{TIMEOUT.total:.0f}"), again=True)
    except (aiohttp.ClientError, OSError) as error:
        return Outcome(Phrase("it could not be reached ({cause})", cause=type(error).__name__), again=True)


def judged(status: int) -> Outcome:
    """Any 2xx is taken; what is wrong with the post itself is not tried again. Pure."""
    if 200 <= status < 300:
        return Outcome()
    return Outcome(Phrase("it answered {status}", status=str(status)), again=status in AGAIN)


def _headers(target: Target, one: Post, body: bytes) -> dict[str, Any]:
    at = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Centrala",
        "Idempotency-Key": str(one.id),
        "webhook-id": str(one.id),
        "webhook-timestamp": at,
        "webhook-signature": signature.sign(target.key, str(one.id), at, body),
    }
