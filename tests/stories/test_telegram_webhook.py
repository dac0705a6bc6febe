"""Webhook mode at the wire: the same path in, behind a secret."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest

from channels.telegram.receive import PATH, SECRET_HEADER
from hub import settings
from kernel.errors import Invalid
from tests.support import stage as stages
from tests.support.ports import free_port
from tests.support.stage import Stage

SECRET = "a-secret-of-the-webhook"


@pytest.fixture
async def hooked(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub that Telegram posts to."""
    port = free_port()
    more = {
        "web": {"port": port, "public_url": f"http://127.0.0.1:{port}"},
        "channels": {"telegram": {"mode": "webhook", "webhook_secret": SECRET}},
    }
    async with stages.playing(database_url, tmp_path, **more) as playing:
        yield playing


async def post(stage: Stage, body: bytes, **headers: str | bytes) -> int:
    url = f"http://127.0.0.1:{stage.app.port}{PATH}"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        return answer.status


def update(stage: Stage, **message: object) -> bytes:
    chat = {"id": stage.eszter.id, "type": "private", "first_name": "Eszter"}
    sender = {"id": stage.eszter.id, "is_bot": False, "first_name": "Eszter"}
    whole = {"message_id": 5, "date": 1_790_000_000, "chat": chat, "from": sender, "text": "Forged", **message}
    return orjson.dumps({"update_id": 7, "message": whole})


async def raws(stage: Stage) -> int:
    return len(await stage.rows("SELECT id FROM raw_messages"))


async def test_the_main_job_works_through_the_webhook_too(hooked: Stage) -> None:
    """M-4: one path; the webhook only brings it in."""
    assert hooked.world.webhook.url.endswith(PATH)
    await hooked.customer("Segítség")
    await hooked.staff("Jövök", reply_to=hooked.find("Eszter:").id)
    assert hooked.bot_texts(hooked.eszter.id)[-1] == "Jövök"
    assert (await hooked.press("Close")) == "T1 closed."
    assert "getUpdates" not in {call.method for call in hooked.world.calls}


@pytest.mark.parametrize(
    "secret",
    [None, "", SECRET[:-1], SECRET + "x", SECRET.upper(), "tajný kľúč", b"\xff\xfe\x80", "x" * 4000],
    ids=["none", "empty", "short", "long", "case", "not ascii", "not utf-8", "huge"],
)
async def test_an_update_with_a_wrong_secret_is_refused_and_leaves_nothing(
    hooked: Stage, secret: str | bytes | None
) -> None:
    """S13: 401 each."""
    headers = {} if secret is None else {SECRET_HEADER: secret}
    if isinstance(secret, bytes):
        assert await raw_post(hooked, secret, update(hooked)) == 401
    else:
        assert await post(hooked, update(hooked), **headers) == 401
    assert await raws(hooked) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"update_id":"7"}', b'{"update_id":true}', b'{"update_id":1.5}',
     b"\xff\xfe", b'{"update_id":' + b"9" * 30 + b"}", b"[" * 100_000],
    ids=["empty", "half", "list", "null", "string", "no id", "id a string", "id a bool", "id a float", "not utf-8",
         "id too large", "nested"],
)  # fmt: skip
async def test_what_is_no_update_is_refused(hooked: Stage, body: bytes) -> None:
    """S12: 400, and the hub goes on."""
    assert await post(hooked, body, **{SECRET_HEADER: SECRET}) == 400
    assert await raws(hooked) == 0


@pytest.mark.parametrize(
    "message",
    [{"date": "soon"}, {"chat": {"id": 2001}}, {"from": "Eszter"}, {"text": ["a"]}, {"entities": [{"type": 1}]}],
    ids=["date", "chat", "sender", "text", "entities"],
)
async def test_an_update_that_cannot_be_read_is_kept_with_what_is_known(
    hooked: Stage, message: dict[str, object]
) -> None:
    """M-4: taken (Telegram would send it for ever), kept raw, and a ticket of that chat."""
    assert await post(hooked, update(hooked, **message), **{SECRET_HEADER: SECRET}) == 200
    await hooked.settled()
    [ticket] = await hooked.rows("SELECT address, subject FROM tickets")
    assert ticket["address"] == str(hooked.eszter.id)
    [entry] = await hooked.rows("SELECT text FROM entries")
    assert entry["text"].startswith("unreadable: ")


async def test_an_update_posted_again_and_again_is_one_message(hooked: Stage) -> None:
    """R5, S12: only the id stops a replay."""
    for _ in range(5):
        assert await post(hooked, update(hooked), **{SECRET_HEADER: SECRET}) == 200
    await hooked.settled()
    assert await raws(hooked) == 1
    assert len(await hooked.rows("SELECT id FROM entries WHERE kind = 'message'")) == 1


@pytest.mark.parametrize("secret", ["", "short", "sixteen letters ž", "has a blank in it…"])
def test_a_webhook_without_a_sound_secret_does_not_start(tmp_path: Path, secret: str) -> None:
    """S13: start refused."""
    telegram = {"token": stages.TOKEN, "mode": "webhook", "webhook_secret": secret}
    values = {"web": {"public_url": "https://desk.example"}, "channels": {"telegram": telegram}}
    with pytest.raises(Invalid) as refused:
        settings.check(values, base=tmp_path)
    assert "webhook_secret" in str(refused.value.problems)
    assert secret not in str(refused.value.problems) or not secret


async def raw_post(stage: Stage, secret: bytes, body: bytes) -> int:
    """A request whose header no HTTP client would write."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.app.port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{SECRET_HEADER}: "
    writer.write(head.encode() + secret + b"\r\n\r\n" + body)
    await writer.drain()
    status = (await reader.read()).split(b" ", 2)[1]
    writer.close()
    await writer.wait_closed()
    return int(status)
