"""CEL's engine by itself, read when the first expression is.

The package `cel` imports its own command line along with it (prompt_toolkit, typer, pygments): a seventh
of the hub's start, for nothing. The engine is loaded from beside them; if a later release keeps it elsewhere,
the whole package does.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any


def compile(text: str) -> Any:
    """The program of an expression. Raises ValueError, with its place, for what is no CEL."""
    return _engine().compile(text)


def context(facts: Mapping[str, Any]) -> Any:
    """What a program is run with; functions may be added to it."""
    return _engine().Context(dict(facts))


@cache
def _engine() -> ModuleType:
    package = importlib.util.find_spec("cel")
    folders = package.submodule_search_locations if package else None
    found = importlib.machinery.PathFinder.find_spec("cel.cel", folders)
    if found is None or found.loader is None:
        return importlib.import_module("cel")
    engine = importlib.util.module_from_spec(found)
    found.loader.exec_module(engine)
    return engine
