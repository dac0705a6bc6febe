"""What other systems may post: the events and their fields, checked before anything is stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from kernel.errors import Invalid, Problem

TEXT_LIMIT = 100_000


def _printable(text: str) -> str:
    """NUL is refused: no column holds it, and no person types it."""
    if "\x00" in text:
        raise ValueError("text without NUL characters")
    return text


Words = Annotated[str, AfterValidator(_printable)]


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


def read(body: bytes) -> MessageReceived:
    """The event in `body`. Raises Invalid naming every field that is wrong."""
    try:
        return MessageReceived.model_validate_json(body)
    except ValidationError as error:
        found = tuple(_problem(one) for one in error.errors(include_url=False))
        raise Invalid("the body is not an event that can be taken in", problems=found) from error


_EXPECTED = {
    "type": 'one of: "message.received"',
    "timestamp": "an ISO-8601 time with zone, for example 2026-01-31T09:30:00Z",
    "data.from.address": "an e-mail address, a phone number or an id, 1 to 320 characters",
    "data.text": f"the message, a string of at most {TEXT_LIMIT} characters",
}


def _problem(one: Any) -> Problem:
    field = ".".join(str(part) for part in one["loc"]) or "body"
    expected = _EXPECTED.get(field) or one["msg"].removeprefix("Value error, ")
    if one["type"] == "json_invalid":
        return Problem("body", "JSON in UTF-8", str(one.get("ctx", {}).get("error", "")))
    got = "nothing" if one["type"] == "missing" else _kind(one.get("input"))
    return Problem(field, expected, got)


def _kind(value: Any) -> str:
    """What came, without repeating a customer's words."""
    if isinstance(value, str):
        return f"a string of {len(value)} characters"
    return "null" if value is None else f"a JSON {type(value).__name__}"
