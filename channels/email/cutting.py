"""A file of a mail out of the mail as it is stored: where it stands there, and its bytes without their encoding."""

from __future__ import annotations

from channels.contract import File, Raw
from channels.email import mime, origin, transfer
from channels.email.body import Attached


def to_file(found: Attached) -> File:
    """The file as the hub knows it; its reference says where in the mail it stands."""
    reference = f"{found.start} {found.end} {found.encoding}"
    return File(found.shown, found.content_type, found.size, reference, in_place=found.in_place)


def cut(raw: Raw, file: File) -> bytes:
    """The bytes of a file that `to_file` has named. Raises ValueError for a reference of another mail."""
    _, stored = origin.opened(raw.body)
    start, end, encoding = file.reference.split(" ", 2)
    whole = mime.lined(stored)
    if not 0 <= int(start) <= int(end) <= len(whole):
        raise ValueError("the mail is shorter than that")
    return transfer.decoded(whole[int(start) : int(end)], encoding)
