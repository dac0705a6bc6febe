"""Small pictures of pictures, made in a child process with a bound on pixels, memory and time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from kernel.children import Child, Gone

START_S = 20.0
DEADLINE_S = 10.0
MEMORY = 768 * 1024 * 1024  # bytes of address space: the largest picture twice, and the interpreter
SIZE_BYTES = 8  # of width and height, before the small picture
_ROOT = Path(__file__).parent.parent
_START = """
import sys
sys.path.insert(0, sys.argv[1])
from channels import picture_child
picture_child.serve(int(sys.argv[2]))
"""


class Small(Struct, frozen=True):
    """What a picture measures in pixels, and a small one as PNG; 0, 0 and b"" where none can be made."""

    width: int = 0
    height: int = 0
    png: bytes = b""


def small(pictures: Sequence[bytes]) -> list[Small]:
    """One for each. Blocks: call it in a thread. One that kills its process or takes 10 s has none.

    Raises OSError if no process can be started, and TimeoutError if one does not begin.
    """
    child: Child | None = None
    found = []
    try:
        for picture in pictures:
            child = child or Child(_START, (str(_ROOT), str(MEMORY)))
            try:
                child.wait_ready(START_S)
            except Gone as error:
                raise OSError("the process that looks at pictures does not start") from error
            try:
                found.append(_read(child.ask(picture, DEADLINE_S)))
            except (TimeoutError, Gone):
                found.append(Small())
                child.kill()
                child = None
    finally:
        if child is not None:
            child.kill()
    return found


def _read(answer: bytes) -> Small:
    width, height = int.from_bytes(answer[:4], "big"), int.from_bytes(answer[4:SIZE_BYTES], "big")
    return Small(width, height, answer[SIZE_BYTES:])
