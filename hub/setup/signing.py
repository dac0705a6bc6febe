"""A person signs in to the mailbox at its provider while we set up: one sign-in at a time, and how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from channels import registry
from console.setup import SignIn
from hub.settings import Settings
from hub.setup import steps
from kernel import log, loops, texts
from kernel.clock import Clock

_log = log.get(__name__)
PATIENCE_S = 20.0  # until the provider has given a code, or has not
_WHY = {  # kinds of refusal as the adapter names them, and what to do
    "denied": "{label} was told no. Begin anew and allow the access, or ask who administers the accounts.",
    "expired": "Nobody signed in before the time was over. Begin anew.",
    "ended": "{label} does not take the code ({code}). Begin anew.",
    "settings": "{label} does not take this application ({code}). Compare its ID, secret and directory with what you "
    "have entered, and see whether public client flows are allowed.",
    "later": "{label} does not answer ({code}). See whether this machine may reach it, and begin anew.",
    "": "{label} allows no lasting access. Allow the application to keep access (offline_access), and begin anew.",
}
_OTHER = "{there} has signed in, and the mailbox wants {wanted}. Begin anew and sign in as that one."
_UNKEPT = "The sign-in could not be kept ({why}). Make room in the data folder, or let the hub write there; begin anew."


def section(settings: Settings) -> Any:
    """The settings of the mailbox, if somebody has to sign in to it at its provider; else None."""
    email = settings.channels.get(steps.EMAIL)
    return email if email is not None and email.oauth is not None else None


def is_begun(settings: Settings) -> bool:
    """True if a sign-in is kept; whether it is still good shows when it is used."""
    email = section(settings)
    return bool(_part("access").is_begun(email.oauth, email.address, settings.data))


def label(settings: Settings) -> str:
    """The provider's name."""
    return str(_part("provider").found(section(settings).oauth).label)


async def sign_in(settings: Settings, *, show: Callable[[Any], None], typed: Callable[[], Awaitable[str]]) -> None:
    """Wait until somebody has signed in, and keep that where `run` finds it. Raises what `why` explains."""
    email, signing_in = section(settings), _part("signing_in")
    tokens = await signing_in.sign_in(email.oauth, email.address, show=show, typed=typed, clock=signing_in.Clock())
    await _part("access").Access(email.oauth, email.address, settings.data).begin(tokens)
    _log.info("setup.signed_in")


def failures() -> tuple[type[Exception], ...]:
    """What `sign_in` raises."""
    signing_in = _part("signing_in")
    return (signing_in.Failed, signing_in.Other, OSError)


def why(error: Exception, language: str) -> str:
    """How it failed, and what to do."""
    if isinstance(error, OSError):
        return texts.say(language, _UNKEPT, why=error.strerror or type(error).__name__)
    if isinstance(error, _part("signing_in").Other):
        return texts.say(language, _OTHER, there=error.there, wanted=error.wanted)
    known: Any = error
    return texts.say(language, _WHY[str(known.kind or "")], label=known.label, code=known.code)


def until(shown: Any, settings: Settings, language: str) -> str:
    """When it is too late, by the company's clock."""
    return texts.moment(language, shown.until, ZoneInfo(settings.company.zone), now=Clock().now())


class Signing:
    """The one that is under way, or was; its task is ended with `stop`."""

    def __init__(self) -> None:
        self.why = ""
        self.shown: Any = None  # what the person needs, while he is waited for
        self._until = ""
        self._task: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self._typed: asyncio.Queue[str] = asyncio.Queue()

    async def begin(self, settings: Settings, language: str, done: Callable[[], Awaitable[None]]) -> None:
        """Ask the provider; return once there is something to show. `done`: called when somebody has signed in."""
        await self.stop()
        self._told, self._typed = asyncio.Event(), asyncio.Queue()
        self._task = loops.spawn(self._wait(settings, language, done), name="setup.sign-in")
        try:
            await asyncio.wait_for(self._told.wait(), PATIENCE_S)
        except TimeoutError:
            return  # the page shows that it waits

    def bring(self, typed: str) -> None:
        """The address at which a browser elsewhere has ended."""
        self._typed.put_nowait(typed)

    async def stop(self) -> None:
        self.drop()
        if self._task is not None:
            await loops.cancel(self._task)
        self._task = None

    def drop(self) -> None:
        """Wait for nobody any more; what has failed is forgotten."""
        if self._task is not None:
            self._task.cancel()
        self.shown, self.why = None, ""

    def view(self, settings: Settings) -> SignIn | None:
        """As the page shows it; None where a password is used."""
        if section(settings) is None:
            return None
        shown = self.shown
        open_at, code = (shown.open_at, shown.code) if shown else ("", "")
        return SignIn(label(settings), is_begun(settings), open_at, code, self._until, self.why)

    async def _wait(self, settings: Settings, language: str, done: Callable[[], Awaitable[None]]) -> None:
        def show(shown: Any) -> None:
            self.shown, self._until = shown, until(shown, settings, language)
            self._told.set()

        try:
            await sign_in(settings, show=show, typed=self._typed.get)
        except failures() as error:
            _log.info("setup.sign_in_failed", error=log.cause(error))
            self.why = why(error, language)
        else:
            await done()
        finally:
            self.shown = None
            self._told.set()


def _part(name: str) -> Any:
    return registry.part(steps.EMAIL, f"oauth.{name}")
