"""SMS at the wire: a signed text becomes a ticket, the answer an SMS, its delivery a report with our own id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from channels.contract import Kind, Raw
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from kernel import rows
from tests.support import stage as stages
from tests.support.ports import free_port
from tests.support.stage import Stage

TOKEN = "0123456789abcdef0123456789abcdef"
ESZTER = "+36301234567"


@dataclass
class Texting:
    """The stage with Twilio beside it."""

    stage: Stage
    api: TwilioApi

    async def text(self, body: str, *, sender: str = ESZTER) -> None:
        """A text to our number; returns when everything that follows has happened."""
        self.api.world.text(sender, body)
        await self.settled()

    async def settled(self) -> None:
        await self.stage.until(lambda: not self.api.world.outgoing.pending)
        await self.stage.settled()
        await self.stage.until(lambda: not self.api.world.outgoing.pending)
        await self.stage.settled()

    async def raws(self) -> list[Raw]:
        found = await self.stage.rows("SELECT * FROM raw_messages WHERE channel = 'sms' ORDER BY id")
        return [
            Raw("sms", row["account"], "", row["address"], bytes(row["body"]), rows.instant(row["received_at"]))
            for row in found
        ]


def configured(api: TwilioApi, port: int, **more: Any) -> dict[str, Any]:
    sms = {
        "account_sid": api.world.account_sid,
        "auth_token": TOKEN,
        "sender": api.world.number,
        "api_url": api.url,
        "rate": 100,
        "account_rate": 100,
        **more,
    }
    return {"web": {"port": port, "public_url": f"http://127.0.0.1:{port}"}, "channels": {"sms": sms}}


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with playing(database_url, tmp_path) as found:
        yield found


@asynccontextmanager
async def playing(
    database_url: str, tmp_path: Path, *, rules: Sequence[dict[str, Any]] = (), **more: Any
) -> AsyncIterator[Texting]:
    """The stage with these settings of the sender."""
    port = free_port()
    api = TwilioApi(TOKEN, retry_delay_s=0.01)
    await api.start()
    api.world.message_url = f"http://127.0.0.1:{port}{wire.MESSAGE_PATH}"
    async with stages.playing(database_url, tmp_path, rules=list(rules), **configured(api, port, **more)) as stage:
        yield Texting(stage, api)
    await api.stop()


async def test_a_text_becomes_a_ticket_and_its_answer_a_text(texting: Texting) -> None:
    """S1-10 (SMS), M-4, M-8, M-9: in signed, to the desk's phones, and back out to the customer's."""
    stage, api = texting.stage, texting.api
    await texting.text("Nem működik a kártyám")
    ticket = await stage.ticket()
    assert (ticket["channel"], ticket["address"], ticket["state"]) == ("sms", ESZTER, "open")
    assert len(api.world.inbox(ESZTER)) == 1, "the acknowledgement"
    await stage.staff("Mindjárt jövök", reply_to=stage.find("Nem működik a kártyám").id)
    await texting.settled()
    assert api.world.inbox(ESZTER)[-1] == "Mindjárt jövök"
    [reply] = await stage.rows("SELECT * FROM messages WHERE purpose = 'reply'")
    [sent] = [one for one in api.world.messages if one.body == "Mindjárt jövök"]
    assert (reply["state"], reply["external_id"], reply["account"]) == (
        "delivered",
        sent.sid,
        f"sms:{api.world.number}",
    )
    assert sent.callback.endswith(f"{wire.STATUS_PATH}?a={reply['id']}")


async def test_delivery_is_reported_about_the_very_message(texting: Texting) -> None:
    """M-10: the report is stored and names our message, whether or not the send was settled before."""
    stage = texting.stage
    await texting.text("Segítség")
    await stage.staff("Jövök", reply_to=stage.find("Segítség").id)
    await texting.settled()
    [reply] = await stage.rows("SELECT id FROM messages WHERE purpose = 'reply'")
    [adapter] = [one for one in stage.app.adapters if one.name == wire.CHANNEL]
    told = [adapter.parse(raw) for raw in await texting.raws()]
    states = [one.status for one in told if one.kind is Kind.STATUS and one.about == str(reply["id"])]
    assert states == ["sent", "delivered"]
    assert {one.status for one in texting.api.world.deliveries} == {200}


async def test_stop_ends_what_we_send(texting: Texting) -> None:
    """M-4, S4-18: the word alone; confirmed once in its language, and no ticket of its own."""
    stage, inbox = texting.stage, texting.api.world.inbox
    await texting.text("Nem működik a kártyám")
    await texting.text("Leiratkozás.")
    await texting.text("STOP")
    told = [text for text in inbox(ESZTER) if "START" in text]
    assert len(told) == 1
    assert told[0].startswith("Erre a szamra"), "folded into one segment's alphabet"
    [opted] = await stage.rows("SELECT count(*) AS n FROM opt_outs WHERE until IS NULL")
    assert opted["n"] > 0
    await stage.staff("/reply T1 Mindjárt jövök")
    await texting.settled()
    assert stage.find("wants no messages there"), "the provider blocks the number; the agent is told, with a way out"
    [tickets] = await stage.rows("SELECT count(*) AS n FROM tickets")
    assert tickets["n"] == 1
    await texting.text("START")
    [opted] = await stage.rows("SELECT count(*) AS n FROM opt_outs WHERE until IS NULL")
    assert opted["n"] == 0


async def test_who_asks_for_help_is_told_how_and_heard(texting: Texting) -> None:
    await texting.text("Help!")
    assert any("STOP" in text for text in texting.api.world.inbox(ESZTER))
    assert (await texting.stage.ticket())["subject"] == "Help!"


async def test_a_text_that_comes_twice_is_one_message(texting: Texting) -> None:
    """R5: by webhook, again by webhook, and from the list."""
    await texting.text("Segítség")
    delivery = texting.api.world.deliveries[0]
    texting.api.world.outgoing.put(delivery.url, delivery.params)
    await texting.settled()
    asked = len(texting.api.world.calls)
    await texting.stage.restart()
    await texting.stage.until(lambda: len(texting.api.world.calls) > asked + 1)  # the list, and the introduction
    await texting.settled()
    assert len([raw for raw in await texting.raws() if b"Body=" in raw.body or b'"inbound"' in raw.body]) == 1
    assert len(await texting.stage.rows("SELECT id FROM messages WHERE direction = 'in' AND text = 'Segítség'")) == 1


async def test_a_forged_text_leaves_nothing(texting: Texting) -> None:
    """S14."""
    params = {"From": ESZTER, "To": texting.api.world.number, "Body": "forged", "MessageSid": "SM1"}
    url = texting.api.world.message_url
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"X-Twilio-Signature": "c2lnbmVk"}):
            async with session.post(url, data=params, headers=headers) as answer:
                assert answer.status == 403
    assert await texting.raws() == []


async def test_a_cap_holds_over_a_restart(database_url: str, tmp_path: Path) -> None:
    """S15: who drives texts to one number must not gain by the hub's being started anew."""
    async with playing(database_url, tmp_path, per_recipient=2) as texting:
        stage, inbox = texting.stage, texting.api.world.inbox
        await texting.text("Segítség")
        await stage.staff("/reply T1 Jövök")
        await texting.settled()
        assert len(inbox(ESZTER)) == 2, "the acknowledgement and the answer"
        await stage.restart()
        await stage.staff("/reply T1 Itt vagyok")
        await texting.settled()
        assert len(inbox(ESZTER)) == 2
        [last] = await stage.rows("SELECT state, reason FROM messages WHERE text = 'Itt vagyok'")
        assert (last["state"], last["reason"]) == ("failed", "refused: cap per recipient of 2 a day")
        await stage.push(hours=24)
        await stage.restart()
        await stage.staff("/reply T1 Megint itt vagyok")
        await texting.settled()
        assert len(inbox(ESZTER)) == 3


async def test_the_agent_sees_what_a_long_answer_costs_and_too_long_a_one_never_leaves(texting: Texting) -> None:
    """S15: emoji take 33 to a segment, and Twilio takes 1,600 characters of them only in halves."""
    stage, api = texting.stage, texting.api
    await texting.text("Segítség")
    await stage.staff(f"/reply T1 {'😀' * 400}")
    await texting.settled()
    assert await stage.rows("SELECT id FROM messages WHERE text LIKE '%by SMS (13 segments in 2 messages).%'")
    assert [len(text) for text in api.world.inbox(ESZTER)[-2:]] == [330, 70]
    sent = len(api.world.messages)
    await stage.staff(f"/reply T1 {'😀' * 2000}")
    await texting.settled()
    assert stage.find("at most 50 go in one answer. Nothing was sent. Make it shorter, or answer another way: /via")
    assert len(api.world.messages) == sent
