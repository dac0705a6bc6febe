"""A row in every table of the customer's side, for `schema.FILLED`: ratings and call-backs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
CUSTOMERS: dict[str, dict[str, Any]] = {
    "surveys": {
        "id": 80,
        "ticket_id": 8,
        "message_id": 3,
        "account": "hook:erp",
        "address": "4711",
        "asked_at": AT,
        "score": 4,
    },
    "call_backs": {
        "id": 82,
        "ticket_id": 8,
        "phone": "+36301234567",
        "state": "waiting",
        "due_at": AT,
        "window_from": AT,
        "window_until": AT,
        "zone": "UTC",
        "tries": 0,
        "missed": False,
        "created_at": AT,
    },
    "survey_answers": {"id": 81, "survey_id": 80, "at": AT, "score": 4, "counted": True},
}
