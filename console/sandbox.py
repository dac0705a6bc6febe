"""The sandbox page of the demo: what it may ask of the simulated world, and its routes; the world is handed in."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, Protocol

import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from msgspec import Struct
from msgspec.structs import asdict
from pydantic import Field, StringConstraints

from console import frame, local, sandbox_files
from console.sandbox_files import Content, Enclosed, Ready

HEARTBEAT_S = 15.0
WEEK_MINUTES = 7 * 24 * 60
STREAMS = web.AppKey("sandbox_streams", set[asyncio.Timeout])

Change = dict[str, Any]


class Button(Struct, frozen=True):
    text: str
    data: str


class Offer(Struct, frozen=True):
    """Words that lie ready on a device: one press says them there."""

    text: str
    say: str


class Bubble(Struct, frozen=True):
    """One message on a device. `note` is a line of the chat itself, such as "Anna opened a topic"; `subject` is a
    mail's; `gloss` is what the text means, for a reader who has not learned its language."""

    id: str
    side: Literal["mine", "theirs", "note"]
    author: str
    text: str
    at: datetime
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to: str | None = None
    edited: bool = False
    thread: str | None = None
    status: str = ""
    subject: str = ""
    gloss: str = ""
    files: tuple[Enclosed, ...] = ()


class Person(Struct, frozen=True):
    id: str
    name: str


class Thread(Struct, frozen=True):
    id: str
    title: str
    closed: bool = False


class Device(Struct, frozen=True):
    """A phone or a chat window; with several people the page asks who is writing. `aside`: what is said to somebody
    whose words answer nothing there (no quote, no topic, no command); empty where they are as good as any.
    `pictures`: what may be sent from it."""

    id: str
    kind: Literal["phone", "chat"]
    title: str
    subtitle: str
    people: tuple[Person, ...]
    channel: str
    hint: str
    folded: bool = False
    bubbles: tuple[Bubble, ...] = ()
    threads: tuple[Thread, ...] = ()
    aside: str = ""
    offers: tuple[Offer, ...] = ()
    pictures: tuple[Ready, ...] = ()


class Happening(Struct, frozen=True):
    id: str
    at: datetime
    text: str
    link: str | None = None


class Step(Struct, frozen=True):
    """One line of the guide. The first one not done rings its target: the newest button whose data is it or goes on
    after it with a colon (on the first device that has one, unfolded ones first), `say:DEVICE` (an input),
    `reply:DEVICE:BUBBLE` (that bubble's Reply until it is quoted, then the input), `offer:DEVICE` (what lies ready
    there), or `clock:15`, `clock:60`, `clock:due`."""

    text: str
    done: bool
    target: str | None = None


class LedgerLine(Struct, frozen=True):
    """Somebody who was told, or was to be."""

    revision: str
    contact: str
    channel: str
    language: str
    state: str
    at: datetime
    text: str


class Ledger(Struct, frozen=True):
    """Who was told of the newest outage."""

    name: str
    about: str
    lines: tuple[LedgerLine, ...]


class Switch(Struct, frozen=True):
    """A trouble that can be made. `on` None: it happens once at each press."""

    id: str
    text: str
    on: bool | None


class Picture(Struct, frozen=True):
    """All that the page shows: happenings the newest first; times are shown in the zone of `now`."""

    devices: tuple[Device, ...]
    happenings: tuple[Happening, ...]
    now: datetime
    next_due: datetime | None
    ready: bool
    notice: str
    steps: tuple[Step, ...]
    ledger: Ledger | None = None
    switches: tuple[Switch, ...] = ()


class Sandbox(Protocol):
    """The simulated world behind the page; a method returns when its order is taken, the effects come as changes."""

    def picture(self) -> Picture: ...

    async def say(
        self,
        device: str,
        person: str,
        text: str,
        *,
        reply_to: str | None,
        thread: str | None,
        picture: str | None = None,
    ) -> None:
        """`picture`: one of the device's, sent with the text; the text may be empty then. Raises Invalid."""

    def ready(self, picture: str) -> Content | None:
        """A picture that lies ready."""

    def file(self, device: str, bubble: str, place: int) -> Content | None:
        """What hangs under a message; None for nothing, or what is not kept any more."""

    async def press(self, device: str, person: str, bubble: str, data: str) -> None: ...

    async def push_clock(self, minutes: int | None) -> None:
        """None: to the next due time."""

    async def turn(self, switch: str, on: bool) -> None:
        """Make a trouble, or end it. Raises Invalid for one that is not among the picture's."""

    def changes(self) -> AsyncIterator[Change]:
        """What changes from now on, one follower each call; it must subscribe before its first await."""


def bubble_change(device: str, bubble: Bubble) -> Change:
    """A new bubble, or the new state of a known id."""
    return {"kind": "bubble", "device": device, "bubble": asdict(bubble)}


def gone_change(device: str, bubble: str) -> Change:
    return {"kind": "bubble", "device": device, "gone": bubble}


def toast_change(device: str, text: str, *, loud: bool = False) -> Change:
    """Loud: stays until dismissed, as Telegram's alert does."""
    return {"kind": "toast", "device": device, "text": text, "loud": loud}


def clock_change(now: datetime, next_due: datetime | None) -> Change:
    return {"kind": "clock", "now": now, "next_due": next_due, "zone": now.tzname()}


def happening_change(happening: Happening) -> Change:
    return {"kind": "happening", "happening": asdict(happening)}


def steps_change(steps: tuple[Step, ...]) -> Change:
    return {"kind": "steps", "steps": [asdict(step) for step in steps]}


def ledger_change(ledger: Ledger) -> Change:
    return {"kind": "ledger", "ledger": asdict(ledger)}


def switches_change(switches: tuple[Switch, ...]) -> Change:
    return {"kind": "switches", "switches": [asdict(switch) for switch in switches]}


def ready_change(ready: bool, notice: str) -> Change:
    return {"kind": "ready", "ready": ready, "notice": notice}


def device_change(device: Device) -> Change:
    """A new device, or the whole new state of a known one (title, topics, folded, bubbles)."""
    return {"kind": "device", "device": asdict(device)}


class Say(local.Body):
    device: str
    person: str
    text: Annotated[str, StringConstraints(max_length=20_000)]
    reply_to: str | None = None
    thread: str | None = None
    picture: str | None = None


class Press(local.Body):
    device: str
    person: str
    bubble: str
    data: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Push(local.Body):
    minutes: Annotated[int, Field(ge=1, le=WEEK_MINUTES)] | None


class Turn(local.Body):
    switch: str
    on: bool


def mount(app: web.Application, sandbox: Sandbox, *, colleagues: Sequence[str] = ()) -> None:
    """Adds the page to the app; open event streams end when the app shuts down.

    `colleagues`: as whom buttons of the page open the console.
    """
    frame.setup(app)
    app[STREAMS] = set()
    app.on_shutdown.append(end_streams)
    app.add_routes(routes(sandbox, colleagues))


def routes(sandbox: Sandbox, colleagues: Sequence[str] = ()) -> list[web.RouteDef]:
    return [
        web.get("/sandbox", local.only_here(partial(show_page, sandbox, colleagues))),
        web.get("/sandbox/picture", local.only_here(partial(show_picture, sandbox))),
        web.get("/sandbox/events", local.only_here(partial(show_events, sandbox))),
        web.get("/sandbox/ready/{id}", local.only_here(partial(show_ready, sandbox))),
        web.get("/sandbox/files/{device}/{bubble}/{place:[0-9]{1,2}}", local.only_here(partial(show_file, sandbox))),
        web.post("/sandbox/say", local.only_here(partial(take_words, sandbox))),
        web.post("/sandbox/press", local.only_here(partial(take_press, sandbox))),
        web.post("/sandbox/clock", local.only_here(partial(take_push, sandbox))),
        web.post("/sandbox/switch", local.only_here(partial(take_turn, sandbox))),
    ]


async def show_page(sandbox: Sandbox, colleagues: Sequence[str], request: web.Request) -> web.Response:
    picture = sandbox.picture()
    channels = list(dict.fromkeys(device.channel for device in picture.devices))
    return frame.page(request, "sandbox.html", picture=picture, channels=channels, colleagues=colleagues)


async def show_picture(sandbox: Sandbox, request: web.Request) -> web.Response:
    picture = sandbox.picture()
    body = orjson.dumps({**asdict(picture), "zone": picture.now.tzname()}, default=asdict)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type="application/json", headers=headers)


async def show_ready(sandbox: Sandbox, request: web.Request) -> web.Response:
    return sandbox_files.answer(sandbox.ready(request.match_info["id"]))


async def show_file(sandbox: Sandbox, request: web.Request) -> web.Response:
    asked = request.match_info
    return sandbox_files.answer(sandbox.file(asked["device"], asked["bubble"], int(asked["place"])))


async def show_events(sandbox: Sandbox, request: web.Request) -> web.StreamResponse:
    changes = sandbox.changes()
    async with sse_response(request, ping_interval=HEARTBEAT_S) as response:
        try:
            with suppress(TimeoutError, ConnectionResetError, StopAsyncIteration):
                async with asyncio.timeout(None) as until:
                    with listed(until, request.app[STREAMS]):
                        await follow(changes, response)
        finally:
            if isinstance(changes, AsyncGenerator):
                await changes.aclose()
    return response


@contextmanager
def listed(stream: asyncio.Timeout, streams: set[asyncio.Timeout]) -> Iterator[None]:
    streams.add(stream)
    try:
        yield
    finally:
        streams.discard(stream)


async def follow(changes: AsyncIterator[Change], response: EventSourceResponse) -> None:
    """Says hello once the subscription stands: the page then reads the picture and misses nothing in between."""
    change, _ = await asyncio.gather(anext(changes), send(response, {"kind": "hello"}))
    await send(response, change)
    async for change in changes:
        await send(response, change)


async def send(response: EventSourceResponse, change: Change) -> None:
    await response.send(orjson.dumps(change, default=asdict).decode())


async def end_streams(app: web.Application) -> None:
    """A handler that waits for the next change would hold up the stop of the server, so its time runs out now."""
    now = asyncio.get_running_loop().time()
    for stream in app[STREAMS]:
        stream.reschedule(now)


async def take_words(sandbox: Sandbox, request: web.Request) -> web.Response:
    said = await local.read(request, Say)
    must_know(sandbox.picture(), said.device, said.person)
    must_say(sandbox.picture(), said)
    await sandbox.say(
        said.device, said.person, said.text, reply_to=said.reply_to, thread=said.thread, picture=said.picture
    )
    return web.Response(status=204)


async def take_press(sandbox: Sandbox, request: web.Request) -> web.Response:
    pressed = await local.read(request, Press)
    must_know(sandbox.picture(), pressed.device, pressed.person)
    await sandbox.press(pressed.device, pressed.person, pressed.bubble, pressed.data)
    return web.Response(status=204)


async def take_push(sandbox: Sandbox, request: web.Request) -> web.Response:
    await sandbox.push_clock((await local.read(request, Push)).minutes)
    return web.Response(status=204)


async def take_turn(sandbox: Sandbox, request: web.Request) -> web.Response:
    turned = await local.read(request, Turn)
    known = [switch.id for switch in sandbox.picture().switches]
    if turned.switch not in known:
        raise local.refuse([local.fault(("switch",), f"one of {known}", turned.switch)])
    await sandbox.turn(turned.switch, turned.on)
    return web.Response(status=204)


def must_know(picture: Picture, device_id: str, person_id: str) -> None:
    """Raises the 400 that names the device, or the person who cannot write on it."""
    device = next((device for device in picture.devices if device.id == device_id), None)
    if device is None:
        raise local.refuse([local.fault(("device",), f"one of {[device.id for device in picture.devices]}", device_id)])
    if person_id not in {person.id for person in device.people}:
        raise local.refuse([local.fault(("person",), f"one of {[person.id for person in device.people]}", person_id)])


def must_say(picture: Picture, said: Say) -> None:
    """Raises the 400 for a message of nothing, or with a picture that does not lie ready on the device."""
    known = [one.id for device in picture.devices if device.id == said.device for one in device.pictures]
    if said.picture is not None and said.picture not in known:
        raise local.refuse([local.fault(("picture",), f"one of {known}", said.picture)])
    if said.picture is None and not said.text.strip():
        raise local.refuse([local.fault(("text",), "1 to 20000 characters, not only spaces", said.text)])
