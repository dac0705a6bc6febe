"""What a post becomes: read, mapped where its source needs it, checked, and named, so that it is stored once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from msgspec import Struct
from msgspec.structs import replace

from channels.contract import Raw
from kernel.errors import Invalid, Problem
from webhooks import mapped, parse, schemas
from webhooks.auth import Source
from webhooks.mapper import Mapper

ID_LIMIT = 200  # characters


class Posted(Struct, frozen=True):
    """An event that can be taken in. `raw`: what is stored; `id`: what a repeat of it is known by."""

    raw: Raw
    event: bytes

    @property
    def id(self) -> str:
        return self.raw.external_id


async def understood(
    source: Source, headers: Mapping[str, str], body: bytes, *, mapper: Mapper, now: datetime
) -> Posted | None:
    """The event in a body; None where the source's map says that it is not for us.

    Raises Invalid naming every field that is wrong, and TryLater where a map cannot be worked out now.
    """
    given = headers.get("webhook-id", "")
    if not source.map:
        return _posted(source, body, given or f"body:{_digest(body)}", body, now=now)
    try:
        return await _mapped(source, given, body, mapper=mapper, now=now)
    except Invalid as error:
        said = f"{error}. What it becomes, and where it fails: centrala inspect hook {source.name} < payload.json"
        raise Invalid(said, problems=error.problems) from error


async def _mapped(source: Source, given: str, body: bytes, *, mapper: Mapper, now: datetime) -> Posted | None:
    made = await mapper.event(source.map, body, now)
    if made is None:
        return None
    event = orjson.dumps({"timestamp": now, **{key: value for key, value in made.items() if key != "id"}})
    wrong = _id_problem(made.get("id"))
    try:
        found = _posted(source, event, "", mapped.kept(event, body), now=now)
    except Invalid as error:
        raise Invalid("the map makes no event that can be taken in", problems=(*wrong, *error.problems)) from error
    if wrong:
        raise Invalid("the map makes no event that can be taken in", problems=wrong)
    known_by = f"map:{made['id']}" if "id" in made else given or _of_the_day(body, now)
    return Posted(replace(found.raw, external_id=known_by), event)


def _id_problem(value: Any) -> tuple[Problem, ...]:
    """An id is a text or a whole number; absent is fine."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if value is None or is_number or (isinstance(value, str) and 0 < len(value) <= ID_LIMIT):
        return ()
    expected = f"a text of 1 to {ID_LIMIT} characters, the same whenever this event is posted again"
    return (
        Problem("id", expected, f"a string of {len(value)} characters" if isinstance(value, str) else "something else"),
    )


def _of_the_day(body: bytes, now: datetime) -> str:
    """A payload without any id: the same within a day is a retry; a month later the customer means it again."""
    return f"body:{_digest(body)}:{now.astimezone(UTC).date()}"


def _posted(source: Source, event: bytes, external_id: str, stored: bytes, *, now: datetime) -> Posted:
    raw = Raw(
        channel=parse.CHANNEL,
        account=parse.account(source.name),
        external_id=external_id,
        address=schemas.read(event).order_key,
        body=stored,
        received_at=now,
    )
    return Posted(raw, event)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
