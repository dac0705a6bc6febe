"""Changing the settings file: single keys by their dotted names, with the operator's comments and order kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.container import Container
from tomlkit.items import Table


def write(path: Path, changes: Mapping[str, object]) -> None:
    """Set each dotted key of `changes` in the file at `path`; all of it or nothing, for whoever reads meanwhile.

    Raises OSError if the file cannot be read or its folder not written, ValueError if it is no TOML.
    """
    document = tomlkit.parse(path.read_text("utf-8"))
    for key, value in changes.items():
        *tables, last = key.split(".")
        place: Container | Table = document
        for name in tables:
            found = place.setdefault(name, tomlkit.table())
            if not isinstance(found, (Container, Table)):
                raise ValueError(f"{key}: {name} is no table")
            place = found
        place[last] = value
    _replace(path, tomlkit.dumps(document))


def _replace(path: Path, text: str) -> None:
    """A file beside it first: it may hold secrets, so it gets the same rights before it gets its words."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            shutil.copymode(path, beside)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path.resolve())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
