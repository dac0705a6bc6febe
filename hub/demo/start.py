"""Starting the demo: data folder, simulated Telegram, the hub, the page; and stopping it all in order."""

from __future__ import annotations

import asyncio
import shutil
import signal
import webbrowser
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import tzlocal

from channels.telegram.simulator import BotApi, recall, remember
from console import sandbox
from hub import database, settings
from hub.app import App
from hub.demo import people as cast
from hub.demo.stage import Stage
from kernel.loops import Loop

HOOK_TOKEN = "demo-token-0123456789"  # noqa: S105 - of a source that only listens on this machine
MEMORY = "phones.json"
MARK = "this-is-a-centrala-demo"
SAVE_EVERY_S = 2.0


async def play(*, port: int, data: Path, fresh: bool, opens_browser: bool, say: Callable[[str], None]) -> None:
    """Run the demo until SIGINT or SIGTERM. Raises OSError if the port is taken, FileExistsError for foreign data."""
    prepare(data, fresh=fresh)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    api = BotApi(cast.TOKEN)
    people = cast.gather(api)
    memory = data / MEMORY
    if memory.exists():
        recall(api.world, orjson.loads(memory.read_bytes()))
    await api.start()
    zone = local_zone()
    app = App(settings.check(configured(data, api.url, port, str(zone)), base=data))
    await database.migrate(app.settings.database.url)
    stage = Stage(app, api, people, zone)
    saving = Loop("demo.save", lambda: _save(api, memory), idle_s=SAVE_EVERY_S)
    try:
        await app.start(lambda server: sandbox.mount(server, stage))
        address = f"http://127.0.0.1:{app.port}/sandbox"
        say(welcome(address))
        if opens_browser:
            await asyncio.to_thread(webbrowser.open, address)
        await cast.hire(app.store, people, str(zone))
        stage.start()
        saving.start()
        await stopped.wait()
    finally:
        await stage.stop()
        await saving.stop()
        await app.stop()
        await _save(api, memory)
        await api.stop()


def prepare(data: Path, *, fresh: bool) -> None:
    """Make the data folder, empty if `fresh`. Refuses a folder that holds something else."""
    if data.exists() and any(data.iterdir()) and not (data / MARK).exists():
        raise FileExistsError(f"{data} holds something that is not the demo's; name another folder with --data")
    if fresh and data.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).write_text("Made by `centrala demo`. Live channels are never connected to this data.\n")


def configured(data: Path, api_url: str, port: int, zone: str) -> dict[str, object]:
    """The demo's settings: as a file would have them, so that everything runs as it does live."""
    always = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    return {
        "database": {"url": f"sqlite://{(data / 'centrala.db').resolve()}"},
        "web": {"host": "127.0.0.1", "port": port},
        "channels": {"telegram": {"token": cast.TOKEN, "api_url": api_url, "staff_chat": cast.STAFF_CHAT}},
        "hooks": {"sources": {"demo": {"token": HOOK_TOKEN, "addresses": ["127.0.0.1/32"]}}},
        "calendars": {"always": {"zone": zone, "hours": always}},
        "queues": {"inbox": {"manager": "Marek", "calendar": "always", "first_response": "30m", "assign": "none"}},
        "rules": [
            {"name": "blocked and declined cards first", "when": _CARDS, "priority": 2, "tags": ["card"]},
        ],
        "bot": {"hold_s": 3},
    }


_CARDS = 'ticket.new && ["card", "karta", "kartya", "карта"].exists(word, fold(message.text).contains(word))'


def welcome(address: str) -> str:
    """What the terminal says first."""
    event = (
        '{"type":"message.received","timestamp":"2026-01-31T09:30:00Z",'
        '"data":{"from":{"address":"web-7","name":"Web form"},"text":"Please call me back"}}'
    )
    return f"""
Centrala DEMO: Telegram is simulated, nothing leaves this machine.

  Open   {address}

  1. A customer's message arrives by itself. Press Take on its card at the desk.
  2. Reply to her words. Her phone shows your answer.
  3. Push the clock: an unanswered message rings the manager's phone.

A system can write too:
  curl -X POST {address.removesuffix("/sandbox")}/hooks/demo -H 'Authorization: Bearer {HOOK_TOKEN}' \\
    -d '{event}'

Going live: one channel at a time; README.md, "Going live". Ctrl-C stops.
"""


def local_zone() -> ZoneInfo:
    """This machine's zone; UTC where it has none."""
    try:
        return ZoneInfo(tzlocal.get_localzone_name())
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


async def _save(api: BotApi, memory: Path) -> None:
    """Write down what the phones show; a torn write never replaces a whole one."""
    body = orjson.dumps(remember(api.world))
    await asyncio.to_thread(_write, memory, body)


def _write(memory: Path, body: bytes) -> None:
    part = memory.with_suffix(".part")
    part.write_bytes(body)
    part.replace(memory)
