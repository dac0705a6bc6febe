"""The inside of the process that draws charts: a Vega-Lite specification comes in, a PNG goes out.

The library brings a whole JavaScript engine, some 90 MB, which is gone with the process. Specifications are our own;
what they could fetch is shut all the same.
"""

from __future__ import annotations

import signal
import sys

import vl_convert

from kernel import children

ALONE_S = 60  # a child whose parent is gone ends by itself
SCALE = 2.0  # for screens with many pixels


def serve() -> None:
    """Until the parent closes the pipe. What cannot be drawn is answered with nothing."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    answers.write(children.READY)
    answers.flush()
    while (specification := children.frame(questions)) is not None:
        signal.alarm(ALONE_S)
        children.say(answers, drawn(specification.decode()))
        signal.alarm(0)


def drawn(specification: str) -> bytes:
    """The chart as PNG; b"" where the specification is none."""
    try:
        return bytes(vl_convert.vegalite_to_png(specification, scale=SCALE, allowed_base_urls=[]))
    except ValueError:
        return b""
