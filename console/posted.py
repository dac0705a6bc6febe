"""What a browser has sent, before any page looks at it: a form that can be read, and words that can be kept."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web
from aiohttp.web_request import FileField

from console import frame, uploads
from kernel import errors, texts

NUL = "\x00"  # PostgreSQL keeps no text that holds one
FILES = "files"  # the one field that may carry any


async def form(request: web.Request, *, files: bool = False) -> None:
    """Read the form once, whole; pages find it in `request.post()`. `files`: it may carry some.

    Raises Invalid for what no page of ours sends: no form, a file where words go, a character that cannot be kept.
    """
    try:
        sent = await request.post()
    except (ValueError, LookupError, AssertionError) as error:  # cut short, or in letters that nobody knows
        raise incomplete(request) from error
    misplaced = [one for name, one in sent.items() if isinstance(one, FileField) and not (files and name == FILES)]
    if misplaced:
        uploads.dropped(sent.values())
        raise incomplete(request)
    must_be_kept((name, value) for name, value in sent.items() if isinstance(value, str))


def must_be_kept(given: Iterable[tuple[str, str]]) -> None:
    """Raises Invalid that names the field, for words with a character that no text may hold."""
    for name, value in given:
        if NUL in name or NUL in value:
            raise errors.Invalid(
                "{field} holds a character that cannot be kept (U+0000)."
                " Go back, take it out or type the words anew, and send them again. Nothing was done.",
                field=name.replace(NUL, "")[:40],
            )


def incomplete(request: web.Request) -> errors.Invalid:
    """The refusal of a form that lacks what our pages put into it."""
    said = texts.say(frame.language(request), "This form is not complete. Load the page again. Nothing was done.")
    return errors.Invalid(said, language=frame.language(request))
