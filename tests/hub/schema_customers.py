"""A row in every table of the customer's side, for `schema.FILLED`: ratings, call-backs, links for files, questions."""

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
    "acceptances": {
        "id": 85,
        "ticket_id": 8,
        "message_id": 3,
        "account": "hook:erp",
        "address": "4711",
        "asked_at": AT,
        "answer": "yes",
    },
    "survey_answers": {"id": 81, "survey_id": 80, "at": AT, "score": 4, "counted": True},
    "upload_links": {
        "id": 83,
        "ticket_id": 8,
        "contact_id": 1,
        "digest": "ab" * 32,
        "by_id": 2,
        "created_at": AT,
        "expires_at": AT,
    },
    "question_runs": {
        "id": 84,
        "ticket_id": 8,
        "account": "sms:1",
        "address": "+36301234567",
        "state": "running",
        "field": "cause",
        "question_id": 3,
        "is_second": False,
        "skipped": "",
        "done": 0,
        "total": 2,
        "by_id": 2,
        "created_at": AT,
        "due_at": AT,
    },
}
