"""`centrala run`: the hub in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import gc
import importlib
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from channels.errors import CannotListen
from hub import notify
from hub.cli import Late, options

if TYPE_CHECKING:
    from hub import app as hubs
    from hub import database, environment
    from hub import settings as files
    from hub.settings import Settings
    from hub.setup import page as setting_up
    from hub.setup import starting
    from hub.setup.page import Page
    from kernel import errors, log, loops
    from kernel.errors import TryLater
else:
    database = Late("hub.database")
    environment = Late("hub.environment")
    errors = Late("kernel.errors")
    files = Late("hub.settings")
    hubs = Late("hub.app")
    log = Late("kernel.log")
    loops = Late("kernel.loops")
    setting_up = Late("hub.setup.page")
    starting = Late("hub.setup.starting")

app = options.application()
QUIET = "Quiet mode: everything comes in, nothing leaves except to staff. To end it: centrala go-live"


@app.command()
def run(config: options.Config = None) -> None:
    """Run the hub. SIGTERM and Ctrl-C stop it within 5 seconds, everything taken in kept.

    Without a settings file, a channel or a colleague it shows an address at which it is set up in the browser.
    """
    importlib.import_module("kernel.models")  # before anything else asks for Tortoise: see there
    gc.disable()  # what is imported now stays: the collector would walk all of it, time and again
    path = config or options.DEFAULT_CONFIG
    is_there = path.exists() or (config is None and environment.is_set())
    settings = options.settings(config) if is_there else files.check({}, base=path.parent)
    log.setup()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        refused = runner.run(_serve(settings, path))
    if isinstance(refused, errors.TryLater):
        print(f"centrala: {refused}.", file=sys.stderr)
        sys.exit(options.NO_STORE)
    if refused is not None:
        for line in told(refused):
            print(line, file=sys.stderr)
        sys.exit(options.REFUSED)


def told(error: CannotListen) -> list[str]:
    """What an operator reads: the setting that cannot be had, and what to do about it."""
    first = f"centrala: cannot listen on {error.value} ({error.setting}): {error.why}."
    if error.setting.endswith("certificate"):
        return [
            first.replace("listen on", "use"),
            f"{error.setting} and its key: two PEM files that this user may read.",
        ]
    if error.errno in (errno.EACCES, errno.EPERM):
        return [first, f"Ports below 1024 are for privileged users: set {error.setting} to a higher one."]
    if error.errno == errno.EADDRINUSE:
        return [first, f"Stop what listens there (another hub, a demo?), or set {error.setting} to a free one."]
    host = error.setting.replace("web.port", "web.host")
    return [first, f"Set {host} to an address that this machine has, 127.0.0.1 or 0.0.0.0 for all of them."]


async def _serve(settings: Settings, path: Path) -> CannotListen | TryLater | None:
    """Run until told to stop, anew each time setting up has changed the file. Returns what kept the hub from it."""
    running = _Running(settings, path)
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, running.end)
    try:
        await running.prepare()
        while not running.is_ending:
            await running.one()
    except (CannotListen, errors.TryLater) as error:
        return error
    finally:
        notify.tell(notify.STOPPING)
        await running.close()
    return None


class _Running:
    """One hub after the other in this process; while it is set up they share one socket, so that nobody is refused."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self.is_ending = False
        self._settings = settings
        self._path = path
        self._woken = asyncio.Event()
        self._page: Page | None = None
        self._bound: socket.socket | None = None
        self._told = 0  # the port that was told

    async def prepare(self) -> None:
        is_needed = await starting.is_needed(self._settings)
        self._page = setting_up.Page(self._path, self._woken.set, is_open=is_needed)
        if is_needed or starting.is_one_place(self._settings):
            self._bound = starting.bind(self._settings)

    def end(self) -> None:
        self.is_ending = True
        self._woken.set()

    async def one(self) -> None:
        """A hub from its start to its stop; the next has what the file says then.

        Raises CannotListen; TryLater where the database belongs to a later version.
        """
        hub = hubs.App(self._settings)
        if self._page is not None:
            self._page.meet(hub)
        gc.collect()  # what the imports have left behind: a megabyte, once
        try:
            await hub.start(bound=self._bound.dup() if self._bound else None)
        except CannotListen:
            await hub.stop()
            raise
        self._tell(hub.port)
        gc.freeze()  # what start made lives as long as the hub; the collector need not walk it again
        gc.enable()
        notify.tell(notify.READY)
        done = await _first(self._woken, hub.refused)
        await hub.stop()
        gc.unfreeze()
        if done is hub.refused:
            raise errors.TryLater(database.NEWER)
        if not self.is_ending:
            self._woken.clear()
            self._take_up()

    async def close(self) -> None:
        if self._page is not None:
            await self._page.close()
        if self._bound is not None:
            self._bound.close()

    def _tell(self, port: int) -> None:
        if port == self._told:
            return
        self._told = port
        print(f"Centrala listens on http://{self._settings.web.host}:{port}", flush=True)
        if self._settings.quiet:
            print(QUIET, flush=True)
        if self._page is not None and self._page.door.is_open:
            print(f"Set up at {starting.link(self._settings, port, self._page.door.token)}", flush=True)

    def _take_up(self) -> None:
        """The settings as they are now; the ones before where the file has been spoiled meanwhile."""
        try:
            found = files.load(self._path)
        except errors.Invalid as error:
            log.get(__name__).error("setup.not_taken_up", fields=[one.field for one in error.problems])
            return
        if self._bound is not None and not starting.is_same_place(found, self._settings):
            self._bound.close()
            self._bound = starting.bind(found)
        self._settings = found


async def _first(*events: asyncio.Event) -> asyncio.Event:
    """Wait for any of `events`."""
    waiting = [loops.spawn(event.wait(), name="signal") for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        await loops.cancel(task)
    return next(event for event in events if event.is_set())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed (the extra `fast`), asyncio's own loop otherwise."""
    try:
        found = importlib.import_module("uvloop")
    except ImportError:
        return None
    make: Callable[[], asyncio.AbstractEventLoop] = found.new_event_loop
    return make
