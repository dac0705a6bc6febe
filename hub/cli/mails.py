"""`centrala inspect mail`: what the e-mail channel makes of a mail, by the very code that the channel runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hub.cli import Late

if TYPE_CHECKING:
    from channels.email import describe, worker
else:
    describe = Late("channels.email.describe")
    worker = Late("channels.email.worker")

Describe = Callable[[bytes], dict[str, Any]]


def mail(*, batch: bool = False, authserv: str = "") -> None:
    """One raw message on standard input, one JSON object out. `batch`: paths on standard input, one a line, and a
    JSON line for each, in order; a file that cannot be read is a line {"path", "error"}. `authserv`: the mail server
    whose word on the sender is believed.
    """
    reader = worker.Worker()

    def described(raw: bytes) -> dict[str, Any]:
        return describe.describe(raw, reader.understand, authserv=authserv)

    try:
        if batch:
            _batch(described)
        else:
            _say(described(sys.stdin.buffer.read()))
    finally:
        reader.stop()


def _batch(described: Describe) -> None:
    for line in sys.stdin.buffer:
        path = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        if path:
            _say(_one(path, described))


def _one(path: str, described: Describe) -> dict[str, Any]:
    try:
        return described(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        return {"path": path.encode("utf-8", "replace").decode(), "error": said}


def _say(described: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(described) + b"\n")
    sys.stdout.buffer.flush()
