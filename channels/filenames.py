"""What a file may be called here, whatever its sender called it. Pure."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 150  # characters; a file system takes 255 bytes
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,59}/[a-z0-9][a-z0-9!#$&^_.+-]{0,58}")
# Marks that turn the direction of writing: "gpj.exe" could be shown as "exe.jpg".
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
OTHER = "application/octet-stream"
_ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})  # shown in place; nothing else is


def cleaned(name: str, *, otherwise: str = "file") -> str:
    """The last part of the name on one line, without control characters, marks of direction and leading dots."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = "".join(char for char in name if char not in _TURNS and not unicodedata.category(char).startswith("C"))
    name = " ".join(name.split()).lstrip(". ").replace(":", "_")
    return _cut(name) or otherwise


def kind(content_type: str) -> str:
    """The content type in lower case and without parameters; of what is none, the one that says nothing."""
    bare = content_type.partition(";")[0].strip().lower()
    return _ALIASES.get(bare, bare) if _TYPE.fullmatch(bare) else OTHER


def _cut(name: str) -> str:
    """Cut before the ending, so that it still says what the file is."""
    if len(name) <= LIMIT:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:LIMIT]
    return f"{stem[: LIMIT - len(ending) - 1]}.{ending}"
