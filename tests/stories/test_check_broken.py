"""`centrala check` against far sides that are not what they should be: the step is named, and nothing falls over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.stories.test_check import run

SID = "AC0123456789abcdef0123456789abcdef"
CHANNELS = {
    "web": "[web]\nport = {port}\n",
    "telegram": '[channels.telegram]\ntoken = "1000:a-token-of-a-test"\napi_url = "http://127.0.0.1:{port}"\n'
    "staff_chat = -4711\n",
    "sms": f'[channels.sms]\naccount_sid = "{SID}"\nauth_token = "0123456789abcdef0123456789abcdef"\n'
    'sender = "+48732000111"\nreceive = "poll"\napi_url = "http://127.0.0.1:{port}"\n',
    "email": '[channels.email]\naddress = "help@desk.example"\nlisten = "127.0.0.1:{port}"\n'
    '[channels.email.smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
    '[[channels.email.imap]]\nhost = "127.0.0.1"\nport = {port}\nuser = "a"\npassword = "canary"\ntls = "none"\n',
}


def page(body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[int]:
    """A program that says the same to everybody and hangs up. Gives its port."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer.startswith(b"HTTP"):
            await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("channel", "answer", "said"),
    [
        pytest.param(
            "web", page(b"<html>", "text/html"), "FAIL this machine: another program answers", id="web, a page"
        ),
        pytest.param("web", page(b"[1]"), "FAIL this machine: another program answers", id="web, a list"),
        pytest.param("web", page(b'{"status": "up"}'), "FAIL this machine: another program answers", id="web, JSON"),
        pytest.param("web", b"", "FAIL this machine: no answer", id="web, nothing"),
        pytest.param("telegram", page(b"<html>", "text/html"), "FAIL reach: HTTP 200", id="telegram, a page"),
        pytest.param("telegram", page(b'{"ok": true, "result": true}'), "FAIL reach: HTTP 200", id="telegram, JSON"),
        pytest.param("telegram", page(b'{"ok": true, "result": {}}'), "ok   receiving: polling", id="telegram, empty"),
        pytest.param("telegram", b"SSH-2.0\r\n", "FAIL reach: no answer", id="telegram, another protocol"),
        pytest.param("sms", page(b'{"a": 1}'), "FAIL account: not Twilio's API", id="sms, JSON"),
        pytest.param("sms", page(b"null"), "FAIL account: not Twilio's API", id="sms, null"),
        pytest.param("email", b"", "FAIL smtp connect: 127.0.0.1:", id="email, nothing"),
        pytest.param("email", b"SSH-2.0\r\n", "FAIL imap connect: 127.0.0.1:", id="email, another protocol"),
    ],
)
async def test_another_program_in_the_far_sides_place_is_named(
    tmp_path: Path, channel: str, answer: bytes, said: str
) -> None:
    """M-6: the step that fails and what to do, one line a step, whatever answers there."""
    async with saying(answer) as port:
        code, out, err = await run(tmp_path, CHANNELS[channel].replace("{port}", str(port)), "check", channel)
    assert err == ""
    assert said in out
    assert all(line.startswith(("ok   ", "FAIL ")) for line in out.splitlines())
    assert all(" → " in line for line in out.splitlines() if line.startswith("FAIL"))
    assert code == (1 if "FAIL" in out else 0)
    assert "canary" not in out


async def test_a_mail_server_that_no_name_server_knows_is_named(tmp_path: Path) -> None:
    config = CHANNELS["email"].replace('listen = "127.0.0.1:{port}"\n', "").replace("{port}", "25")
    code, out, err = await run(tmp_path, config.replace("127.0.0.1", "nowhere.invalid"), "check", "email")
    assert (code, err) == (1, "")
    assert "FAIL smtp connect: nowhere.invalid:25" in out and "FAIL imap connect: nowhere.invalid:25" in out
