"""A row in every table of imports, for `schema.FILLED`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
EXCHANGE: dict[str, dict[str, Any]] = {
    "import_mappings": {"id": 61, "kind": "companies", "fingerprint": "f", "columns": "[]", "changed_at": AT},
    "imports": {
        "id": 62,
        "number": 1,
        "kind": "companies",
        "digest": "d",
        "file": "firms.csv",
        "state": "running",
        "cursor": 0,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "conflicts": 0,
        "errors": 0,
        "by_id": 2,
        "started_at": AT,
        "ended_at": None,
    },
    "import_rows": {
        "id": 63,
        "batch_id": 62,
        "line": 2,
        "key": "name orlik",
        "action": "create",
        "ref_id": 54,
        "changes": "{}",
        "version": 1,
        "undone": "",
    },
    "external_ids": {
        "id": 64,
        "kind": "company",
        "owner_id": 50,
        "value": "0017",
        "ref_id": 54,
        "created_at": AT,
    },
}
