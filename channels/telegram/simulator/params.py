"""The parameters of one call, whatever way they came, read by type. No HTTP, no rules of the methods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from msgspec import Struct, field

from channels.telegram.simulator.model import Json
from channels.telegram.simulator.refusals import bad

NUMBER = re.compile(r"-?[0-9]{1,19}")
TRUE = frozenset({"true", "1", "yes", "t"})


class Upload(Struct, frozen=True):
    """A file that came with the call."""

    name: str
    mime: str
    content: bytes


class Params(Struct, frozen=True):
    given: Mapping[str, Any]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.given.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def integer(self, name: str) -> int | None:
        value = self.given.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise bad(f'field "{name}" must be of type Number')
        try:
            return int(value)
        except ValueError:
            raise bad(f'field "{name}" must be of type Number') from None

    @property
    def chat_id(self) -> int | None:
        """The chat's number; None when there is none, or a name (the simulated chats have no names)."""
        name = self.text("chat_id")
        return int(name) if NUMBER.fullmatch(name) else None

    def boolean(self, name: str) -> bool:
        return str(self.given.get(name, "")).lower() in TRUE

    def structure(self, name: str, complaint: str) -> Any:
        """A JSON-encoded parameter, None when absent; the complaint is what Telegram says of a broken one."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad(complaint) from None

    def objects(self, name: str, complaint: str) -> list[Json] | None:
        """A JSON-encoded array of objects."""
        value = self.structure(name, complaint)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise bad(complaint)
        return value

    def upload(self, name: str) -> Upload | None:
        """The file of this parameter: its own part, or the part named after attach://."""
        return self.attached(self.text(name)) or self.uploads.get(name)

    def attached(self, reference: str) -> Upload | None:
        if not reference.startswith("attach://"):
            return None
        part = self.uploads.get(reference.removeprefix("attach://"))
        if part is None:
            raise bad("can't find the attached file by its name")
        return part
