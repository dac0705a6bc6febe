"""A provider that takes the connection and never answers holds up nobody but its own channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels import outbox
from channels.contract import Address
from channels.outbox import Draft
from tests.support import stage as stages
from tests.support import traffic as flows
from tests.support.ports import free_port
from tests.support.stage import Stage
from tests.support.traffic import Far

MANY = 20  # for each channel that is well
MORE = 80  # for the one that hangs: more than it may have under way at once
ACCOUNTS = {"telegram": "telegram:1000", "sms": "sms:+48732000111", "email": f"email:{flows.DESK}"}


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Stage, Far]]:
    """The whole hub with all its channels."""
    port = free_port()
    async with flows.far_sides(port) as far:
        sms = {
            "account_sid": far.twilio.world.account_sid,
            "auth_token": flows.AUTH_TOKEN,
            "sender": far.twilio.world.number,
            "api_url": far.twilio.url,
            "public_url": f"http://127.0.0.1:{port}",
            **dict.fromkeys(("rate", "account_rate"), 100),
            **dict.fromkeys(("per_recipient", "per_prefix", "per_day"), 0),
        }
        smtp = {"host": "127.0.0.1", "port": far.mail.port, "tls": "none"}
        email = {"address": flows.DESK, "listen": f"127.0.0.1:{far.listen}", "smtp": smtp}
        async with stages.playing(
            database_url, tmp_path, web={"port": port}, channels={"sms": sms, "email": email}
        ) as stage:
            yield stage, far


def _hang(stage: Stage, far: Far, channel: str) -> None:
    if channel == "telegram":
        stage.world.faults.hang("sendMessage", 3600, MORE)
    elif channel == "sms":
        far.twilio.world.faults.hang(3600, MORE)
    else:
        far.mail.faults.hang = MORE


@pytest.mark.parametrize("channel", ACCOUNTS)
async def test_a_provider_that_hangs_holds_up_its_own_channel_only(hub: tuple[Stage, Far], channel: str) -> None:
    """R9: while it hangs, all others go out, and everybody is heard."""
    stage, far = hub
    _hang(stage, far, channel)
    await _queue(stage, channel, MORE)
    await stage.until(lambda: _has(stage, channel, "state = 'leased'", 1))
    others = [one for one in ACCOUNTS if one != channel]
    for one in others:
        await _queue(stage, one, MANY)
    assert (await stage.send(_event()))[0] == 202
    for one in others:
        await stage.until(lambda one=one: _has(stage, one, "state IN ('sent', 'delivered')", MANY))
    await stage.until(lambda: _heard(stage))
    assert await _has(stage, channel, "state IN ('queued', 'leased')", 1), "it still hangs"


async def _queue(stage: Stage, channel: str, count: int) -> None:
    async with stage.app.store.unit() as work:
        await outbox.enqueue(
            work,
            [
                Draft(channel, ACCOUNTS[channel], _address(stage, channel, number), "notice", f"Text {number}")
                for number in range(count)
            ],
        )


def _address(stage: Stage, channel: str, number: int) -> Address:
    if channel == "telegram":
        stage.open(stage.world.person(7000 + number, f"Person {number}"))
        return Address("telegram", str(7000 + number))
    if channel == "sms":
        return Address("tel", f"+3630123{4000 + number}")
    return Address("mailto", f"person{number}@mail.example")


async def _has(stage: Stage, channel: str, condition: str, count: int) -> bool:
    [row] = await stage.rows(
        f"SELECT count(*) AS n FROM messages WHERE direction = 'out' AND purpose = 'notice' AND channel = ?"
        f" AND {condition}",
        channel,
    )
    return bool(row["n"] >= count)


async def _heard(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT id FROM entries WHERE kind = 'message'"))


def _event() -> bytes:
    return (
        b'{"type": "message.received", "timestamp": "2026-03-10T09:00:00Z",'
        b' "data": {"from": {"address": "eszter@example.hu"}, "text": "Do you hear me?"}}'
    )
