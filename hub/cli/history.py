"""`centrala history`: contacts and tickets of another help desk come in as silent history."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import replace

from hub.cli import Late, importing, options, printing

if TYPE_CHECKING:
    import orjson
    import tomlkit

    from channels.email import worker
    from hub.history import bringing, columns, files, reading
    from hub.history.bringing import Outcome
    from hub.history.columns import Mapped
    from hub.history.reading import Bad, Told
    from kernel import errors
    from kernel.unit import Store
else:
    bringing = Late("hub.history.bringing")
    columns = Late("hub.history.columns")
    errors = Late("kernel.errors")
    files = Late("hub.history.files")
    orjson = Late("orjson")
    reading = Late("hub.history.reading")
    tomlkit = Late("tomlkit")
    worker = Late("channels.email.worker")

app = options.application()
FORMATS = "csv, xlsx, mbox, zammad or freescout"
_SYSTEM = re.compile(r"[a-z][a-z0-9-]{0,29}")


@app.callback()
def group() -> None:
    """Bring the history of another help desk in: nothing of it is answered, alerted or sent."""


@app.command("import")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="The files of one export.", metavar="FILE…")],
    format_: Annotated[str, typer.Option("--from", help=f"What they are: {FORMATS}.")],
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says how a table is to be read.")] = None,
    system: Annotated[str, typer.Option(help="The name of the other desk. Default: the format's.")] = "",
    save_mapping: Annotated[Path | None, typer.Option(help="Write down which columns were recognised.")] = None,
    errors_to: Annotated[Path | None, typer.Option("--errors", help="Where bad records go. Default: FILE….")] = None,
    dry_run: importing.DryRun = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Tickets come in closed, with their true dates and authors. The same files again change nothing."""
    told = reading.Told()

    async def act(store: Store, settings: Any) -> tuple[str, Outcome]:
        mapped = _mapped(mapping, format_, settings)
        name = _named(system or mapped.system or format_, settings.channels)
        digest = files.digest(paths, format_=format_, mapped=mapped)
        if save_mapping is not None:
            _save(save_mapping, paths[0], format_, replace(mapped, system=name))
        reader = worker.Worker()
        try:
            records = files.read(paths, format_, mapped, reader.understand, told)
            return name, await bringing.bring(store, name, digest, records, dry_run=dry_run)
        finally:
            reader.stop()

    name, outcome = options.on_store(config, act)
    for one in outcome.bad:
        _complain(one)
    where = errors_to or paths[0].with_name(f"{paths[0].name}.errors.jsonl")
    if outcome.bad and not dry_run:
        _keep(where, outcome.bad)
        print(f"{len(outcome.bad)} records are left out; they are in {where}, to be mended", file=sys.stderr)
    _tell(name, outcome, told, dry_run=dry_run, as_json=as_json)


def _mapped(path: Path | None, format_: str, settings: Any) -> Mapped:
    """The mapping, with our own address as staff's. Raises Invalid."""
    if format_ not in files.FORMATS:
        raise errors.Invalid(f"--from {format_} is not known; it is one of {FORMATS}. Nothing was imported")
    found = columns.load(path) if path is not None else columns.Mapped()
    email = settings.channels.get("email")
    ours = {email.address.lower()} if email is not None else set()
    return replace(found, own=found.own | ours)


def _named(system: str, channels: Mapping[str, Any]) -> str:
    if not _SYSTEM.fullmatch(system) or system in channels:
        said = "lower-case letters, digits and -, at most 30, and no channel's name"
        raise errors.Invalid(f"{system!r} cannot be a desk's name: {said}. Nothing was imported")
    return system


def _save(path: Path, file: Path, format_: str, mapped: Mapped) -> None:
    if format_ not in files.TABLES:
        raise errors.Invalid(f"--save-mapping is for tables; {format_} needs none. Nothing was imported")
    recognised = files.recognised(file, format_, mapped)
    try:
        path.write_text(tomlkit.dumps(columns.written(mapped, recognised)), "utf-8")
    except OSError as error:
        raise errors.Invalid(f"{path} cannot be written: {error.strerror}. Nothing was imported") from error


def _complain(bad: Bad) -> None:
    for problem in bad.problems:
        got = f"; got {problem.got!r}" if problem.got else ""
        print(f"left out: {bad.where}, {problem.field}: expected {problem.expected}{got}", file=sys.stderr)


def _keep(path: Path, bad: Sequence[Bad]) -> None:
    """Customers' words are in it: for its owner only."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
        for one in bad:
            problems = [problem.as_dict() for problem in one.problems]
            file.write(orjson.dumps({"where": one.where, "problems": problems, "record": one.source}) + b"\n")


def _tell(name: str, outcome: Outcome, told: Told, *, dry_run: bool, as_json: bool) -> None:
    tally = outcome.tally._asdict()
    if as_json:
        more = {"bad": len(outcome.bad), "resumed_at": outcome.resumed_at, "dry_run": dry_run}
        printing.json_lines([{"system": name, **tally, **more, "ignored": told.ignored, "notes": told.notes}])
        return
    for note in told.notes:
        print(note)
    for field, count in sorted(told.ignored.items()):
        print(f"not read: {field} ({count} times)")
    resumed = f" Went on after {outcome.resumed_at} records of a run that was broken off." if outcome.resumed_at else ""
    counts = ", ".join(f"{count} {what}" for what, count in tally.items())
    left = f", {len(outcome.bad)} left out" if outcome.bad else ""
    print(f"{name}: {counts}{left}.{resumed}{' Nothing was written.' if dry_run else ''}")
