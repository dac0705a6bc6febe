"""A provider that hangs: how much longer the other channels' messages take meanwhile, against the same run without."""

from __future__ import annotations

import re
from statistics import quantiles
from subprocess import TimeoutExpired

from bench.children import Broken, Child, child
from bench.figures import Figure, tell
from bench.ground import ground, server
from bench.providers import AUTH_TOKEN, TOKEN

CHANNELS = ("telegram", "sms", "email")
SECONDS = 8.0
ROUNDS = 2  # calm and hanging by turns, so that a busy machine is unfair to both alike
GOAL = 1.2
WITHIN_S = 240.0
SETTINGS = """
[channels.telegram]
token = "{token}"
api_url = "http://127.0.0.1:{telegram}"
[channels.sms]
account_sid = "AC00000000000000000000000000000001"
auth_token = "{auth_token}"
sender = "+48732000111"
api_url = "http://127.0.0.1:{twilio}"
receive = "poll"
rate = 100
account_rate = 100
per_recipient = 0
per_prefix = 0
per_day = 0
[channels.email]
address = "help@desk.example"
smtp = {{ host = "127.0.0.1", port = {mail}, tls = "none" }}
"""


def measure() -> list[Figure]:
    return [_figure(channel) for channel in CHANNELS]


def _figure(channel: str) -> Figure:
    calm, hanging = _waits(channel)
    tell(f"hanging: {channel}, p99 {calm * 1e3:.0f} ms calm, {hanging * 1e3:.0f} ms while it hangs")
    note = f"p99 {hanging * 1e3:.0f} ms against {calm * 1e3:.0f} ms"
    return Figure("hanging", f"others' p99, {channel} hangs / does not", hanging / calm, "x", GOAL, True, note)


def _waits(channel: str) -> tuple[float, float]:
    """The others' p99 in seconds, from queued to settled: while the channel is well, and while it hangs."""
    with (
        ground() as found,
        server(["-m", "bench.providers", channel, str(SECONDS)], found.folder / "far.log") as far,
    ):
        ports = {name: _number(name, far) for name in ("twilio", "mail")}
        found.furnish(more=SETTINGS.format(token=TOKEN, auth_token=AUTH_TOKEN, telegram=far.port, **ports))
        words = [str(found.config), channel, str(far.process.pid), str(SECONDS), str(ROUNDS)]
        with child(["-m", "bench.sending", *words], found.folder / "hub.log") as hub:
            _ended(hub)
            return _p99("calm", hub), _p99("hanging", hub)


def _ended(hub: Child) -> None:
    try:
        hub.process.wait(WITHIN_S)
    except TimeoutExpired as error:
        raise Broken(f"still sending after {WITHIN_S:.0f} s:\n{hub.said()[-2000:]}") from error


def _number(name: str, far: Child) -> int:
    found = re.search(rf"^{name} (\d+)$", far.said(), re.MULTILINE)
    if found is None:
        raise Broken(far.said()[-2000:])
    return int(found.group(1))


def _p99(name: str, hub: Child) -> float:
    said = re.findall(rf"^{name} ([\d. ]+)$", hub.said(), re.MULTILINE)
    if len(said) != ROUNDS:
        raise Broken(hub.said()[-2000:])
    return quantiles((float(wait) for line in said for wait in line.split()), n=100)[-1]
