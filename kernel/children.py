"""A child process that does one dangerous thing: questions and answers as frames on pipes, each with a deadline.

What cannot be stopped from within (a library that never gives the processor back, a stack or memory that runs out)
is done in there: the hub only loses the child.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import BinaryIO

LENGTH = struct.Struct(">I")
READY = b"r"
PIECE = 1 << 20  # bytes read or written at once


class Gone(Exception):
    """The child ended."""


class Child:
    """A process with a pipe each way. Blocks its caller: ask it from a thread."""

    def __init__(self, code: str, arguments: Sequence[str] = ()) -> None:
        """`code`: Python that says READY when it can be asked, then answers each frame with one (see `frame`, `say`).

        Raises OSError if no process can be started.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._out, self._in = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)
        self._is_ready = False

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self, seconds: float) -> None:
        """Raises TimeoutError, or Gone if the child ends."""
        if not self._is_ready:
            self._read(len(READY), time.monotonic() + seconds)
            self._is_ready = True

    def ask(self, question: bytes, seconds: float) -> bytes:
        """The answer to one frame. Raises TimeoutError after `seconds`, and Gone if the child ends."""
        until = time.monotonic() + seconds
        self._write(LENGTH.pack(len(question)) + question, until)
        return self._read(LENGTH.unpack(self._read(LENGTH.size, until))[0], until)

    def ended(self) -> int:
        """How it ended, after Gone: its exit status, or the negative number of the signal."""
        return self._process.wait()

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _write(self, frame: bytes, until: float) -> None:
        rest = memoryview(frame)
        while rest:
            _wait(self._out, selectors.EVENT_WRITE, until)
            try:
                rest = rest[os.write(self._out, rest[:PIECE]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Gone from error

    def _read(self, size: int, until: float) -> bytes:
        found = bytearray()
        while len(found) < size:
            _wait(self._in, selectors.EVENT_READ, until)
            piece = os.read(self._in, min(size - len(found), PIECE))
            if not piece:
                raise Gone
            found += piece
        return bytes(found)


def frame(questions: BinaryIO) -> bytes | None:
    """In the child: the next question; None when the parent has closed the pipe."""
    length = questions.read(LENGTH.size)
    if len(length) < LENGTH.size:
        return None
    return questions.read(LENGTH.unpack(length)[0])


def say(answers: BinaryIO, answer: bytes) -> None:
    """In the child: one answer."""
    answers.write(LENGTH.pack(len(answer)) + answer)
    answers.flush()


def _wait(pipe: int, event: int, until: float) -> None:
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, event)
        if not ready.select(max(0.0, until - time.monotonic())):
            raise TimeoutError
