"""`centrala demo`: everything on this machine, with simulated phones in a page."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import Late, options

if TYPE_CHECKING:
    from hub.demo import start
    from kernel import log
else:
    log = Late("kernel.log")
    start = Late("hub.demo.start")

app = options.application()


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page, on this machine only.")] = 8080,
    data: Annotated[Path, typer.Option(help="Folder of the demo's data.")] = Path("centrala-data"),
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over with empty data.")] = False,
) -> None:
    """Start the demo: no account, no token, nothing leaves this machine."""
    log.setup(level="error")
    try:
        asyncio.run(start.play(port=port, data=data, fresh=fresh, opens_browser=browser, say=_say))
    except FileExistsError as error:
        print(f"centrala: {error}", file=sys.stderr)
        sys.exit(options.REFUSED)
    except OSError as error:
        print(f"centrala: port {port}: {error.strerror or error}. Try: centrala demo --port 8081", file=sys.stderr)
        sys.exit(options.REFUSED)


def _say(text: str) -> None:
    print(text, flush=True)
