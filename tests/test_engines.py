"""The second engine's run really asks for the tests that use a database: it once ran one test and was green."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_mark_of_the_second_engine_finds_the_tests_that_use_a_database() -> None:
    """`make postgres` runs `-m "database and not torture"`."""
    words = [sys.executable, "-m", "pytest", "-q", "--co", "-p", "no:cacheprovider", "tests/channels/test_outbox.py"]
    every = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    marked = subprocess.run(
        [*words, "-m", "database and not torture"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(every.stdout.split(":")[-1]) == int(marked.stdout.split(":")[-1]) > 10
