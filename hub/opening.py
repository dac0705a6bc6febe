"""How a channel is opened: what it needs is imported gently, and what fails is tried until it is done."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
from collections.abc import Awaitable, Callable

from bot import words
from bot.grammar import Registry
from channels.contract import Adapter, ShowsCommands
from channels.errors import SendError
from kernel import log, threads

_log = log.get(__name__)
PAUSES_S = (1, 2, 5, 15, 30, 60)
GENTLE_SWITCH_S = 0.0005  # while a channel's imports run in a thread the loop gets its turn twice a millisecond


async def insist(adapter: Adapter, act: Callable[[], Awaitable[None]]) -> None:
    """Try until it is done; what goes wrong is logged and shown as the channel's state."""
    for pause_s in itertools.chain(PAUSES_S, itertools.repeat(PAUSES_S[-1])):
        try:
            await act()
            return
        except SendError as error:
            reason, said = error.reason.value, f"{error.reason.value}: {error.detail}"
        except Exception as error:  # a fault of the adapter is its channel's, not the hub's
            reason = said = log.cause(error)
        adapter.health.degraded = said
        _log.error("channel.away", channel=adapter.name, reason=reason)
        await asyncio.sleep(pause_s)


def gently(load: Callable[[], None]) -> None:
    """Run an import that takes seconds so that the loop keeps turning: no garbage collection, short turns.

    Raises threads.Left at the next import once the hub stops.
    """
    interval = sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(GENTLE_SWITCH_S)
    try:
        with threads.leavable():
            load()
    finally:
        sys.setswitchinterval(interval)
        gc.freeze()  # what was imported stays; the first collection would walk it all (90 ms and more)
        gc.enable()


async def show_commands(adapter: ShowsCommands, registry: Registry) -> None:
    """The menu of commands where colleagues work; without it everything goes on, so it is tried once a start."""
    menus = await asyncio.to_thread(words.menus, registry.verbs)
    try:
        await adapter.show_commands(menus)
    except SendError as error:
        _log.warning("commands.unshown", reason=error.reason.value)
