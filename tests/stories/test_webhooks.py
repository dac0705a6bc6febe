"""Webhooks at the wire: who is let in, what is refused and how, and that refusals leave nothing behind."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import orjson
import pytest

from tests.support.stage import SECRET, Stage
from webhooks import signature

GOOD = {
    "type": "message.received",
    "timestamp": "2026-03-10T09:00:00Z",
    "data": {"from": {"address": "eszter@example.hu", "name": "Eszter"}, "text": "Hello"},
}


def body(**changes: Any) -> bytes:
    return orjson.dumps(GOOD | changes)


async def stored(stage: Stage) -> int:
    [row] = await stage.rows("SELECT count(*) AS n FROM raw_messages")
    return int(row["n"])


async def test_a_signed_webhook_becomes_a_ticket_and_a_line_of_history(stage: Stage) -> None:
    """S1-10 (webhooks), M-4, M-5, M-11."""
    status, answer = await stage.post("My card is blocked", subject="Card", language="hu")
    assert status == 202 and answer["status"] == "accepted"
    [ticket] = await stage.rows(
        "SELECT t.*, c.name, c.language FROM tickets AS t JOIN contacts AS c ON c.id = contact_id"
    )
    assert (ticket["number"], ticket["subject"], ticket["name"], ticket["language"]) == (1, "Card", "Eszter", "hu")
    [line] = await stage.rows("SELECT kind, channel, ref_id, message_id FROM timeline")
    assert (line["kind"], line["channel"], line["ref_id"]) == ("message", "webhook", ticket["id"])
    assert str(line["message_id"]) == answer["id"]


async def test_the_same_event_sent_a_hundred_times_at_once_is_stored_once(stage: Stage) -> None:
    """R5: one message, a hundred successes."""
    answers = await asyncio.gather(*(stage.send(body(), id="evt-1") for _ in range(100)))
    await stage.settled()
    assert {status for status, _ in answers} == {202}
    assert sorted(answer["status"] for _, answer in answers) == ["accepted"] + ["duplicate"] * 99
    assert len({answer["id"] for _, answer in answers}) == 1
    [row] = await stage.rows("SELECT count(*) AS n FROM entries")
    assert row["n"] == 1


async def test_ids_that_differ_at_their_end_are_two_events(stage: Stage) -> None:
    """M-4: however long the sender's ids are."""
    answers = [await stage.send(body(), id="x" * 300 + end) for end in "12"]
    assert [answer["status"] for _, answer in answers] == ["accepted", "accepted"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        pytest.param(b"{", "body", id="no JSON"),
        pytest.param(b"\xff\xfe", "body", id="no UTF-8"),
        pytest.param(b"[]", "body", id="a list"),
        pytest.param(body(type="message.lost"), "type", id="unknown type"),
        pytest.param(body(timestamp="yesterday"), "timestamp", id="no time"),
        pytest.param(body(data={"from": {"address": ""}, "text": "x"}), "data.from.address", id="no address"),
        pytest.param(body(data={"from": {"address": "a@b.hu"}}), "data.text", id="no text"),
        pytest.param(body(data={"from": {"address": "a@b.hu"}, "text": "x\x00"}), "data.text", id="NUL"),
        pytest.param(body(data={"from": {"address": "a@b.hu"}, "text": 5}), "data.text", id="text is a number"),
        pytest.param(body(data={"from": {"address": "x" * 321}, "text": "x"}), "data.from.address", id="long address"),
    ],
)
async def test_a_wrong_body_is_answered_with_the_field_and_leaves_nothing(
    stage: Stage, sent: bytes, field: str
) -> None:
    """M-11: 400, problem+json, naming the field, what was expected and what came."""
    status, answer = await stage.send(sent)
    assert status == 400
    assert field in {error["field"] for error in answer["errors"]}
    assert all(error["expected"] for error in answer["errors"])
    assert await stored(stage) == 0


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"webhook-signature": "v1,AAAA"}, id="wrong signature"),
        pytest.param({"webhook-signature": "nonsense"}, id="no signature at all"),
        pytest.param({"webhook-timestamp": "1"}, id="another time than was signed"),
        pytest.param({"webhook-timestamp": "nan"}, id="no timestamp"),
        pytest.param({"webhook-id": "another"}, id="another id than was signed"),
    ],
)
async def test_a_forged_request_is_answered_401_and_leaves_nothing(stage: Stage, headers: dict[str, str]) -> None:
    """S12."""
    status, answer = await stage.send(body(), **headers)
    assert status == 401 and answer["title"] == "Unauthorized"
    assert await stored(stage) == 0


async def test_a_request_signed_an_hour_ago_is_answered_401(stage: Stage) -> None:
    """S12: rightly signed, and held back by somebody."""
    at = str(int(time.time()) - 3600)
    signed = signature.sign(signature.key(SECRET), "evt-1", at, body())
    held_back = {"webhook-timestamp": at, "webhook-signature": signed}
    assert (await stage.send(body(), id="evt-1", **held_back))[0] == 401
    assert await stored(stage) == 0


async def test_an_unknown_source_and_a_wrong_signature_look_alike(stage: Stage) -> None:
    _, wrong = await stage.send(body(), **{"webhook-signature": "v1,AAAA"})
    url = f"http://127.0.0.1:{stage.app.port}/hooks/nobody"
    async with aiohttp.ClientSession() as session, session.post(url, data=body()) as answer:
        assert (answer.status, orjson.loads(await answer.read())) == (401, wrong)


async def test_a_body_that_is_too_large_is_answered_413(stage: Stage) -> None:
    status, answer = await stage.send(b'{"type": "' + b"x" * 1_100_000 + b'"}')
    assert status == 413 and answer["status"] == 413
    assert await stored(stage) == 0


async def test_the_same_thread_joins_the_same_ticket_and_another_subject_does_not(stage: Stage) -> None:
    """M-5, decision 8."""
    await stage.post("One", thread="form-1", subject="Card")
    await stage.post("Two", thread="form-1", subject="Something else")
    await stage.post("Three", subject="Invoice")
    await stage.post("Four", subject="Re: invoice")
    await stage.post("Five")
    found = await stage.rows(
        "SELECT t.number, m.text FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id"
        " JOIN messages AS m ON m.id = e.message_id ORDER BY e.id"
    )
    assert [(row["number"], row["text"]) for row in found] == [
        (1, "One"),
        (1, "Two"),
        (2, "Three"),
        (2, "Four"),
        (2, "Five"),
    ]


async def test_one_person_on_two_systems_is_one_contact_by_his_address(stage: Stage) -> None:
    """S0-12: the address decides, whatever name a system gives."""
    await stage.post("One", sender="Eszter@Example.hu")
    await stage.post("Two", sender="eszter@example.hu", subject="Other")
    [row] = await stage.rows("SELECT count(*) AS n FROM contacts")
    assert row["n"] == 1


async def test_a_reply_to_an_address_we_cannot_serve_is_refused_with_a_sentence(stage: Stage) -> None:
    """M-9: nothing was sent, and why."""
    await stage.post("Please call me", sender="customer-77")
    await stage.post("My invoice", sender="anna@example.hu")
    await stage.staff("/reply T1 Hello")
    await stage.staff("/reply T2 Hello")
    said = stage.bot_texts(stage.desk.id)
    assert any("left no e-mail address or phone number" in text and "Nothing was sent" in text for text in said)
    assert any("e-mail is not set up here" in text for text in said)
    assert await stage.rows("SELECT id FROM messages WHERE purpose = 'reply'") == []
    assert {row["answered_at"] for row in await stage.rows("SELECT answered_at FROM tickets")} == {None}


async def test_health_readiness_and_metrics(stage: Stage) -> None:
    await stage.post("Hello")
    base = f"http://127.0.0.1:{stage.app.port}"
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{base}/healthz") as answer:
            assert answer.status == 200
        async with session.get(f"{base}/readyz") as answer:
            ready = await answer.json()
        async with session.get(f"{base}/metrics") as answer:
            metrics = await answer.text()
    assert ready["status"] == "ok" and ready["channels"] == {"telegram:1000": "ok"}
    assert 'centrala_accepted_total{channel="webhook"} 1.0' in metrics
    assert "centrala_parked_total 0.0" in metrics and "centrala_intake_lag_seconds" in metrics
