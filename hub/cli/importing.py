"""What imports share: reading the file, refusing it whole or skipping bad lines, writing in small units, telling."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from crmcore import stations
    from crmcore.stations import Tally
    from kernel import errors
    from kernel.errors import Problem
    from kernel.unit import Store, Work
else:
    errors = Late("kernel.errors")
    stations = Late("crmcore.stations")

SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Import the good lines; the bad ones are told.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the file against what is here; write nothing.")]
SIZE_LIMIT = 50 * 1024 * 1024


class How(NamedTuple):
    """What was asked for beside the file."""

    skip_bad: bool
    dry_run: bool
    as_json: bool


class Found(NamedTuple):
    """What a file says: what to bring in, and which places of it are wrong."""

    rows: Sequence[Any]
    problems: Sequence[Problem]


def bring(
    file: Path,
    config: Path | None,
    what: str,
    read: Callable[[Store, bytes], Awaitable[Found]],
    upsert: Callable[[Work, Sequence[Any]], Awaitable[Tally]],
    *,
    size: int,
    how: How,
) -> None:
    """Read the file against what is here, refuse it or pass over bad lines, write `size` at a time, and tell."""
    whole = content(file)

    async def act(store: Store, settings: Any) -> tuple[Tally, Sequence[Problem]]:
        found, problems = await read(store, whole)
        must_be_right(problems, skip_bad=how.skip_bad)
        return await in_units(store, found, upsert, size=size, dry_run=how.dry_run), problems

    tally, problems = options.on_store(config, act)
    _tell(tally, problems, what, how)


def content(file: Path) -> bytes:
    """The file's bytes; exit 2 if it cannot be read."""
    try:
        if file.stat().st_size > SIZE_LIMIT:
            print(f"centrala: {file} is larger than 50 MB. Split it. Nothing was imported.", file=sys.stderr)
            sys.exit(options.USAGE)
        return file.read_bytes()
    except OSError as error:
        print(f"centrala: {file} cannot be read: {error.strerror}. Nothing was imported.", file=sys.stderr)
        sys.exit(options.USAGE)


def must_be_right(problems: Sequence[Problem], *, skip_bad: bool) -> None:
    """Raises Invalid with every problem unless bad lines are to be passed over."""
    if problems and not skip_bad:
        said = "nothing was imported; mend these lines, or pass over them with --skip-bad"
        raise errors.Invalid(said, problems=tuple(problems))


async def in_units(
    store: Store,
    found: Sequence[Any],
    upsert: Callable[[Work, Sequence[Any]], Awaitable[Tally]],
    *,
    size: int,
    dry_run: bool,
) -> Tally:
    """Write a few at a time, so that the running hub's work goes on beside it. A dry run takes all of it back."""
    tally = stations.Tally()
    for start in range(0, len(found), size):
        try:
            async with store.unit() as work:
                tally = tally.plus(await upsert(work, found[start : start + size]))
                if dry_run:
                    raise _TakenBack
        except _TakenBack:
            continue
    return tally


def _tell(tally: Tally, problems: Sequence[Problem], what: str, how: How) -> None:
    """Print what was done; what was passed over goes to stderr."""
    for problem in problems:
        got = f"; got {problem.got!r}" if problem.got else ""
        print(f"passed over: {problem.field}: expected {problem.expected}{got}", file=sys.stderr)
    skipped = len({problem.field.split(",")[0] for problem in problems})
    if how.as_json:
        printing.json_lines([{**tally._asdict(), "skipped": skipped, "dry_run": how.dry_run}])
        return
    counts = f"{tally.created} created, {tally.updated} updated, {tally.unchanged} unchanged"
    passed = f", {skipped} lines passed over" if skipped else ""
    print(f"{what}: {counts}{passed}.{' Nothing was written.' if how.dry_run else ''}")


class _TakenBack(Exception):
    """Rolls a dry run's unit back."""
