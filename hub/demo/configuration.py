"""The demo's settings, as a file would have them, so that everything runs as it does live; and what it says first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hub import settings as live
from hub.demo import people as cast
from hub.demo.far_sides import FarSides
from hub.environment import PREFIX
from hub.settings import Settings

HOOK_TOKEN = "demo-token-0123456789"  # noqa: S105 - of a source that only listens on this machine
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CARDS = 'ticket.new && ["card", "karta", "kartya", "карта"].exists(word, fold(message.text).contains(word))'


def settings(data: Path, far: FarSides, *, hub: str, zone: str) -> Settings:
    """The settings over `data` and the far sides, which listen. `hub`: its own address. Raises Invalid."""
    forget_environment()
    return live.check(
        {
            "database": {"url": f"sqlite://{(data / 'centrala.db').resolve()}"},
            "channels": channels(far, hub=hub),
            "hooks": {"sources": {"demo": {"token": HOOK_TOKEN, "addresses": ["127.0.0.1/32"]}}},
            "calendars": {"always": {"zone": zone, "hours": {day: ["00:00-24:00"] for day in _DAYS}}},
            "queues": {"inbox": {"manager": "Marek", "calendar": "always", "first_response": "30m", "assign": "none"}},
            "rules": [
                {"name": "blocked and declined cards first", "when": _CARDS, "priority": 2, "tags": ["card"]},
            ],
            "bot": {"hold_s": 3},
        },
        base=data,
    )


def channels(far: FarSides, *, hub: str) -> dict[str, dict[str, Any]]:
    """The tables of channels whose far sides are these. `hub`: our own address."""
    return {
        "telegram": {"token": cast.TOKEN, "api_url": far.telegram.url, "staff_chat": cast.STAFF_CHAT},
        "sms": {
            "account_sid": far.sms.world.account_sid,
            "auth_token": cast.SMS_TOKEN,
            "sender": far.sms.world.number,
            "api_url": far.sms.url,
            "public_url": hub,
        },
        "email": {
            "address": cast.OUR_MAIL,
            "name": "Centrala",
            "listen": "127.0.0.1:0",
            "smtp": {"host": "127.0.0.1", "port": far.mail.port, "tls": "none"},
        },
    }


def forget_environment() -> None:
    """Settings in this process's environment win over a file's: a live database or token must not get in here."""
    for name in [one for one in os.environ if one.upper().startswith(PREFIX)]:
        del os.environ[name]


def welcome(address: str, again: str) -> str:
    """What the terminal says first. `again`: the command that starts over."""
    event = (
        '{"type":"message.received","timestamp":"2026-01-31T09:30:00Z",'
        '"data":{"from":{"address":"web-7","name":"Web form"},"text":"Please call me back"}}'
    )
    return f"""
Centrala DEMO: Telegram, SMS and e-mail are simulated, nothing leaves this machine.

  Open   {address}

  1. A customer's message arrives by itself. Press Take on its card at the desk.
  2. Press Reply under her words, type, send. Her phone shows your answer.
  3. Push the clock: an unanswered message rings the manager's phone.
  4. A station fails: three customers read of it on three channels, each in his language.

A system can write too:
  curl -X POST {address.removesuffix("/sandbox")}/hooks/demo -H 'Authorization: Bearer {HOOK_TOKEN}' \\
    -d '{event}'

Going live: one channel at a time; README.md, "Going live".
Ctrl-C stops. To start over: {again}
"""
