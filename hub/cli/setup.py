"""`centrala setup`: writes the settings file by questions, or by `--set` without any, and tries each channel."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hub.cli import Late, options

if TYPE_CHECKING:
    from hub.cli import setup_talk as talk
    from hub.setup import writing
    from kernel import errors
else:
    errors = Late("kernel.errors")
    talk = Late("hub.cli.setup_talk")
    writing = Late("hub.setup.writing")

app = options.application()
STDIN, VARIABLE = "-", "env:"


@app.command()
def setup(
    config: options.Config = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting; VALUE - is a line of standard input, env:NAME a variable."
        ),
    ] = None,
    administrator: Annotated[str, typer.Option(help="Invite this administrator and print the link.")] = "",
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing: only what --set says.")] = False,
) -> None:
    """Set the hub up: language, company, channels, the first colleague. Enter leaves a question as it is."""
    path = config or options.DEFAULT_CONFIG
    if no_input and not sets and not administrator:
        _usage("--no-input needs --set KEY=VALUE or --administrator NAME; without --no-input you are asked")
    given = dict(_parted(one) for one in sets or [])
    try:
        is_good = talk.take(path, given) if given else True
        if administrator:
            talk.invite(path, administrator)
        if not no_input:
            is_good = talk.ask(path) and is_good
    except errors.Invalid as error:
        options.tell_problems(error)
    except errors.CentralaError as error:
        options.refuse(error)
    except OSError as error:
        _refused(path, error)
    if not is_good:
        sys.exit(options.REFUSED)


def _parted(written: str) -> tuple[str, str]:
    """Key and value, a secret read from where it stands."""
    key, equals, value = written.partition("=")
    if not key or not equals:
        _usage("--set takes KEY=VALUE, for example --set web.port=8081")
    if value == STDIN:
        line = sys.stdin.readline()
        if not line:
            _usage(f"--set {key}=- takes a line of standard input, and there is none left")
        return key, line.rstrip("\r\n")
    if value.startswith(VARIABLE):
        name = value.removeprefix(VARIABLE)
        if name not in os.environ:
            _usage(f"--set {key}={VARIABLE}{name}: there is no variable {name} in the environment")
        return key, os.environ[name]
    return key, value


def _usage(why: str) -> NoReturn:
    print(f"centrala: {why}.", file=sys.stderr)
    sys.exit(options.USAGE)


def _refused(path: Path, error: OSError) -> NoReturn:
    why = error.strerror or type(error).__name__
    print(f"centrala: {path} cannot be written ({why}); run this as the user that owns its folder.", file=sys.stderr)
    sys.exit(options.REFUSED)
