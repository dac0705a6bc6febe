"""What the tests of signing in by OAuth share: settings that name the simulated provider, and a sign-in kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from channels.email.oauth import keeping
from channels.email.oauth.keeping import Kept
from channels.email.oauth.settings import OAuth
from channels.email.simulator import Provider

ADDRESS = "help@desk.example"
OLD = timedelta(days=2)
MAIL = "https://mail.example/"
SCOPES = (MAIL, "openid", "email", "offline_access")


def table(provider: Provider, *, device: bool = True, **more: Any) -> dict[str, Any]:
    """[channels.email.oauth] as a file has it."""
    way = {"device_url": f"{provider.url}/devicecode"} if device else {"authorize_url": f"{provider.url}/authorize"}
    named = {"provider": "custom", "client_id": provider.client_id, "client_secret": provider.client_secret}
    return {**named, "token_url": f"{provider.url}/token", "scopes": list(SCOPES), **way, **more}


def settings(provider: Provider, **more: Any) -> OAuth:
    return OAuth.model_validate(table(provider, **more))


def kept(provider: Provider, folder: Path, *, user: str = ADDRESS, ago: timedelta = timedelta(), **more: Any) -> Kept:
    """A sign-in of `user`, kept in `folder` as if it had been made `ago`. Its access token is as old."""
    access, refresh = provider.sign_in(user)
    at = datetime.now(UTC) - ago
    expires_at = at + timedelta(seconds=provider.lives_s)
    known = {"expires_at": expires_at, "signed_in_at": at, "used_at": at, "lifetime_s": provider.lives_s} | more
    found = Kept(client_id=provider.client_id, refresh=refresh, access=access, **known)
    keeping.write(keeping.path(folder, ADDRESS), found)
    return found


class SteppedClock:
    """Time that passes only where somebody sleeps. `at` each second asked for, `steps` may act."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 10, 9, tzinfo=UTC)
        self.slept: list[float] = []
        self.steps: list[Any] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        if self.steps:
            self.steps.pop(0)()
