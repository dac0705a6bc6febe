"""A row in every table of stations and of who is told of them; see `filled`."""

from __future__ import annotations

from typing import Any

from tests.hub.schema_exchange import AT

STATIONS: dict[str, dict[str, Any]] = {
    "stations": {
        "id": 15,
        "code": "0412",
        "name": "Gdynia",
        "address": "Morska 100",
        "region": "",
        "zone": "Europe/Warsaw",
        "services": "",
        "nearest": "",
        "created_at": AT,
        "updated_at": AT,
    },
    "subscribers": {
        "id": 16,
        "contact_id": 1,
        "company": "Orlik",
        "zone": "",
        "prefers": "",
        "every_station": False,
        "created_at": AT,
    },
    "subscriptions": {"id": 17, "contact_id": 1, "station_id": 15, "created_at": AT},
    "outages": {
        "id": 18,
        "number": 1,
        "state": "announced",
        "planned": True,
        "for_good": False,
        "starts_at": AT,
        "why": "",
        "note": "",
        "source": "staff",
        "source_key": "4711",
        "revision": 1,
        "created_at": AT,
        "updated_at": AT,
    },
    "outage_stations": {"id": 19, "outage_id": 18, "station_id": 15},
    "outage_revisions": {
        "id": 20,
        "outage_id": 18,
        "number": 1,
        "change": "announce",
        "state": "sent",
        "starts_at": AT,
        "why": "",
        "by_id": 2,
        "asked_id": 3,
        "cursor": 0,
        "told": 1,
        "left_out": 0,
        "created_at": AT,
    },
    "notices": {
        "id": 21,
        "outage_id": 18,
        "revision": 1,
        "contact_id": 1,
        "channel": "sms",
        "scheme": "tel",
        "address": "+36",
        "language": "hu",
        "why": "subscribed",
        "state": "queued",
        "reason": "",
        "message_id": 3,
        "created_at": AT,
    },
}
