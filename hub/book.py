"""The settings file for the console: changes shown before they are written, and taken up by the running hub."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console.book import NO_FILE, PARTS, Draft
from hub import environment, settings
from hub.settings import Settings
from hub.setup import writing
from kernel import errors, log
from routing.desk import Desk
from routing.rules import Rule
from tickets.calendar import Calendar

_log = log.get(__name__)
_UNWRITABLE = (
    "{file} cannot be written ({why}). Let the user that runs the hub write in its folder. Nothing was changed."
)


class SettingsBook:
    """Implements console.book.Book on the file that `centrala run` reads."""

    def __init__(self, found: Settings, desk: Desk) -> None:
        self._file = found.file
        self._desk = desk
        self._calendars = found.calendars
        self._lock = asyncio.Lock()
        self._started = self._read()

    def is_open(self) -> bool:
        return self._file is not None and self._file.exists()

    def calendars(self) -> Mapping[str, Calendar]:
        return self._calendars

    def written(self) -> Mapping[str, Any]:
        whole = writing.values(self._file) if self._file else {}
        return {part: whole[part] for part in PARTS if part in whole}

    def waiting(self) -> Sequence[str]:
        """Parts too: who changes them by hand gets them with the next change made here, or with a restart."""
        now = self._read()
        return [key for key in sorted({*now, *self._started} - {"quiet"}) if now.get(key) != self._started.get(key)]

    def overridden(self, key: str) -> str:
        return environment.over(os.environ, key)

    def stamp(self) -> str:
        return _stamp(_text(self._file)) if self._file is not None and self._file.exists() else ""

    async def rules(self, changes: Mapping[str, object]) -> tuple[Rule, ...]:
        file = self._open()
        return (await asyncio.to_thread(writing.check, file, changes)).rules

    async def draft(self, changes: Mapping[str, object]) -> Draft:
        file = self._open()
        before, after = await asyncio.to_thread(lambda: (_text(file), writing.preview(file, changes)))
        compared = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        changed = [line for line in compared if line[:1] in "+-" and not line.startswith(("+++", "---"))]
        return Draft(tuple(changed), _stamp(before))

    async def save(self, changes: Mapping[str, object], stamp: str) -> None:
        file = self._open()
        async with self._lock:
            if _stamp(_text(file)) != stamp:
                raise errors.Conflict("The settings file has changed meanwhile. Look again. Nothing was written.")
            try:
                found = await asyncio.to_thread(_write, file, changes)
            except OSError as error:
                raise errors.Conflict(_UNWRITABLE, file=file.name, why=type(error).__name__) from error
            self._desk.take_up(found.queues, found.rules, found.policies, found.calendars)
            self._calendars = found.calendars
            now = self._read()
            self._started = {key: self._started.get(key) for key in self._started if key not in PARTS}
            self._started |= {part: now[part] for part in PARTS if part in now}
        _log.info("settings.changed", keys=sorted(key.split(".")[0] for key in changes))

    def _open(self) -> Path:
        if self._file is None or not self._file.exists():
            raise errors.Conflict(NO_FILE)
        return self._file

    def _read(self) -> dict[str, Any]:
        """The whole file; nothing while it cannot be read."""
        try:
            return writing.values(self._file) if self._file else {}
        except (errors.Invalid, OSError):
            return {}


def _write(file: Path, changes: Mapping[str, object]) -> Settings:
    writing.write(file, changes)
    return settings.load(file)


def _text(file: Path) -> str:
    return file.read_text("utf-8")


def _stamp(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
