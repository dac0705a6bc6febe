"""The version, as the package's metadata has it."""

from __future__ import annotations

from importlib.metadata import version


def text() -> str:
    return f"centrala {version('centrala')}"
