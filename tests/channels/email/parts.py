"""What the tests of e-mail share: settings, a hub's accept that keeps, marks in memory, and a certificate."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from channels.contract import Accepted, Address, MessageId, Operation, Outbound, Raw, RawId
from channels.email import Settings

ADDRESS = "help@desk.example"
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
PATIENCE_S = 15.0


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"address": ADDRESS, "listen": "127.0.0.1:0", **more})


def outbound(text: str = "Your card works again.", to: str = "eszter@example.hu", **more: Any) -> Outbound:
    known = {"subject": "Re: Card", "first_at": AT} | more
    return Outbound(MessageId(4711), 1, Operation.SEND, Address("mailto", to), text, **known)


def mail(subject: str = "Card", *, text: str = "My card is blocked.", number: int = 1, sender: str = "") -> bytes:
    head = f"From: {sender or 'Eszter <eszter@example.hu>'}\r\nTo: {ADDRESS}\r\nSubject: {subject}\r\n"
    return f"{head}Message-ID: <{number}@example.hu>\r\n\r\n{text}\r\n".encode()


@dataclass
class Taking:
    """A hub that takes in: a repeat is known. `refusal` is raised instead as long as it is set."""

    raws: list[Raw] = field(default_factory=list)
    refusal: Exception | None = None
    gate: asyncio.Event | None = None
    asked: int = 0

    async def accept(self, raw: Raw) -> Accepted:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal is not None:
            raise self.refusal
        known = [one.external_id for one in self.raws]
        if raw.external_id in known:
            return Accepted(RawId(known.index(raw.external_id)), False)
        self.raws.append(raw)
        return Accepted(RawId(len(self.raws)), True)


class MemoryMarks:
    def __init__(self) -> None:
        self.marks: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.marks.get(key)

    async def put(self, key: str, value: str) -> None:
        self.marks[key] = value


async def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.01)


@cache
def certificate() -> tuple[Path, Path]:
    """A certificate for this machine, signed by itself, and its key."""
    folder = Path(mkdtemp(prefix="centrala-certificate-"))
    found, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", str(found), "-keyout", str(key)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    return found, key
