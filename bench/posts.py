"""Signed posts made beforehand, so that the load generator only sends: whole HTTP requests in one file."""

from __future__ import annotations

import base64
import hmac
import itertools
import random
import secrets
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson

SOURCE = "bench"
WORDS = (
    "Dear colleagues, the charger at Lipova 12 shows a red lamp since this morning and my card is not read any more; "
    "the screen says that the session cannot start. I have tried both plugs and another car. Could you please look "
    "at it, or tell me where the nearest free one is? I need to drive to Brno at four. Thank you, Eszter"
)
CLOSING_WORDS = ("card", "invoice", "station", "cable")


class Signer:
    """Makes Standard Webhooks signatures for one new secret."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(24)
        self._numbers = itertools.count(1)

    @property
    def secret(self) -> str:
        return f"whsec_{base64.b64encode(self._key).decode()}"

    def post(self, body: bytes) -> bytes:
        """A whole request with an id that no other has."""
        given, at = f"msg_{next(self._numbers)}", str(int(time.time()))
        digest = hmac.digest(self._key, f"{given}.{at}.".encode() + body, "sha256")
        head = (
            f"POST /hooks/{SOURCE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nwebhook-id: {given}\r\nwebhook-timestamp: {at}\r\n"
            f"webhook-signature: v1,{base64.b64encode(digest).decode()}\r\n\r\n"
        )
        return head.encode() + body


def bodies(people: int) -> Iterator[bytes]:
    """Messages of about 500 bytes from `people` senders in random order (the same order in every run)."""
    chance = random.Random(1)
    while True:
        number = chance.randrange(people)
        yield orjson.dumps(
            {
                "type": "message.received",
                "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
                "data": {
                    "from": {"address": f"eszter{number}@customers.example", "name": f"Eszter {number}"},
                    "text": f"{WORDS} ({chance.choice(CLOSING_WORDS)})",
                },
            }
        )


def write(file: Path, signer: Signer, *, count: int, people: int) -> None:
    """`count` signed events in a file for wrk.lua."""
    save(file, (signer.post(body) for body in itertools.islice(bodies(people), count)))


def save(file: Path, requests: Iterable[bytes]) -> None:
    """Whole requests as wrk.lua reads them: the length in ten characters before each."""
    with file.open("wb") as out:
        for request in requests:
            out.write(b"%010d" % len(request) + request)


def request(path: str, body: bytes, **headers: str) -> bytes:
    """A whole request; underscores in names of headers are dashes."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body
