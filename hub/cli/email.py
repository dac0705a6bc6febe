"""`centrala email sign-in`: sign in at the mail provider of the settings, and keep what that gives."""

from __future__ import annotations

import asyncio
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from hub.cli import Late, keyboard, options, printing

if TYPE_CHECKING:
    from channels import registry
else:
    registry = Late("channels.registry")

app = options.application()


@app.callback()
def group() -> None:
    """Signing in to the mail provider by OAuth."""


@app.command("sign-in")
def sign_in(config: options.Config = None, as_json: options.AsJson = False) -> None:
    """Show the address to open and the code, wait until you have signed in, and keep the sign-in."""
    settings = options.settings(config)
    email = settings.channels.get("email")
    if email is None or email.oauth is None:
        _refuse("[channels.email.oauth] is not in the settings; docs/how-to/sign-in-to-microsoft-or-google.md")
    signing_in = registry.part("email", "oauth.signing_in")
    try:
        asyncio.run(_signed_in(email, settings.data, as_json=as_json))
    except (signing_in.Failed, signing_in.Other) as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename or settings.data}: {error.strerror}: the sign-in could not be kept")
    except KeyboardInterrupt:
        _refuse("nobody has signed in; nothing was changed")


async def _signed_in(email: Any, data: Path, *, as_json: bool) -> None:
    signing_in = registry.part("email", "oauth.signing_in")
    access = registry.part("email", "oauth.access").Access(email.oauth, email.address, data)
    standing = registry.part("email", "oauth.standing")
    tokens = await signing_in.sign_in(
        email.oauth,
        email.address,
        show=functools.partial(_show, as_json=as_json),
        typed=keyboard.line,
        clock=signing_in.Clock(),
    )
    kept = await access.begin(tokens)
    who = signing_in.masked(tokens.who[0]) if tokens.who else None
    end = standing.ends_at(kept, access.provider.unused)
    if as_json:
        print(orjson.dumps({"signed_in": who, "ends_at": printing.utc(end)}).decode())
        return
    print(f"Signed in as {who}." if who else "Signed in; the provider does not say as whom.")
    if end is not None:
        print(f"It ends on {end:%Y-%m-%d}{'' if kept.ends_at else ' if it is not used until then'}.")
    print("A hub that runs takes it up within a minute. Look whether all is well: centrala check email")


def _show(shown: Any, *, as_json: bool) -> None:
    if as_json:
        known = {"open": shown.open_at, "code": shown.code, "until": printing.utc(shown.until)}
        print(orjson.dumps(known).decode())
    elif shown.code:
        print(f"Open {shown.open_at} in any browser and enter the code {shown.code}", flush=True)
        print(f"It is good until {shown.until:%H:%M} UTC. Waiting …", flush=True)
    else:
        print(f"Open in a browser:\n\n{shown.open_at}\n", flush=True)
        print("If that browser is on another computer, it ends at a page that cannot be shown (127.0.0.1).")
        print("Copy the address of that page and put it in here. Waiting …", flush=True)
    sys.stdout.flush()


def _refuse(why: str) -> NoReturn:
    print(f"centrala: {why}", file=sys.stderr)
    sys.exit(options.REFUSED)
