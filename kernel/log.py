"""Structured logs: one JSON line an event, with ids and never an address, a text or a secret."""

from __future__ import annotations

import hashlib
import logging
import sys
import traceback
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import orjson

from kernel.structured import structlog

# Keys that could carry what must not be written; a test plants canaries and greps for them.
_HIDDEN = frozenset({"address", "text", "token", "secret", "password", "phone", "body", "url", "name"})
_ROOT = f"{Path(__file__).parent.parent}/"
_OURS = ("kernel", "channels", "crmcore", "tickets", "routing", "bot", "webhooks", "console", "hub")
_CLIENTS = ("hub/sqlite.py", "hub/postgres.py")  # of the store: what they raise was asked for above them


def get(name: str) -> Any:
    return structlog.get_logger(name)


def setup(stream: TextIO | None = None, *, level: str = "info") -> None:
    """Send structured lines to `stream` (standard error), and the errors of libraries through it too.

    Their warnings are left out: they repeat what our own lines say, in words that may quote anything.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_level(level)),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.ERROR, handlers=[_Foreign()], force=True)
    logging.getLogger("aiohttp.access").disabled = True


class _Foreign(logging.Handler):
    """What libraries log, as one of our lines: who and what kind, without their message, which may quote anything."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        get(record.name).error("library", logger=record.name, error=cause(error) if error else record.levelname)


def masked(address: str) -> str:
    """A stable short digest in an address's stead, so that two lines about one sender can be joined."""
    return hashlib.blake2s(address.encode("utf-8", "replace"), digest_size=4).hexdigest()


def cause(error: BaseException) -> str:
    """The kind and place of an error without its message, which may quote a customer's words or an address."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = _telling(frames)
    place = f" at {_short(frame.filename)}:{frame.lineno}" if frame else ""
    return f"{type(error).__name__}{place}"


def _telling(frames: Sequence[traceback.FrameSummary]) -> traceback.FrameSummary | None:
    """The deepest frame that tells faults apart: ours before a library's, the doer's before the kernel's.

    Every error of the store is raised by the driver, below kernel/rows and our clients: there all of them look alike.
    """
    ours = [frame for frame in frames if _package(frame) in _OURS]
    above = [frame for frame in ours if _package(frame) != "kernel" and _short(frame.filename) not in _CLIENTS]
    return next((found[-1] for found in (above, ours, frames) if found), None)


def _package(frame: traceback.FrameSummary) -> str:
    """The folder below ours that a frame's file lies in, "" if it lies elsewhere."""
    return frame.filename[len(_ROOT) :].split("/", 1)[0] if frame.filename.startswith(_ROOT) else ""


def _short(path: str) -> str:
    return "/".join(path.rsplit("/", 2)[-2:])


def _hide(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in _HIDDEN.intersection(event):
        event[key] = masked(str(event[key]))
    return event


def _dumps(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def _level(name: str) -> int:
    return {"debug": 10, "info": 20, "warning": 30, "error": 40}[name]
