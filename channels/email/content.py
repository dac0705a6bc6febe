"""What stands below the headers, understood in one go: words, new words, files, and whether it reports a failure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from channels.email import body, bounce, headers, marks, mime, phrases, quote
from channels.email.body import Attached
from channels.email.bounce import Report

SIZE_LIMIT = 25 * 1024 * 1024  # bytes of a mail that is taken in
SLIPS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    MemoryError,
)  # what a library may trip over in hostile input: the mail is then unreadable, and the hub goes on
Understand = Callable[[bytes], "Content"]


class Content(Struct, frozen=True):
    """`reply` is the newly written part of `text`, or all of it where none can be told apart.

    `unreadable` says why nothing of this is known.
    """

    text: str = ""
    reply: str = ""
    html_present: bool = False
    attachments: tuple[Attached, ...] = ()
    report: Report | None = None
    unreadable: str = ""


def understand(raw: bytes) -> Content:
    """Everything below the headers of a mail. Pure; may be slow for what is large, so see `worker`."""
    root = mime.read(raw)
    head = headers.head_of(root.message)
    found = body.read(root)
    lines = found.lines()
    text = body.shown(lines)
    return Content(
        text=text,
        reply=_new_words(found, lines, phrases.is_forward(body.subject_of(head))) or text,
        html_present=found.html_present,
        attachments=tuple(found.attachments),
        report=bounce.read(head, root, text),
    )


def _new_words(found: body.Body, lines: list[str], is_forward: bool) -> str:
    """From the plain text; where that shows no quote, from HTML, whose quotes carry names in any language."""
    words = quote.newly(lines, is_forward=is_forward)
    whole = marks.readable(marks.condensed(lines))
    if not is_forward and found.html_present and words == whole:
        from_html = quote.newly(found.html_lines())
        if from_html and len(from_html) < len(words):
            return from_html
    return words


def refusal(raw: bytes) -> str:
    """Why a mail is turned away before anything of it is read; "" if it is not."""
    if len(raw) > SIZE_LIMIT:
        return f"larger than {SIZE_LIMIT // (1024 * 1024)} MiB"
    if not raw.strip():
        return "empty: no header and no text"
    return ""
