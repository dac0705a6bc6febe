"""axe-core, which looks for faults that keep people out of a page; npm fetches it into a cache of the user's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from filelock import FileLock
from playwright.async_api import Page

VERSION = "4.14.1"
PATIENCE_S = 120
SERIOUS = ("serious", "critical")
RUN = """async () => {
  document.querySelectorAll("details").forEach(one => { one.open = true; });
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map(one => ({
    rule: one.id, impact: one.impact, help: one.help,
    at: one.nodes.map(node => node.target.join(" ") + " — " + node.any.map(any => any.message).join("; ")),
  }));
}"""


def source() -> str:
    """The script. Raises AssertionError with what to do where npm is missing or does not get it."""
    folder = _cache() / f"axe-core-{VERSION}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not script.exists():
            _fetch(folder)
    return script.read_text("utf-8")


async def faults(page: Page, script: str) -> list[str]:
    """What it finds that is serious or critical, all that unfolds unfolded; a line a rule."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(script)
    found: list[dict[str, Any]] = await page.evaluate(RUN)
    return [f"{one['rule']} ({one['help']}): {one['at'][:4]}" for one in found if one["impact"] in SERIOUS]


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    assert npm, "axe-core is fetched with npm, which is not there. Install it (Debian, Ubuntu: apt-get install npm)."
    words = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run([*words, f"axe-core@{VERSION}"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, f"npm did not get axe-core {VERSION}; is there a way to its registry? {done.stderr}"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "centrala-tests"
