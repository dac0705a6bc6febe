"""Taking updates in by webhook, stored before Telegram hears of it, against aiogram that is only fed with them."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from statistics import median

from bench import posts, updates, wrk
from bench.children import Child
from bench.figures import Figure, tell
from bench.ground import Ground, far_side, ground, server, stand
from channels.telegram.receive import PATH

TOKEN = "123456789:bench-token"  # noqa: S105 - the simulator's
SECRET = "bench-webhook-secret-0123456789"  # noqa: S105 - the simulator's
SETTINGS = '[channels.telegram]\ntoken = "{token}"\napi_url = "{url}"\nmode = "webhook"\nwebhook_secret = "{secret}"\n'
CONNECTIONS = 32
SECONDS = 1
ROUNDS = 5
POSTS_A_SECOND = 14_000  # more than one core accepts, so that no update comes twice
GOAL = 0.5


def measure() -> list[Figure]:
    with ground() as found, far_side(found, "telegram", TOKEN) as far:
        found.furnish(more=SETTINGS.format(token=TOKEN, url=far.url, secret=SECRET), public_url="https://desk.example")
        with (
            server(["-m", "bench.feeding"], found.folder / "feeding.log") as bare,
            stand(found, "--paused") as hub,
        ):
            hub.wait(lambda: hub.answers("/readyz", "ok"), every_s=0.1)
            numbers = itertools.count(1)
            _pair(found, bare, hub, numbers)  # warm
            pairs = [_pair(found, bare, hub, numbers) for _ in range(ROUNDS)]
    note = f"hub {median(ours.rate for ours, _ in pairs):,.0f}/s, aiogram {median(fed for _, fed in pairs):,.0f}/s"
    ratio = median(ours.rate / fed for ours, fed in pairs)
    return [
        Figure("telegram", "updates stored / fed to bare aiogram", ratio, "x", GOAL, note=note),
        Figure("telegram", "CPU an update", median(ours.cpu_us for ours, _ in pairs), "us"),
    ]


def _pair(found: Ground, bare: Child, hub: Child, numbers: Iterator[int]) -> tuple[wrk.Run, float]:
    """The hub under new updates, then aiogram under as many as it takes."""
    file = found.folder / "posts"
    posts.save(file, (_post(next(numbers)) for _ in range(POSTS_A_SECOND * SECONDS)))
    ours = wrk.load(hub, file, connections=CONNECTIONS, seconds=SECONDS)
    fed = float(bare.tell(signal.SIGUSR1, "rate"))
    tell(f"telegram: hub {ours.rate:,.0f}/s, aiogram {fed:,.0f}/s")
    return ours, fed


def _post(number: int) -> bytes:
    secret = {"X_Telegram_Bot_Api_Secret_Token": SECRET}
    return posts.request(PATH, updates.body(number), Content_Type="application/json", **secret)
