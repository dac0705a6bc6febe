"""The end of quiet mode: a running hub notices it in the settings file, and nothing from before it leaves after it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.house import House
from channels import quiet as quiet_mode
from channels.contract import Adapter, LeavesTraces
from channels.models import Mark
from channels.quiet import Quiet
from crmcore import staff
from hub.releasing import Releasing
from hub.setup import writing
from kernel import errors, log
from kernel.loops import Loop
from kernel.unit import Reader, Store, Work
from tickets import withheld_all

_log = log.get(__name__)
LOOK_S = 1.0
ASLEEP_S = 3600.0  # once live there is nothing to look for until the next start
MARK = "quiet"  # in the store while a hub was quiet: whoever starts live after it withholds what was left queued
VARIABLE = "CENTRALA_QUIET"


class GoLive:
    """Owns the switch: sets `quiet` on at the start, off when the settings file says so."""

    def __init__(
        self, store: Store, house: House, adapters: Sequence[Adapter], file: Path | None, *, is_quiet: bool
    ) -> None:
        self._store = store
        self._house = house
        self._file = file
        self._seen = _stamp(file)
        self.quiet: Quiet = house.quiet
        self._adapters = adapters
        self._set(is_quiet)
        self.quiet.known = self._staff
        self.quiet.go_live = self.write
        self.loop = Loop("quiet", self._turn)
        self.loops = (self.loop, Loop(withheld_all.LOOP, Releasing(store, house).turn))

    async def open(self, work: Work) -> None:
        """At the start: remember that it is quiet; or, if the run before was, withhold what that one left queued."""
        if self.quiet.is_on:
            _log.warning("hub.quiet", do="nothing leaves except to staff; when you are ready: centrala go-live")
            await work.insert(Mark, [{"key": MARK, "value": "on"}], conflict="ON CONFLICT (key) DO NOTHING")
        elif await work.one("SELECT key FROM marks WHERE key = ?", MARK):
            await self._leave(work)

    def write(self) -> None:
        """Write the end of quiet mode into the settings file. Raises errors.Conflict where that would not end it."""
        write(self._file)

    async def _turn(self) -> float:
        """1. Has the file changed? 2. Does it say live? 3. Withhold what still waits, and only then let go."""
        if not self.quiet.is_on:
            return ASLEEP_S
        stamp = _stamp(self._file)
        if stamp == self._seen or not says_live(self._file):
            self._seen = stamp
            return LOOK_S
        async with self._store.unit() as work:
            await self._leave(work)
        self._seen = stamp
        self._set(False)
        _log.warning("hub.live")
        self._store.poke("dispatch")
        return ASLEEP_S

    def _set(self, is_on: bool) -> None:
        """While it is on, reading leaves no trace either: the desk in use may go by what is marked as seen."""
        self.quiet.is_on = is_on
        for adapter in self._adapters:
            if isinstance(adapter, LeavesTraces):
                adapter.is_traceless = is_on

    async def _leave(self, work: Work) -> None:
        count = 0
        for line in self._house.lines.ordered():
            scheme = line.capabilities.scheme
            count += await quiet_mode.withhold(work, self.quiet, line.account, scheme, all_of_it=True)
        await work.change("DELETE FROM marks WHERE key = ?", MARK)
        _log.info("quiet.ended", withheld=count)

    async def _staff(self, reader: Reader, scheme: str, addresses: Sequence[str]) -> Collection[str]:
        """Colleagues' own addresses, and the staff chats as they are now."""
        chats = {chat.address.value for chat in self._house.staff_chats if chat.address.scheme == scheme}
        return chats | await staff.known_among(reader, scheme, addresses)


def write(file: Path | None) -> None:
    """Write `quiet = false` into the settings file. Raises errors.Conflict where that would not end quiet mode."""
    if file is None or any(name.upper() in (VARIABLE, f"{VARIABLE}_FILE") for name in os.environ):
        raise errors.Conflict(
            f"Quiet mode is set by the variable {VARIABLE}, not by a file."
            " Take it away (or set it to false) and start the hub again. Nothing was changed."
        )
    try:
        writing.write(file, {"quiet": False})
    except (OSError, ValueError, errors.Invalid) as error:
        raise errors.Conflict(
            f"{file.name} cannot be written ({type(error).__name__})."
            " Write quiet = false into it by hand, at its top; the hub takes it up at once. Nothing was changed."
        ) from error


def says_live(file: Path | None) -> bool:
    """True only for a plain `quiet = false`: a file that is being written, or lost the line, ends nothing."""
    if file is None:
        return False
    try:
        return tomllib.loads(file.read_text("utf-8")).get("quiet") is False
    except (OSError, ValueError):
        return False


def _stamp(file: Path | None) -> tuple[int, int] | None:
    """Changes with every writing of the file; None while there is none."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino) if found else None
