"""What other systems may post: the events and their fields, checked before anything is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from crmcore.exchange.stations import is_zone
from kernel.errors import Invalid, Problem

TEXT_LIMIT = 100_000


def _printable(text: str) -> str:
    """NUL is refused: no column holds it, and no person types it."""
    if "\x00" in text:
        raise ValueError("text without NUL characters")
    return text


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("a time zone, for example Europe/Warsaw")
    return name


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Words = Annotated[str, AfterValidator(_printable)]
Code = Annotated[Words, Field(pattern=r"^[^\s,;/|\"'<>]{1,20}$")]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Sender(_Part):
    """Who wrote: an e-mail address, a phone number, or any name the posting system knows him by."""

    address: Annotated[Words, Field(min_length=1, max_length=320)]
    name: Annotated[Words, Field(max_length=200)] = ""


class MessageData(_Part):
    sender: Annotated[Sender, Field(alias="from")]
    subject: Annotated[Words, Field(max_length=500)] = ""
    text: Annotated[Words, Field(max_length=TEXT_LIMIT)]
    thread: Annotated[Words, Field(max_length=150)] = ""
    language: Annotated[Words, Field(max_length=35)] = ""


class MessageReceived(_Part):
    """A customer's message that another system took in: a web form, a chat, an app."""

    type: Literal["message.received"]
    timestamp: AwareDatetime
    data: MessageData

    @property
    def order_key(self) -> str:
        """Events of one key are handled in the order they came in."""
        return self.data.sender.address


class StationData(_Part):
    """A station as its database has it. What is left out stays as it is here."""

    code: Code
    name: Annotated[Words, Field(max_length=120)] | None = None
    address: Annotated[Words, Field(max_length=200)] | None = None
    region: Annotated[Words, Field(max_length=60)] | None = None
    zone: Annotated[Words, AfterValidator(_zone)] | None = None
    services: Annotated[Words, Field(max_length=200)] | None = None
    nearest: Annotated[tuple[Code, ...], Field(max_length=10)] | None = None


class StationUpserted(_Part):
    """A station is new or has changed."""

    type: Literal["station.upserted"]
    timestamp: AwareDatetime
    data: StationData

    @property
    def order_key(self) -> str:
        return f"station/{self.data.code}"


class OutageData(_Part):
    """A station (or several) out of service, up again, or reported by mistake. `key`: what the source calls it."""

    station: Annotated[tuple[Code, ...], BeforeValidator(_several), Field(min_length=1, max_length=20)]
    state: Literal["down", "up", "cancelled"] = "down"
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    for_good: bool = False
    why: Annotated[Words, Field(max_length=300)] = ""
    note: Annotated[Words, Field(max_length=1000)] = ""
    key: Annotated[Words, Field(max_length=120)] = ""

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.since and self.until and self.until <= self.since and self.state == "down":
            raise ValueError("an until that is later than from")
        return self


class StationOutage(_Part):
    """What monitoring knows of an outage."""

    type: Literal["station.outage"]
    timestamp: AwareDatetime
    data: OutageData

    @property
    def order_key(self) -> str:
        return f"outage/{self.data.key or self.data.station[0]}"


class MissedData(_Part):
    """A call that nobody took. `called`: the number of ours; `name`: as the exchange shows the caller."""

    caller: Annotated[Words, Field(alias="from", min_length=1, max_length=40)]
    called: Annotated[Words, Field(alias="to", max_length=40)] = ""
    name: Annotated[Words, Field(max_length=200)] = ""
    at: Instant | None = None


class CallMissed(_Part):
    """The telephone exchange says that somebody rang and nobody answered."""

    type: Literal["call.missed"]
    timestamp: AwareDatetime
    data: MissedData

    @property
    def order_key(self) -> str:
        return f"call/{self.data.caller}"


Event = MessageReceived | StationUpserted | StationOutage | CallMissed
# Beside messages, which are read first: there are many of them.
_OTHERS: dict[str, type[StationUpserted | StationOutage | CallMissed]] = {
    "station.upserted": StationUpserted,
    "station.outage": StationOutage,
    "call.missed": CallMissed,
}


def read(body: bytes) -> Event:
    """The event in `body`. Raises Invalid naming every field that is wrong."""
    try:
        return MessageReceived.model_validate_json(body)
    except ValidationError as error:
        named = _type(error)
        other = _OTHERS.get(named)
        if other is None:
            raise _refused(error, _UNKNOWN if named else _MESSAGE) from error
    try:
        return other.model_validate_json(body)
    except ValidationError as error:
        raise _refused(error, named) from error


def _type(error: ValidationError) -> str:
    """The type a body has that is no message; "" if it is a message that is wrong, or nothing we can tell."""
    found = [one["input"] for one in error.errors(include_url=False) if one["loc"] == ("type",)]
    return found[0] if found and isinstance(found[0], str) else ""


def _refused(error: ValidationError, of: str) -> Invalid:
    """`of`: the event that it is, or _UNKNOWN: then nothing can be said of what it should have had."""
    faults = error.errors(include_url=False)
    found = tuple(_problem(one, of) for one in faults if of != _UNKNOWN or one["loc"] == ("type",))
    return Invalid("the body is not an event that can be taken in", problems=found)


_MESSAGE, _UNKNOWN = "message.received", "unknown"
_FROM = {
    _MESSAGE: 'who wrote, for example {"address": "anna@example.com"}',
    "call.missed": "the number that rang, for example +48600100200",
    "station.outage": "an ISO-8601 time with zone, for example 2026-01-31T09:30:00Z",
}
_EXPECTED = {
    "type": 'one of: "message.received", "station.upserted", "station.outage", "call.missed"',
    "timestamp": "an ISO-8601 time with zone, for example 2026-01-31T09:30:00Z",
    "data.from.address": "an e-mail address, a phone number or an id, 1 to 320 characters",
    "data.code": "the station's code, 1 to 20 characters, for example 0412",
    "data.station": "a station's code, or a list of them",
    "data.until": "an ISO-8601 time with zone, for example 2026-01-31T12:30:00Z",
    "data.state": 'one of: "down", "up", "cancelled"',
    "data.text": f"the message, a string of at most {TEXT_LIMIT} characters",
}


def _problem(one: Any, of: str) -> Problem:
    field = ".".join(str(part) for part in one["loc"]) or "body"
    known = _FROM.get(of) if field == "data.from" else _EXPECTED.get(field)
    expected = known or one["msg"].removeprefix("Value error, ")
    if one["type"] == "json_invalid":
        return Problem("body", "JSON in UTF-8", str(one.get("ctx", {}).get("error", "")))
    got = "nothing" if one["type"] == "missing" else _kind(one.get("input"))
    return Problem(field, expected, got)


def _kind(value: Any) -> str:
    """What came, without repeating a customer's words."""
    if isinstance(value, str):
        return f"a string of {len(value)} characters"
    return "null" if value is None else f"a JSON {type(value).__name__}"
