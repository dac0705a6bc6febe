"""Files as a page shows them: name, what it is, how large, a small picture, or why there is nothing to open. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from babel.units import format_unit
from msgspec import Struct

from channels import filenames
from channels.attachments import Held
from channels.models import FileState
from kernel import texts

KILOBYTE, MEGABYTE = 1000, 1000 * 1000
_WHY = {
    FileState.FETCHING: "not here yet",
    FileState.TOO_BIG: "too large: it was not taken in",
    FileState.FAILED: "it could not be fetched",
    FileState.REMOVED: "removed: kept for a while only",
}


class Shown(Struct, frozen=True):
    """A file under a message. `why`: where it cannot be opened; `width`, `height`: of its small picture, 0 for none."""

    id: int
    name: str
    kind: str
    size: str
    why: str
    width: int
    height: int


def shown(language: str, found: Mapping[int, Sequence[Held]]) -> dict[int, list[Shown]]:
    """The files of each message, in their order."""
    return {message_id: [_shown(language, one) for one in files] for message_id, files in found.items()}


def may_be_seen_in_place(held: Held) -> bool:
    """A picture that was decoded. Everything else is only handed out: a page or a drawing could act here."""
    return held.content_type in filenames.PICTURES and held.width > 0


def size(language: str, count: int | None) -> str:
    """So many bytes in words: 840 bytes, 12 kB, 1.4 MB."""
    if count is None:
        return ""
    locale = texts.locale(language)
    if count < KILOBYTE:
        return format_unit(count, "digital-byte", length="long", locale=locale)
    if count < MEGABYTE:
        return format_unit(round(count / KILOBYTE), "digital-kilobyte", length="short", locale=locale)
    return format_unit(round(count / MEGABYTE, 1), "digital-megabyte", length="short", locale=locale)


def _shown(language: str, held: Held) -> Shown:
    width, height = _within(held.width, held.height) if held.thumb else (0, 0)
    why = _WHY.get(held.state, "")
    return Shown(
        id=held.id,
        name=held.name,
        kind=_kind(held),
        size=size(language, held.size),
        why=texts.say(language, why) if why else "",
        width=width,
        height=height,
    )


def _kind(held: Held) -> str:
    """The ending of the name, else the second word of the type: PDF, JPEG."""
    ending = held.name.rpartition(".")[2] if "." in held.name else held.content_type.rpartition("/")[2]
    return ending.upper() if ending.isalnum() and len(ending) < 6 else ""


def _within(width: int, height: int, side: int = 160) -> tuple[int, int]:
    """How large a small picture is shown, so that the page does not jump when it comes."""
    scale = min(1.0, side / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))
