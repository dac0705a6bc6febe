"""A hundred thousand companies from a file: brought in as CSV and as XLSX, and once more when nothing has changed."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.children import Broken
from bench.figures import Figure, tell
from crmcore.exchange import sinks

LINES = 100_000
GOAL_S = 60
HEADING = ("external id", "name", "country", "city", "street", "postcode", "phone", "e-mail", "area", "language")


def measure() -> list[Figure]:
    return [figure for form in ("csv", "xlsx") for figure in _figures(form)]


def _figures(form: str) -> list[Figure]:
    tell(f"exchange: {LINES:,} companies as {form.upper()}")
    with TemporaryDirectory(prefix="centrala-bench-") as name:
        folder = Path(name)
        (folder / "centrala.toml").write_text(f'[database]\nurl = "sqlite://{folder / "centrala.db"}"\n')
        file = _write(folder / f"firms.{form}")
        _run(folder, "migrate")
        created_s, created_cpu_s = _timed(folder, file, f"{LINES} created")
        again_s, again_cpu_s = _timed(folder, file, f"{LINES} unchanged")
    return [
        Figure(
            "exchange",
            f"{LINES:,} created, {form}",
            created_s,
            "s",
            GOAL_S,
            at_most=True,
            note=_pace(created_s, created_cpu_s),
        ),
        Figure(
            "exchange", f"the same again, {form}", again_s, "s", GOAL_S, at_most=True, note=_pace(again_s, again_cpu_s)
        ),
    ]


def _write(file: Path) -> Path:
    rows: Iterator[Sequence[str]] = (_row(place) for place in range(-1, LINES))
    if file.suffix == ".xlsx":
        with file.open("wb") as out:
            sinks.to_xlsx(out, rows, "firms")
        return file
    with file.open("w", newline="") as text:
        sinks.to_csv(text, rows)
    return file


def _row(place: int) -> Sequence[str]:
    """The heading before the first."""
    if place < 0:
        return HEADING
    mail, phone = f"office{place}@firm{place}.example", f"+48601{place:06}"
    return (
        f"K{place:06}",
        f"Firma {place} Sp. z o.o.",
        "PL",
        "Gdynia",
        f"Morska {place}",
        "81-222",
        phone,
        mail,
        "pl",
        "pl",
    )


def _timed(folder: Path, file: Path, said: str) -> tuple[float, float]:
    """Seconds by the clock, and of CPU."""
    began, before = time.monotonic(), _cpu()
    out = _run(folder, "companies", "import", str(file))
    if said not in out:
        raise Broken(out[-2000:])
    return time.monotonic() - began, _cpu() - before


def _run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words], cwd=folder, capture_output=True, text=True, timeout=900
    )
    if done.returncode:
        raise Broken((done.stdout + done.stderr)[-2000:])
    return done.stdout


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pace(seconds: float, cpu_s: float) -> str:
    return f"{LINES / seconds:,.0f} lines a second, {cpu_s:.0f} s of CPU"
