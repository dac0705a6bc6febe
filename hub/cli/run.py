"""`centrala run`: the hub in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import gc
import importlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from channels.errors import CannotListen
from hub.cli import Late, options

if TYPE_CHECKING:
    from hub import app as hubs
    from hub.settings import Settings
    from kernel import log
else:
    hubs = Late("hub.app")
    log = Late("kernel.log")

app = options.application()


@app.command()
def run(config: options.Config = None) -> None:
    """Run the hub. SIGTERM and Ctrl-C stop it within 5 seconds, everything taken in kept."""
    settings = options.settings(config)
    log.setup()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        refused = runner.run(_serve(settings, options.file(config)))
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


async def _serve(settings: Settings, file: Path | None) -> CannotListen | None:
    """Run until told to stop. Returns what kept the hub from listening."""
    hub = hubs.App(settings, file=file)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    try:
        await hub.start()
    except CannotListen as error:
        await hub.stop()
        return error
    print(f"Centrala listens on http://{settings.web.host}:{hub.port}", flush=True)
    gc.freeze()  # what start made lives as long as the process; the collector need not walk it again
    await stopped.wait()
    await hub.stop()
    return None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed (the extra `fast`), asyncio's own loop otherwise."""
    try:
        found = importlib.import_module("uvloop")
    except ImportError:
        return None
    make: Callable[[], asyncio.AbstractEventLoop] = found.new_event_loop
    return make
