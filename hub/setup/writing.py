"""Writes single settings into the settings file; what a person wrote there beside them stays as it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import tomlkit


def write(path: Path, changes: Mapping[str, object]) -> None:
    """Set `changes` (dotted key → value) in the file at `path`, replaced as a whole.

    Raises OSError if it cannot be read or written, ValueError if it is no TOML.
    """
    document = tomlkit.parse(path.read_text("utf-8"))
    for dotted, value in changes.items():
        *tables, key = dotted.split(".")
        place: dict[str, object] = document
        for name in tables:
            place = place.setdefault(name, tomlkit.table())  # type: ignore[assignment]
        place[key] = value
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
