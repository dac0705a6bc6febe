"""`centrala bot replay`: a transcript of commands, played on a throwaway desk, by a settings file if one is named."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from hub import settings
    from hub.replay import playing, transcript
    from kernel import errors, log
else:
    errors = Late("kernel.errors")
    log = Late("kernel.log")
    playing = Late("hub.replay.playing")
    settings = Late("hub.settings")
    transcript = Late("hub.replay.transcript")

app = options.application()


@app.callback()
def family() -> None:
    """The command language of colleagues."""


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="The transcript: lines `who> text`, `< expected answer`, `+1h`.")],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Play by the queues, rules, calendars … of this settings file."),
    ] = None,
    at: Annotated[str, typer.Option(help="When it begins, by the company's clocks: 2026-03-10 09:30.")] = "",
    as_json: options.AsJson = False,
) -> None:
    """Play a transcript with simulated phones; nothing leaves this machine. Exit 1 if an answer is not as expected."""
    log.setup(level="error")
    given = _given(config) if config else None
    begins_at = _instant(at, _zone(given)) if at else None
    try:
        lines = transcript.read(file.read_text().splitlines())
    except OSError as error:
        print(f"centrala: {file}: {error.strerror}. Name a file that can be read.", file=sys.stderr)
        sys.exit(options.USAGE)
    except errors.Invalid as error:
        options.tell_problems(error)
    try:
        wrong = asyncio.run(_play(lines, given, begins_at, as_json=as_json))
    except errors.Invalid as error:
        options.tell_problems(error)
    except errors.TryLater as error:
        print(f"centrala: {error}. Try again when this machine is less busy.", file=sys.stderr)
        sys.exit(options.REFUSED)
    if wrong:
        print(f"centrala: {wrong} answers are not as expected.", file=sys.stderr)
        sys.exit(options.REFUSED)


def _given(config: Path) -> Any:
    """The tables of the file as they are written; what is wrong with those that are played by is told later."""
    try:
        return settings.read(config)
    except errors.Invalid as error:
        options.tell_problems(error)


def _zone(given: Any) -> ZoneInfo:
    """The company's, UTC where it has none, or one that is none: that is told with the other problems."""
    company = (given or {}).get("company")
    try:
        return ZoneInfo(str(company.get("zone", "UTC"))) if isinstance(company, dict) else ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _instant(written: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        print(
            f"centrala: --at {written}: expected a time such as 2026-03-10 09:30. Nothing was played.", file=sys.stderr
        )
        sys.exit(options.USAGE)
    return found if found.tzinfo else found.replace(tzinfo=zone)


async def _play(lines: list[transcript.Line], given: Any, begins_at: datetime | None, *, as_json: bool) -> int:
    wrong = 0
    async with playing.opened(given, begins_at=begins_at) as player:
        async for told in player.play(lines):
            wrong += not told.is_right
            if as_json:
                row = {"line": told.line.number, "act": told.line.act.value, "who": told.line.who}
                printing.json_lines([{**row, "text": told.line.text, "told": list(told.texts), "ok": told.is_right}])
            else:
                _print(told)
    return wrong


def _print(told: playing.Told) -> None:
    line = told.line
    if line.who:
        print(f"{line.who}> {f'[{line.text}]' if line.act is transcript.Act.PRESS else line.text}")
    if line.act is transcript.Act.PRESS and not told.is_right:
        print(f"  line {line.number}: there is no button [{line.text}]")
    if line.act in (transcript.Act.TOLD, transcript.Act.UNTOLD):
        if not told.is_right:
            print(f"  line {line.number}: expected {'no ' if line.act is transcript.Act.UNTOLD else ''}{line.text!r}")
        return
    for text in told.texts:
        print("\n".join(f"  < {part}" for part in text.splitlines()))
