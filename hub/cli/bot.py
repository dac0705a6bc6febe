"""`centrala bot replay`: a transcript of commands, played on a throwaway desk."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from hub.replay import playing, transcript
    from kernel import errors, log
else:
    errors = Late("kernel.errors")
    log = Late("kernel.log")
    playing = Late("hub.replay.playing")
    transcript = Late("hub.replay.transcript")

app = options.application()


@app.callback()
def family() -> None:
    """The command language of colleagues."""


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="The transcript: lines `who> text`, `< expected answer`, `+1h`.")],
    as_json: options.AsJson = False,
) -> None:
    """Play a transcript with simulated phones; exit 1 if an answer is not as expected."""
    log.setup(level="error")
    try:
        lines = transcript.read(file.read_text().splitlines())
    except OSError as error:
        print(f"centrala: {file}: {error.strerror}. Name a file that can be read.", file=sys.stderr)
        sys.exit(options.USAGE)
    except errors.Invalid as error:
        options.tell_problems(error)
    try:
        wrong = asyncio.run(_play(lines, as_json=as_json))
    except errors.TryLater as error:
        print(f"centrala: {error}. Try again when this machine is less busy.", file=sys.stderr)
        sys.exit(options.REFUSED)
    if wrong:
        print(f"centrala: {wrong} answers are not as expected.", file=sys.stderr)
        sys.exit(options.REFUSED)


async def _play(lines: list[transcript.Line], *, as_json: bool) -> int:
    wrong = 0
    async with playing.opened() as player:
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
        print(f"{line.who}> {line.text}")
    if line.act in (transcript.Act.TOLD, transcript.Act.UNTOLD):
        if not told.is_right:
            print(f"  line {line.number}: expected {'no ' if line.act is transcript.Act.UNTOLD else ''}{line.text!r}")
        return
    for text in told.texts:
        print("\n".join(f"  < {part}" for part in text.splitlines()))
