"""A process that has imported the hub and forks one child for each command: a command line without its start.

Run as `python -m tests.support.forking SOCKET [MODULE …]`. Who connects sends its standard streams and what to run in
which folder and environment; it is sent the child's process id, and how the child ended. What is imported here is what
all commands share, and the modules that are named; each command's own is imported in its child, as it is in life.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

LOOK_S = 2.0
# Imported for their weight. Not the modules of hub.cli, and no client library of a channel: these come late.
SHARED = ("hub.app", "hub.cli.options", "hub.cli.printing")


def main() -> None:
    """Serve until killed. A child returns from `_serve` and runs its command."""
    path, *more = sys.argv[1:]
    for name in (*SHARED, *more):
        importlib.import_module(name)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{path}.new")
    listening.listen(64)
    Path(f"{path}.new").rename(path)  # who finds it is answered
    gc.freeze()  # the children look at none of it, and so share it
    _serve(listening)
    os._exit(_run())


def _run() -> int:
    """The command, to the end of its threads and of what it wrote; only the memory is left as it is."""
    code: object = 0
    try:
        importlib.import_module("hub.cli").main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _serve(listening: socket.socket) -> None:
    """Fork for whoever connects. Returns in the child only."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getppid()
    listening.settimeout(LOOK_S)
    while True:
        try:
            asking, _ = listening.accept()
        except TimeoutError:
            if os.getppid() != parent:  # the tests were killed
                os._exit(0)
            continue
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            if _answered(asking):
                return
            os._exit(0)
        asking.close()


def _answered(asking: socket.socket) -> bool:
    """True in the child that is to run the command; False in its parent, which has told how the child ended."""
    given, streams, _, _ = socket.recv_fds(asking, 1 << 20, 3)
    while not given.endswith(b"\n"):
        given += asking.recv(1 << 20)
    words = json.loads(given)
    child = os.fork()
    if child == 0:
        asking.close()
        _become(streams, **words)
        return True
    for stream in streams:
        os.close(stream)
    asking.sendall(b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    asking.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    return False


def _become(
    streams: list[int],
    words: list[str],
    folder: str,
    environment: dict[str, str],
    leads: bool = False,
    constants: dict[str, float] | None = None,
) -> None:
    """This process is that command from now on. `leads`: in a session of its own; `constants`: module.NAME → value."""
    if leads:
        os.setsid()
    for place, value in (constants or {}).items():
        module, _, name = place.rpartition(".")
        assert hasattr(importlib.import_module(module), name), place
        setattr(importlib.import_module(module), name, value)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    ids: Any = importlib.import_module("kernel.ids")
    ids.new = ids.Mint()  # drawn once a process
    sys.argv = words
    sys.path[:1] = [folder]  # as `python -m` has it


if __name__ == "__main__":
    main()
