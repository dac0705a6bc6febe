"""`centrala demo`: everything on this machine, with simulated phones in a page."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hub.cli import Late, calling, options

if TYPE_CHECKING:
    from hub.demo import configuration, start
    from kernel import errors, log
else:
    configuration = Late("hub.demo.configuration")
    errors = Late("kernel.errors")
    log = Late("kernel.log")
    start = Late("hub.demo.start")

PORT = 8080
HIGHEST_PORT = 65_535
app = options.application()


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(min=0, max=HIGHEST_PORT, help="Port of the page, on this machine only; 0: any free one.")
    ] = PORT,
    data: Annotated[Path, typer.Option(help="Folder of the demo's data.")] = Path("centrala-data"),
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over with empty data.")] = False,
) -> None:
    """Start the demo: no account, no token, nothing leaves this machine."""
    log.setup(level="error")
    again = calling.spelled(*_words(port, data, "--fresh"))
    try:
        asyncio.run(
            start.play(
                port=port,
                data=data,
                fresh=fresh,
                opens_browser=browser,
                welcome=lambda address: print(configuration.welcome(address, again), flush=True),
            )
        )
    except errors.Invalid as error:
        options.tell_problems(error)
    except errors.CentralaError as error:
        _refuse(str(error), _way_out(error.code, port, data))
    except OSError as error:
        _refuse(f"{error.filename or data}: {error.strerror or error}", _way_out("foreign", port, data))


def _way_out(code: str, port: int, data: Path) -> str:
    """The next step after a refusal, as a sentence."""
    beside = port + 1 if PORT <= port < HIGHEST_PORT else PORT + 1
    elsewhere = data.with_name(f"{data.name}-{beside}")
    other = calling.spelled("demo", "--port", str(beside), "--data", str(elsewhere))
    return {
        "in-use": f"Open it there, or start another one beside it: {other}",
        "port": f"Try: {other}",
        "spoiled": f"To start over: {calling.spelled(*_words(port, data, '--fresh'))}",
        "foreign": f"Name another folder: {calling.spelled(*_words(port, elsewhere))}",
    }.get(code, "")


def _words(port: int, data: Path, *more: str) -> list[str]:
    """This command again, on that data."""
    ports = [] if port == PORT else ["--port", str(port)]
    return ["demo", *ports, *([] if data == Path("centrala-data") else ["--data", str(data)]), *more]


def _refuse(why: str, way_out: str) -> NoReturn:
    print(f"centrala: {why}. {way_out}".rstrip(), file=sys.stderr)
    sys.exit(options.REFUSED)
