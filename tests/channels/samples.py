"""Settings with which each channel can be built in a test; a new channel adds its line, and the contract test asks."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, dict[str, Any]] = {
    "sms": {
        "account_sid": "AC00000000000000000000000000000001",
        "auth_token": "a-token-of-a-test",
        "sender": "+48732000111",
        "api_url": "http://127.0.0.1:9",
    },
    "telegram": {"token": "1000:a-token-of-a-test", "api_url": "http://127.0.0.1:9"},
}
