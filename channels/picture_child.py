"""The inside of the process that looks at pictures: what strangers sent is decoded here and nowhere else."""

from __future__ import annotations

import io
import resource
import signal
import struct
import sys

from PIL import Image, ImageOps

from kernel import children

SIZES = struct.Struct(">II")
NONE = SIZES.pack(0, 0)
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
PIXELS = 50_000_000  # a larger picture is not decoded: 200 MB as RGBA
ORIENTATION, TURNED = 0x0112, (5, 6, 7, 8)  # EXIF: the picture lies on its side
SIDE = 320  # of a small picture, in pixels
ALONE_S = 30  # a child whose parent is gone ends by itself


def serve(memory: int) -> None:
    """Until the parent closes the pipe; `memory` is the most address space it may have, in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    answers.write(children.READY)
    answers.flush()
    while (picture := children.frame(questions)) is not None:
        signal.alarm(ALONE_S)
        children.say(answers, small(picture))
        signal.alarm(0)


def small(picture: bytes) -> bytes:
    """Width and height of the picture and a small one as PNG; NONE for what is no picture of ours, or too large."""
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as opened:
            width, height = opened.size
            if not 0 < width * height <= PIXELS:
                return NONE
            opened.draft("RGB", (SIDE * 2, SIDE * 2))
            if opened.getexif().get(ORIENTATION, 1) in TURNED:
                width, height = height, width
            drawn = ImageOps.exif_transpose(opened)
            drawn.thumbnail((SIDE, SIDE))
            out = io.BytesIO()
            # pixels only: what else the file says (place, camera, colour profile) stays behind
            drawn.convert("RGBA" if drawn.mode in ("RGBA", "LA", "PA", "P") else "RGB").save(out, "PNG")
    except Exception:  # whatever a decoder trips over in what a stranger made: there is no small picture
        return NONE
    return SIZES.pack(width, height) + out.getvalue()
