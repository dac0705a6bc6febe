"""A thread that works for seconds gives way at its next import, and never takes the ending process with it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from kernel import loops, threads

# Rust calls Python, which imports for five seconds: killed in there, the interpreter would abort ("not rethrown").
ENDS_MEANWHILE = """
import asyncio, importlib, sys, threading
from pydantic import PlainValidator, TypeAdapter
from typing import Annotated
from kernel import loops, threads

sys.path.insert(0, sys.argv[1])
begun = threading.Event()

def slow(value):
    begun.set()
    for number in range(100):
        importlib.import_module(f"part{number}")

def load():
    with threads.leavable():
        TypeAdapter(Annotated[int, PlainValidator(slow)]).validate_python(1)

async def main():
    task = asyncio.create_task(threads.run(load, name="load"))
    await asyncio.to_thread(begun.wait, 5)
    await loops.cancel(task)

asyncio.run(main())
"""


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A hundred modules, of which each takes 50 ms to import, and asks for the interpreter all the while."""
    for number in range(100):
        (tmp_path / f"part{number}.py").write_text("import time\nfor _ in range(100):\n    time.sleep(0.0005)\n")
    return tmp_path


def test_a_process_ends_well_while_a_thread_imports(parts: Path) -> None:
    """M-1: SIGTERM while a channel's library is being loaded is a clean stop."""
    done = subprocess.run(
        [sys.executable, "-c", ENDS_MEANWHILE, str(parts)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


async def test_an_import_nobody_waits_for_ends_at_its_next_module(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(parts))
    began, left = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def load() -> None:
        loop.call_soon_threadsafe(began.set)
        try:
            with threads.leavable():
                for number in range(100):
                    try:
                        __import__(f"part{number}")
                    except Exception:  # as a library does that can do without one
                        continue
        except threads.Left:
            loop.call_soon_threadsafe(left.set)

    task = asyncio.create_task(threads.run(load, name="load"))
    await asyncio.wait_for(began.wait(), 5)
    await loops.cancel(task)
    await asyncio.wait_for(left.wait(), 3)
    assert "part99" not in sys.modules


async def test_an_import_somebody_waits_for_is_left_alone(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(parts))

    def load() -> None:
        with threads.leavable():
            __import__("part42")

    before = list(sys.meta_path)
    await threads.run(load, name="load")
    assert "part42" in sys.modules and sys.meta_path == before
