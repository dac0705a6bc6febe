"""Posts to other systems: signed as the published library reads it, and never to an address that only we reach."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.resolver import DefaultResolver
from standardwebhooks import Webhook

from routing.hook_posts import Outcome, Post
from webhooks import outgoing, outside, signature
from webhooks.outgoing import Target

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
POST = Post(77, 1, "", "pager", '{"type":"alert.escalated"}', 1, True, 3, 12)


@asynccontextmanager
async def answering(handler: Any) -> AsyncIterator[str]:
    """A far side on this machine; its address."""
    app = web.Application()
    app.router.add_post("/in", handler)
    app.router.add_post("/else", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    finally:
        await runner.cleanup()


async def tried(url: str, *, private: bool = True) -> Outcome:
    async with outgoing.session(private=private) as client:
        return await outgoing.post(client, Target(url, signature.key(SECRET), private), POST)


async def test_a_post_is_signed_and_carries_its_key() -> None:
    """The published library verifies it; the same key stands where receivers look for it."""
    seen = []

    async def take(request: web.Request) -> web.Response:
        seen.append((await request.read(), dict(request.headers)))
        return web.Response(status=204)

    async with answering(take) as url:
        assert await tried(url) == Outcome()
    [(body, headers)] = seen
    assert Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()}) == {
        "type": "alert.escalated"
    }
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "77"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Outcome()),
        (302, Outcome("it answered 302")),
        (400, Outcome("it answered 400")),
        (404, Outcome("it answered 404")),
        (410, Outcome("it answered 410")),
        (429, Outcome("it answered 429", again=True)),
        (500, Outcome("it answered 500", again=True)),
        (503, Outcome("it answered 503", again=True)),
    ],
)
async def test_what_it_answers_decides_whether_it_is_asked_again(status: int, expected: Outcome) -> None:
    """A redirect is not followed: who answers there is somebody else."""
    asked = []

    async def take(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/else"})

    async with answering(take) as url:
        assert await tried(url) == expected
    assert asked == ["/in"]


async def test_nobody_there_is_tried_again_and_the_reason_names_no_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = await tried(f"http://127.0.0.1:{port}/secret-path")
    assert found.again and found.reason == "it could not be reached"


async def test_who_never_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "TIMEOUT", outgoing.aiohttp.ClientTimeout(total=0.2))
    over = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async with answering(hang) as url:
        found = await tried(url)
        over.set()
    assert found.again and found.reason.startswith("it did not answer within")


async def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at after the name was looked up, whatever the name says of itself; one inside address is enough."""
    asked = []

    async def take(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def resolve(self: Any, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[dict[str, Any]]:
        one = {"hostname": host, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [{**one, "host": "93.184.216.34"}, {**one, "host": "127.0.0.1"}]

    monkeypatch.setattr(DefaultResolver, "resolve", resolve)
    async with answering(take) as url:
        port = url.split(":")[2].split("/")[0]
        assert await tried(f"https://pager.example:{port}/in", private=False) == Outcome(outgoing.INSIDE)
        assert await tried(f"https://127.0.0.1:{port}/in", private=False) == Outcome(outgoing.INSIDE)
        assert asked == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.5", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::", False),
    ],
)
def test_an_address_is_everybodys_or_ours_alone(address: str, expected: bool) -> None:
    assert outside.is_public(address) == expected


@pytest.mark.parametrize(
    ("url", "private", "part"),
    [
        ("https://pager.example/x", False, ""),
        ("http://pager.inside/x", True, ""),
        ("http://pager.example/x", False, "https://"),
        ("ftp://pager.example/x", True, "https://"),
        ("https://", False, "https://"),
        ("https://u:p@pager.example/", False, "without a name and a password"),
        ("https://10.0.0.1/", False, "everybody reaches"),
        ("https://[::1]/", False, "everybody reaches"),
        ("https://[::1", False, "https://"),
    ],
)
def test_a_wrong_address_is_told(url: str, private: bool, part: str) -> None:
    found = outside.expected(url, private=private)
    assert part in found and bool(found) == bool(part)
