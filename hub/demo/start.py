"""Starting the demo: data folder, far sides, the hub, the page; and stopping it all in order."""

from __future__ import annotations

import asyncio
import signal
import socket
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from aiohttp import web

from console import sandbox
from console.pages import demo as way_in
from crmcore import staff
from hub import database
from hub.app import App
from hub.demo import configuration, devices, folder, memory, seed, telegram_phones
from hub.demo import people as cast
from hub.demo.far_sides import FarSides
from hub.demo.stage import Stage
from hub.demo.switches import Switches
from kernel.clock import Clock
from kernel.errors import Conflict
from kernel.loops import Loop

HOST = "127.0.0.1"
BACKLOG = 128
PORT_TAKEN = "port"  # code of the refusal
SAVE_EVERY_S = 2.0
UNFOLDED = frozenset({"anna", telegram_phones.DESK})

Welcome = Callable[[str], None]


async def play(*, port: int, data: Path, fresh: bool, opens_browser: bool, welcome: Welcome) -> None:
    """Run the demo until it is told to stop; `welcome` gets the page's address once it answers.

    Raises Conflict for data that is not its own, in use or spoiled (hub.demo.folder, memory) and for a port it cannot
    have (PORT_TAKEN), Invalid as settings do. Nothing is removed until both folder and port are ours.
    """
    with folder.held(data) as ours, closing(bind(port)) as bound:
        address = f"http://{HOST}:{bound.getsockname()[1]}/sandbox"
        ours.name(address)
        if fresh:
            ours.empty()

        async def greet() -> None:
            welcome(address)
            if opens_browser:
                await asyncio.to_thread(webbrowser.open, address)

        await run(data, bound, greet)


def bind(port: int) -> socket.socket:
    """A socket that listens on this machine only; from now on nobody else gets the port. Raises Conflict."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the port of a demo that has just ended is free
    try:
        bound.bind((HOST, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise Conflict(f"port {port}: {error.strerror or error}", code=PORT_TAKEN) from error
    return bound


async def run(data: Path, bound: socket.socket, greet: Callable[[], Awaitable[None]]) -> None:
    """The hub and everything around it, on a folder and a socket that are ours, until SIGINT, SIGTERM or SIGHUP."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the last: the terminal was closed
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    clock = Clock()
    far = FarSides(clock)
    people = cast.gather(far.telegram)
    memory.recall(data, far, clock)
    address = f"http://{HOST}:{bound.getsockname()[1]}"
    await far.start(address)
    zone = local_zone()
    app = App(configuration.settings(data, far, hub=address, zone=str(zone)), clock=clock)
    app.house.public_url = address  # links that customers are sent lead here
    await database.migrate(app.settings.database.url)
    stage = Stage(app, devices.laid(far, people), UNFOLDED, zone, Switches(far, people))
    saving = Loop("demo.save", lambda: memory.save(data, far, clock), idle_s=SAVE_EVERY_S)
    try:
        await app.start(lambda server: _mount(server, stage, app), bound=bound)
        far.meet(app)
        await greet()
        await cast.hire(app.store, people, str(zone))
        await seed.sow(app.store)
        stage.start()
        saving.start()
        await stopped.wait()
    finally:
        await stage.stop()
        await saving.stop()
        await app.stop()
        await memory.save(data, far, clock)
        await far.stop()


def _mount(server: web.Application, stage: Stage, app: App) -> None:
    """The sandbox, and its buttons that open the console as one of the colleagues."""

    async def find(name: str) -> int:
        return (await staff.named(app.store.reading(), name)).id

    sandbox.mount(server, stage, colleagues=cast.COLLEAGUES)
    way_in.mount(server, cast.COLLEAGUES, find)


def local_zone() -> ZoneInfo:
    """This machine's zone; UTC where it has none."""
    try:
        return ZoneInfo(tzlocal.get_localzone_name())
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
