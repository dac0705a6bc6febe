"""A row in every table of incidents; see `filled`."""

from __future__ import annotations

from typing import Any

from tests.hub.schema_exchange import AT

INCIDENTS: dict[str, dict[str, Any]] = {
    "incidents": {
        "id": 80,
        "number": 1,
        "title": "Terminals down",
        "state": "open",
        "cause": "",
        "sign": "station:0412",
        "outage_id": 18,
        "opened_by_id": 2,
        "run": 0,
        "shown": 1,
        "revision": 1,
        "created_at": AT,
        "updated_at": AT,
    },
    "incident_tickets": {"id": 81, "incident_id": 80, "ticket_id": 8, "state": "joined", "joined_at": AT},
    "incident_revisions": {
        "id": 82,
        "incident_id": 80,
        "number": 1,
        "change": "update",
        "state": "sent",
        "text": "",
        "by_id": 2,
        "told": 1,
        "left_out": 0,
        "created_at": AT,
    },
    "incident_notices": {
        "id": 83,
        "incident_id": 80,
        "revision": 1,
        "contact_id": 1,
        "ticket_id": 8,
        "channel": "sms",
        "scheme": "tel",
        "address": "+36",
        "language": "hu",
        "state": "queued",
        "reason": "",
        "message_id": 3,
        "created_at": AT,
    },
}
