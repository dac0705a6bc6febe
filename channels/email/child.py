"""The inside of the worker process: reads a frame, understands the mail in it, answers with a frame, and so on."""

from __future__ import annotations

import resource
import signal
import sys
from typing import Any

import orjson
from msgspec.structs import asdict

from channels.email import content
from channels.email.body import Attached
from channels.email.bounce import Report
from channels.email.content import Content
from kernel import children

MEMORY = 384 * 1024 * 1024  # bytes of address space
ALONE_S = 5  # a child whose parent is gone ends by itself


def serve(memory: int) -> None:
    """Until the parent closes the pipe; `memory` is the most address space it may have, in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    content.understand(b"Content-Type: text/html\n\n<p>warm</p>")
    answers.write(children.READY)
    answers.flush()
    while (mime := children.frame(jobs)) is not None:
        signal.alarm(ALONE_S)
        children.say(answers, packed(_understood(mime)))
        signal.alarm(0)


def packed(found: Content) -> bytes:
    """As JSON: nothing that a hostile mail could make the parent run."""
    return orjson.dumps(found, default=asdict)


def unpacked(answer: bytes) -> Content:
    """Raises ValueError, TypeError or KeyError for what `packed` did not make."""
    found: dict[str, Any] = orjson.loads(answer)
    attachments = tuple(Attached(**one) for one in found.pop("attachments"))
    report = found.pop("report")
    if report is not None:
        report = Report(**report | {name: tuple(report[name]) for name in ("recipients", "message_ids")})
    return Content(**found, attachments=attachments, report=report)


def _understood(mime: bytes) -> Content:
    try:
        return content.understand(mime)
    except content.SLIPS as error:
        return Content(unreadable=f"the text could not be read ({type(error).__name__})")
