"""Taking signed SMS posts in, stored before Twilio gets its 200, against the bare server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from statistics import median
from urllib.parse import urlencode

from bench import posts, wrk
from bench.children import Child
from bench.figures import Figure, tell
from bench.ground import Ground, constant, far_side, ground, stand
from bench.wrk import Run
from channels.sms import signature, wire

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - the simulator's
ACCOUNT, NUMBER, PUBLIC_URL = "AC00000000000000000000000000000001", "+48732000111", "https://desk.example"
SETTINGS = '[channels.sms]\naccount_sid = "{account}"\nauth_token = "{token}"\nsender = "{number}"\napi_url = "{url}"\n'
CONNECTIONS = 32
SECONDS = 1
ROUNDS = 5
POSTS_A_SECOND = 12_000  # more than one core accepts, so that no message comes twice
PEOPLE = 2_000
GOAL, CPU_GOAL_US = 0.30, 200


def measure() -> list[Figure]:
    with ground() as found, far_side(found, "sms", TOKEN) as far:
        more = SETTINGS.format(account=ACCOUNT, token=TOKEN, number=NUMBER, url=far.url)
        found.furnish(more=more, public_url=PUBLIC_URL)
        with constant(found.folder) as bare, stand(found, "--paused") as hub:
            hub.wait(lambda: hub.answers("/readyz", "ok"), every_s=0.1)
            numbers = itertools.count(1)
            _pair(found, bare, hub, numbers)  # warm
            pairs = [_pair(found, bare, hub, numbers) for _ in range(ROUNDS)]
    ours, theirs = [one for one, _ in pairs], [one for _, one in pairs]
    note = f"hub {median(one.rate for one in ours):,.0f}/s, constant {median(one.rate for one in theirs):,.0f}/s"
    return [
        Figure(
            "sms", "rate / constant, 32 connections", median(a.rate / b.rate for a, b in pairs), "x", GOAL, note=note
        ),
        Figure("sms", "CPU a message", median(one.cpu_us for one in ours), "us", CPU_GOAL_US, at_most=True),
        Figure("sms", "CPU a post of the constant", median(one.cpu_us for one in theirs), "us"),
    ]


def _pair(found: Ground, bare: Child, hub: Child, numbers: Iterator[int]) -> tuple[Run, Run]:
    """The hub and then the bare server under the same posts."""
    file = found.folder / "posts"
    posts.save(file, (_post(next(numbers)) for _ in range(POSTS_A_SECOND * SECONDS)))
    ours = wrk.load(hub, file, connections=CONNECTIONS, seconds=SECONDS)
    theirs = wrk.load(bare, file, connections=CONNECTIONS, seconds=SECONDS)
    tell(f"sms: hub {ours.rate:,.0f}/s, constant {theirs.rate:,.0f}/s")
    return ours, theirs


def _post(number: int) -> bytes:
    """A message with the nineteen parameters that Twilio sends."""
    sid = f"SM{number:032x}"
    given = {
        "ToCountry": "PL", "ToState": "", "ToCity": "", "ToZip": "", "FromCountry": "PL", "FromState": "",
        "FromCity": "", "FromZip": "", "SmsMessageSid": sid, "SmsSid": sid, "MessageSid": sid, "NumMedia": "0",
        "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01", "AccountSid": ACCOUNT, "To": NUMBER,
        "From": f"+4860{number % PEOPLE:07}", "Body": "My card is not read any more. Where is the nearest station?",
    }  # fmt: skip
    pairs = [(name.encode(), value.encode()) for name, value in given.items()]
    signed = signature.sign(TOKEN.encode(), f"{PUBLIC_URL}{wire.MESSAGE_PATH}".encode(), pairs)
    kind = "application/x-www-form-urlencoded"
    return posts.request(wire.MESSAGE_PATH, urlencode(given).encode(), Content_Type=kind, X_Twilio_Signature=signed)
