"""What commands share: the settings option, opening the store, and telling a refusal. Imports nothing heavy."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from hub.cli import calling

DEFAULT_CONFIG = Path("centrala.toml")
DIGITS = 19  # of the largest 64-bit number
OK, REFUSED, USAGE, NO_STORE = 0, 1, 2, 3
Answer = TypeVar("Answer")

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings file. Default: centrala.toml if it is there.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def application(*, no_args_is_help: bool = True) -> typer.Typer:
    """A typer app as all commands have it. `no_args_is_help`: it does nothing by itself."""
    return typer.Typer(
        add_completion=False, no_args_is_help=no_args_is_help, rich_markup_mode=None, pretty_exceptions_enable=False
    )


def settings(config: Path | None) -> Any:
    """The settings of `config`; every problem printed and exit 2 if they do not hold together."""
    module = importlib.import_module("hub.settings")
    errors = importlib.import_module("kernel.errors")
    path = file(config)
    if path is None and not module.environment.is_set():
        print(
            "centrala: no settings. Write centrala.toml, or name a file with --config, or set CENTRALA_… variables.\n"
            f"To look around without any: {calling.spelled('demo')}",
            file=sys.stderr,
        )
        sys.exit(USAGE)
    try:
        return module.load(path)
    except errors.Invalid as error:
        tell_problems(error)


def file(config: Path | None) -> Path | None:
    """The settings file that is read: the one named, else centrala.toml if it is there."""
    return config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


def whole(written: str) -> int | None:
    """A number as an id or a ticket has it; None if it is none, or more than a column holds."""
    if not written.isascii() or not written.isdigit() or len(written) > DIGITS or int(written) >= 2**63:
        return None
    return int(written)


def tell_problems(error: Any) -> NoReturn:
    """Print every problem of the settings and exit 2."""
    print(f"centrala: {error}. {len(error.problems)} to mend:", file=sys.stderr)
    for problem in error.problems:
        got = f"; got {problem.got}" if problem.got else ""
        print(f"  {problem.field}: expected {problem.expected}{got}", file=sys.stderr)
    sys.exit(USAGE)


def on_store(config: Path | None, act: Callable[[Any, Any], Awaitable[Answer]], *, wired: bool = False) -> Answer:
    """Open the store of the settings, run `act(store, settings)`, close; a refusal is told and exits 1, a store 3.

    `wired`: events are answered as in the running hub, so that cards and notices follow what is done here.
    """
    found = settings(config)
    database = importlib.import_module("hub.database")
    errors = importlib.import_module("kernel.errors")

    async def opened() -> Answer:
        store = _store(found, wired=wired)
        await database.connect(found.database.url)
        try:
            if await database.newer(store.direct()):
                raise errors.TryLater(database.NEWER)
            if missing := await database.missing(store.direct()):
                raise errors.TryLater(f"its tables are behind; run: centrala migrate ({', '.join(missing)} missing)")
            return await act(store, found)
        finally:
            await database.close()

    try:
        return asyncio.run(opened())
    except Exception as error:
        if errors.is_passing(error):
            said = str(error) if isinstance(error, errors.CentralaError) else type(error).__name__
            print(f"centrala: the database cannot be used: {said}. Nothing was done.", file=sys.stderr)
            print("What is wrong with it: centrala check config", file=sys.stderr)
            sys.exit(NO_STORE)
        if isinstance(error, errors.CentralaError):
            refuse(error)
        raise


def _store(found: Any, *, wired: bool) -> Any:
    """A store alone, or one with the whole house behind it (its rows are sent by the hub that runs)."""
    if wired:
        return importlib.import_module("hub.app").App(found).store
    return importlib.import_module("kernel.unit").Store(importlib.import_module("kernel.clock").Clock())


def refuse(error: Any) -> NoReturn:
    """Tell why, with every problem, and exit 1."""
    print(f"centrala: {error}", file=sys.stderr)
    for problem in error.problems:
        got = f"; got {problem.got!r}" if problem.got else ""
        print(f"  {problem.field}: expected {problem.expected}{got}", file=sys.stderr)
    sys.exit(REFUSED)
