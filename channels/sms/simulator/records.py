"""The message resource and its list, as the REST API writes them (docs: Message resource, version 2010-04-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

from channels.sms.simulator.model import Json, Message, Refusal
from channels.sms.simulator.world import World

PAGE_SIZE, PAGE_SIZE_LIMIT = 50, 1000
_DATES = ("DateSent", "DateSent<", "DateSent>")
_FILTERS = ("To", "From", *_DATES)


def record(world: World, message: Message) -> Json:
    uri = f"/2010-04-01/Accounts/{world.account_sid}/Messages/{message.sid}"
    return {
        "account_sid": world.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": _moment(message.created_at),
        "date_sent": _moment(message.sent_at),
        "date_updated": _moment(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender or None,
        "messaging_service_sid": message.service or None,
        "num_media": str(len(message.media)),
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def page(world: World, query: Mapping[str, str]) -> Json:
    """A page of the list, newest first. A page token names the last record before it, so that pages do not shift."""
    size = _number(query.get("PageSize"), PAGE_SIZE)
    if not 1 <= size <= PAGE_SIZE_LIMIT:
        raise Refusal(400, 20001, "Invalid PageSize")
    dates = {name: _asked(query[name]) for name in _DATES if name in query}
    listed = (one for one in reversed(world.messages) if one.sid not in world.faults.unlisted)
    found = [one for one in listed if _is_asked_for(one, query, dates)]
    token = query.get("PageToken", "")
    if token:
        places = [place for place, one in enumerate(found) if token == f"PA{one.sid}"]
        if not places:
            raise Refusal(400, 20001, "Invalid PageToken")
        found = found[places[0] + 1 :]
    return _page(world, query, found, size)


def _page(world: World, query: Mapping[str, str], found: Sequence[Message], size: int) -> Json:
    shown, number = found[:size], _number(query.get("Page"), 0)
    base = f"/2010-04-01/Accounts/{world.account_sid}/Messages.json"
    filters = {name: query[name] for name in _FILTERS if name in query} | {"PageSize": str(size)}
    following = None
    if len(found) > size:
        following = f"{base}?{urlencode({**filters, 'Page': number + 1, 'PageToken': f'PA{shown[-1].sid}'})}"
    return {
        "end": max(0, len(shown) - 1),
        "first_page_uri": f"{base}?{urlencode({**filters, 'Page': 0})}",
        "messages": [record(world, one) for one in shown],
        "next_page_uri": following,
        "page": number,
        "page_size": size,
        "previous_page_uri": None,
        "start": 0,
        "uri": f"{base}?{urlencode({**filters, 'Page': number})}",
    }


def _is_asked_for(message: Message, query: Mapping[str, str], dates: Mapping[str, datetime]) -> bool:
    sent = message.sent_at or message.created_at
    if query.get("To") not in (None, message.to) or query.get("From") not in (None, message.sender):
        return False
    if "DateSent>" in dates and sent < dates["DateSent>"]:
        return False
    if "DateSent<" in dates and sent > dates["DateSent<"]:
        return False
    return "DateSent" not in dates or timedelta() <= sent - dates["DateSent"] < timedelta(days=1)


def _asked(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise Refusal(400, 20001, f"Invalid date: {written}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _number(written: str | None, otherwise: int) -> int:
    if written is None:
        return otherwise
    if not written.isdecimal():
        raise Refusal(400, 20001, f"Not a number: {written}")
    return int(written)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at)
