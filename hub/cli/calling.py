"""How this program was called, so that a command it suggests works as printed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

STARTED_BY = "DEMO_STARTED_BY"  # the Makefile sets it


def spelled(*words: str) -> str:
    """One of our commands as the reader can type it where he stands: by make, by path, by module, or plain."""
    if words[0] == "demo" and os.environ.get(STARTED_BY) == "make":
        options = shlex.join(words[1:])
        return f"make demo ARGS={shlex.quote(options)}" if options else "make demo"
    return f"{_program()} {shlex.join(words)}"


def _program() -> str:
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{_shown(Path(sys.executable))} -m hub"
    found = shutil.which("centrala")
    if found is None or Path(found).resolve() != called.resolve():
        return _shown(called)
    return "centrala"


def _shown(path: Path) -> str:
    """Relative where that is enough."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - resolve() would follow a venv's links
    return shlex.quote(str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute))
