"""What the simulated Twilio remembers: messages, calls, deliveries. Values only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, field

Json = dict[str, Any]


class Refusal(Exception):
    """Twilio's no: an HTTP status and a code of its own."""

    def __init__(self, status: int, code: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class Message(Struct):
    """One SMS, in or out. `status` moves on while it travels."""

    sid: str
    direction: str  # "inbound" or "outbound-api"
    sender: str
    to: str
    body: str
    status: str
    segments: int
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    error_code: int | None = None
    callback: str = ""
    service: str = ""
    media: tuple[tuple[str, str], ...] = ()  # address and content type
    history: list[str] = field(default_factory=list)

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"


class Call(Struct, frozen=True):
    """A request as it came in at the API."""

    method: str
    path: str
    params: dict[str, str]


class Delivery(Struct, frozen=True):
    """One attempt to post something to the customer's server; status 0 if there was no answer."""

    url: str
    params: dict[str, str]
    status: int
    answer: str
