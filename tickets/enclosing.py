"""What an answer with files becomes: which messages carry what, and what is refused before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from channels import filenames, rendering
from channels.contract import Capabilities, File
from kernel import errors

MEGABYTE = 1000 * 1000
FILE_LIMIT = 10 * MEGABYTE  # bytes of one file
WHOLE_LIMIT = 20 * MEGABYTE  # of all files of an answer: with their encoding mail servers take no more
MOST = 10
Part = tuple[str, tuple[File, ...]]


class Enclosed(Struct, frozen=True):
    """The files of an answer. `account`: by which those are fetched that are not in the file store yet."""

    files: tuple[File, ...] = ()
    account: str = ""


NOTHING = Enclosed()


def check(files: Sequence[File], can: Capabilities) -> None:
    """Raises Invalid for files that the channel does not carry; nothing has happened then."""
    if not files:
        return
    if not can.files:
        raise errors.Invalid(
            "{label} carries no files. Nothing was sent. Answer by e-mail or Telegram: /via shows the ways.",
            code="no_files",
            label=can.label,
        )
    if len(files) > MOST:
        raise errors.Invalid(
            "These are {count} files; at most {most} go with one answer. Nothing was sent.", count=len(files), most=MOST
        )
    for file in files:
        name = filenames.cleaned(file.name)
        if file.size == 0:
            raise errors.Invalid("{name} is empty. Nothing was sent. Choose the file again.", name=name)
        if file.size is not None and file.size > FILE_LIMIT:
            raise errors.Invalid(
                "{name} has {size} MB; at most {most} MB go in one file. Nothing was sent. Send a smaller one, or a"
                " link to it.",
                code="too_large",
                name=name,
                size=f"{file.size / MEGABYTE:.1f}",
                most=FILE_LIMIT // MEGABYTE,
            )
    whole = sum(file.size or 0 for file in files)
    if whole > WHOLE_LIMIT:
        raise errors.Invalid(
            "The files have {size} MB together; at most {most} MB go with one answer. Nothing was sent. Send them with"
            " several answers.",
            code="too_large",
            size=f"{whole / MEGABYTE:.1f}",
            most=WHOLE_LIMIT // MEGABYTE,
        )


def parts(text: str, files: Sequence[File], can: Capabilities) -> list[Part]:
    """The messages of an answer, in order. A file that can carry the text does; else the text goes before."""
    texts = rendering.messages(text, can) if text else []
    if not files:
        return [(one, ()) for one in texts]
    last = texts[-1] if texts else ""
    if can.files >= len(files) and rendering.units(last) <= (can.caption_limit or can.text_limit):
        return [*((one, ()) for one in texts[:-1]), (last, tuple(files))]
    groups = [tuple(files[at : at + can.files]) for at in range(0, len(files), can.files)]
    return [*((one, ()) for one in texts), *(("", group) for group in groups)]
