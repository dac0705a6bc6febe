"""The sandbox page at its wire: what it shows, what reaches the sandbox, what is refused, how it stops."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace
from PIL import Image

from console import local
from console import sandbox as page
from tests.console import fake

Client = TestClient[web.Request, web.Application]

NASTY = "<script>alert(1)</script>"
SAY = {"device": "staff", "person": "anna", "text": "On it"}
PRESS = {"device": "staff", "person": "marek", "bubble": "c1", "data": "t:tk:104"}


@pytest.fixture
def sandbox() -> fake.FakeSandbox:
    return fake.FakeSandbox(fake.small())


@pytest.fixture
async def client(sandbox: fake.FakeSandbox) -> AsyncIterator[Client]:
    app = web.Application()
    page.mount(app, sandbox)
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def heard(stream: ClientResponse) -> dict[str, Any]:
    """The next change, heartbeats and blank lines skipped."""
    async with asyncio.timeout(5):
        while True:
            line = await stream.content.readline()
            if line.startswith(b"data: "):
                change: dict[str, Any] = orjson.loads(line.removeprefix(b"data: "))
                return change


@asynccontextmanager
async def listening(client: Client) -> AsyncIterator[ClientResponse]:
    async with client.get("/sandbox/events") as stream:
        assert (await heard(stream)) == {"kind": "hello"}
        yield stream


async def test_the_page_says_it_is_a_demo_and_runs_only_its_own_files(client: Client) -> None:
    answer = await client.get("/sandbox")
    html = await answer.text()
    assert answer.status == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "<b>DEMO</b> · Telegram is simulated; nothing leaves this machine" in html
    assert "Tue, 3 Mar" in html and "12:04" in html and "CET" in html
    assert "Press Take on the card in the staff chat" in html
    assert "<style" not in html and "style=" not in html and "http" not in html.replace("http-equiv", "")


@pytest.mark.parametrize(
    "name",
    ["sandbox.js", "device.js", "bubble.js", "drawers.js", "clock.js", "page.js", "sandbox.css", "device.css"],
)
async def test_files_are_served_and_asked_for_again_after_an_upgrade(client: Client, name: str) -> None:
    answer = await client.get(f"/static/{name}")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "innerHTML" not in await answer.text()


@pytest.mark.parametrize(
    "path", ["/static/sandbox.py", "/static/none.js", "/static/../sandbox.py", "/static/%2e%2e/sandbox.js"]
)
async def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_the_picture_is_json_with_its_zone(client: Client) -> None:
    picture = await (await client.get("/sandbox/picture")).json()
    assert [device["id"] for device in picture["devices"]] == ["eszter", "staff"]
    assert picture["now"] == "2026-03-03T12:04:00+01:00"
    assert picture["zone"] == "CET"
    card = picture["devices"][1]["bubbles"][0]
    assert card["buttons"][0][0] == {"text": "Take", "data": "t:tk:104"}
    assert picture["steps"][1] == {"text": "Press Take on the card in the staff chat", "done": False, "target": "t:tk"}


async def test_a_text_with_markup_stays_text(sandbox: fake.FakeSandbox, client: Client) -> None:
    sandbox.shown = replace(sandbox.shown, notice=NASTY)
    await client.post("/sandbox/say", json=SAY | {"text": NASTY})
    answer = await client.get("/sandbox/picture")
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await answer.json())["devices"][1]["bubbles"][-1]["text"] == NASTY
    html = await (await client.get("/sandbox")).text()
    assert NASTY not in html and "&lt;script&gt;alert(1)" in html


async def test_what_a_person_does_reaches_the_sandbox(sandbox: fake.FakeSandbox, client: Client) -> None:
    answers = [
        await client.post("/sandbox/say", json=SAY | {"reply_to": "c1", "thread": "7"}),
        await client.post("/sandbox/press", json=PRESS),
        await client.post("/sandbox/clock", json={"minutes": 15}),
        await client.post("/sandbox/clock", json={"minutes": None}),
        await client.post("/sandbox/switch", json={"switch": "lost", "on": True}),
    ]
    assert [answer.status for answer in answers] == [204] * 5
    assert sandbox.told == [
        ("say", "staff", "anna", "On it", "c1", "7"),
        ("press", "staff", "marek", "c1", "t:tk:104"),
        ("clock", 15),
        ("clock", None),
        ("switch", "lost", True),
    ]


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        pytest.param("say", {"device": "staff"}, ["person", "text"], id="two fields missing, both named"),
        pytest.param("say", SAY | {"text": " \n"}, ["text"], id="only blanks"),
        pytest.param("say", SAY | {"text": 7}, ["text"], id="a number for a text"),
        pytest.param("say", SAY | {"extra": 1}, ["extra"], id="unknown field"),
        pytest.param("say", SAY | {"device": "fax"}, ["device"], id="unknown device"),
        pytest.param("say", SAY | {"person": "eszter"}, ["person"], id="somebody else's device"),
        pytest.param("press", PRESS | {"data": "x" * 65}, ["data"], id="button data too long"),
        pytest.param("press", PRESS | {"person": "eszter"}, ["person"], id="a stranger presses"),
        pytest.param("clock", {"minutes": -5}, ["minutes"], id="backwards"),
        pytest.param("clock", {"minutes": True}, ["minutes"], id="a truth for a number"),
        pytest.param("clock", {}, ["minutes"], id="no minutes"),
        pytest.param("clock", [1], ["body"], id="not an object"),
        pytest.param("switch", {"switch": "none", "on": True}, ["switch"], id="unknown switch"),
        pytest.param("switch", {"switch": "lost", "on": "yes"}, ["on"], id="a word for a truth"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_done(
    sandbox: fake.FakeSandbox, client: Client, path: str, body: object, fields: list[str]
) -> None:
    answer = await client.post(f"/sandbox/{path}", json=body)
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    errors = (await answer.json(content_type=None))["errors"]
    assert [error["field"] for error in errors] == fields
    assert all(error["expected"] and error["got"] for error in errors)
    assert sandbox.told == []


async def test_a_body_that_is_not_json_is_named(client: Client) -> None:
    answer = await client.post("/sandbox/say", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert (await answer.json(content_type=None))["errors"][0]["field"] == "body"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Origin": "https://evil.example"}, 403, id="another origin"),
        pytest.param({"Origin": "null"}, 403, id="an opaque origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another port of this machine"),
        pytest.param({"Host": "evil.example"}, 403, id="a name that only resolves here"),
        pytest.param({"Host": "127.0.0.1.evil.example"}, 403, id="a name that begins like the address"),
        pytest.param({"Content-Type": "text/plain"}, 415, id="a form's content type"),
    ],
)
async def test_a_foreign_page_cannot_act(
    sandbox: fake.FakeSandbox, client: Client, headers: dict[str, str], status: int
) -> None:
    body = orjson.dumps(SAY)
    answer = await client.post("/sandbox/say", data=body, headers={"Content-Type": "application/json"} | headers)
    assert answer.status == status
    assert sandbox.told == []


async def test_the_own_page_may_act(client: Client) -> None:
    own = {"Origin": f"http://127.0.0.1:{client.port}", "Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/sandbox/say", json=SAY, headers=own)).status == 204


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/picture", "/sandbox/events"])
async def test_a_foreign_name_cannot_even_read(client: Client, path: str) -> None:
    assert (await client.get(path, headers={"Host": "evil.example:80"})).status == 403


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "127.8.0.1:1", "[::1]:8080"])
def test_this_machine_has_several_names(host: str) -> None:
    assert local.is_loopback(host)


async def test_a_change_is_heard_at_once(client: Client) -> None:
    async with listening(client) as stream:
        await client.post("/sandbox/say", json=SAY)
        change = await heard(stream)
    assert (change["kind"], change["device"]) == ("bubble", "staff")
    assert change["bubble"]["text"] == "On it"
    assert change["bubble"]["at"] == "2026-03-03T12:04:00+01:00"


async def test_every_kind_of_change_crosses_the_wire(sandbox: fake.FakeSandbox, client: Client) -> None:
    device = sandbox.shown.devices[0]
    said = [
        page.gone_change("staff", "c1"),
        page.toast_change("staff", "Taken"),
        page.clock_change(fake.NOON, None),
        page.happening_change(page.Happening("h", fake.NOON, "in")),
        page.steps_change(fake.STEPS),
        page.ready_change(True, ""),
        page.device_change(device),
        page.ledger_change(fake.told("sent")),
        page.switches_change(fake.SWITCHES),
    ]
    async with listening(client) as stream:
        for change in said:
            sandbox.announce(change)
        kinds = [(await heard(stream))["kind"] for _ in said]
    assert kinds == ["bubble", "toast", "clock", "happening", "steps", "ready", "device", "ledger", "switches"]


async def test_a_change_between_hello_and_the_picture_is_not_lost(sandbox: fake.FakeSandbox, client: Client) -> None:
    async with client.get("/sandbox/events") as stream:
        assert (await heard(stream))["kind"] == "hello"
        assert len(sandbox.followers) == 1


async def test_an_open_stream_does_not_hold_up_the_stop(sandbox: fake.FakeSandbox) -> None:
    app = web.Application()
    page.mount(app, sandbox)
    runner = web.AppRunner(app, shutdown_timeout=30)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession() as session, session.get(f"http://{host}:{port}/sandbox/events") as stream:
        assert (await heard(stream))["kind"] == "hello"
        async with asyncio.timeout(3):
            await runner.cleanup()
            assert await stream.content.read() is not None
    assert sandbox.followers == set()


async def test_a_stream_ends_when_the_sandbox_has_no_more_to_tell(sandbox: fake.FakeSandbox, client: Client) -> None:
    async def nothing() -> AsyncIterator[page.Change]:
        return
        yield

    sandbox.changes = nothing  # type: ignore[method-assign]
    async with asyncio.timeout(3), listening(client) as stream:
        assert b"data:" not in await stream.content.read()


async def test_a_picture_goes_with_words_or_without(client: Client, sandbox: fake.FakeSandbox) -> None:
    """Only one that lies ready on that phone; a message of nothing at all is none."""
    sent = {"device": "eszter", "person": "eszter", "text": "", "picture": "pump"}
    assert (await client.post("/sandbox/say", json=sent)).status == 204
    assert sandbox.told == [("say", "eszter", "eszter", "", None, None, "pump")]
    for wrong, field in (
        ({**sent, "picture": "cat"}, "picture"),
        ({**sent, "device": "staff", "person": "anna"}, "picture"),
        ({**sent, "picture": None, "text": " \n"}, "text"),
    ):
        answer = await client.post("/sandbox/say", json=wrong)
        assert (answer.status, (await answer.json())["errors"][0]["field"]) == (400, field)
    assert len(sandbox.told) == 1


async def test_a_picture_is_shown_and_any_other_file_never_acts(client: Client) -> None:
    answer = await client.get("/sandbox/ready/pump")
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert Image.open(io.BytesIO(await answer.read())).size == (320, 240)
    answer = await client.get("/sandbox/files/staff/odd/0")
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for path in ("/sandbox/ready/cat", "/sandbox/files/staff/odd/1", "/sandbox/files/staff/odd/x"):
        assert (await client.get(path)).status == 404
