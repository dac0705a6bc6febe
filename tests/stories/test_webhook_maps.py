"""Systems that post their own shapes: a source's map makes our events of them, and refusals leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from crmcore import stations
from crmcore.stations import Facts
from hub import settings
from kernel.errors import Invalid
from tests.support import stage as stages
from tests.support.stage import Stage
from webhooks import mapped

TOKEN = "sixteen-letters!"
FORM = """
{"type": "message.received",
 "id": payload.data.responseId,
 "timestamp": payload.createdAt,
 "data": {"from": {"address": payload.data.fields.filter(field, field.type == "INPUT_EMAIL")[0].value,
                   "name": get(payload.data.fields.filter(field, field.label == "Name"), "0.value", "")},
          "subject": payload.data.formName,
          "text": payload.data.fields.map(field, field.label + ": " + text(field.value)).join("\\n")}}
"""
MONITOR = """
payload.commonLabels.alertname != "StationDown" ? null :
{"type": "station.outage",
 "id": payload.groupKey + payload.status + payload.alerts[0].startsAt,
 "data": {"station": payload.commonLabels.station, "key": payload.commonLabels.station,
          "state": payload.status == "resolved" ? "up" : "down",
          "from": payload.alerts[0].startsAt, "note": get(payload, "commonAnnotations.summary", "")}}
"""
SHARE = '{"type": "message.received", "data": {"from": {"address": "x"}, "text": text(100 / payload.parts)}}'
PAGE = '{"type": "message.received", "data": {"from": {"address": payload.mail}, "text": fields("")}}'
LOOP = '{"type": text(payload.rows.map(a, payload.rows.map(b, a * b)))}'
MAPS = {"survey": FORM, "monitor": MONITOR, "share": SHARE, "page": PAGE, "loop": LOOP}
SOURCES = {name: {"token": TOKEN, "addresses": ["127.0.0.1/32"], "map": written} for name, written in MAPS.items()}


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path, hooks={"sources": SOURCES}) as playing:
        yield playing


def survey(**changes: Any) -> dict[str, Any]:
    fields = [
        {"key": "q1", "label": "E-mail", "type": "INPUT_EMAIL", "value": "eszter@example.hu"},
        {"key": "q2", "label": "Name", "type": "INPUT_TEXT", "value": "Eszter Nagy"},
        {"key": "q3", "label": "Stations", "type": "CHECKBOXES", "value": ["0412", "0415"]},
    ]
    answers = {"responseId": "rsp-1", "formName": "Fleet cards", "fields": fields} | changes
    return {"eventType": "FORM_RESPONSE", "createdAt": "2026-03-10T08:00:00.000Z", "data": answers}


def alert(status: str = "firing", **labels: str) -> dict[str, Any]:
    """As Alertmanager posts a group: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""
    labels = {"alertname": "StationDown", "station": "0412"} | labels
    one = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": "No pump answers"},
        "startsAt": "2026-03-10T09:52:26.739266876+01:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "c3bf5f7c7a0e8d5b",
    }
    return {
        "version": "4",
        "groupKey": '{}:{station="0412"}',
        "status": status,
        "receiver": "centrala",
        "commonLabels": labels,
        "commonAnnotations": {"summary": "No pump answers"},
        "alerts": [one],
    }


async def post(stage: Stage, source: str, payload: Any, *, token: str = TOKEN, **headers: str) -> tuple[int, Any]:
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    url = f"http://127.0.0.1:{stage.app.port}/hooks/{source}"
    headers = {"Authorization": f"Bearer {token}"} | headers
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        found = answer.status, orjson.loads(await answer.read())
    await stage.settled()
    return found


async def stored(stage: Stage) -> list[dict[str, Any]]:
    return await stage.rows("SELECT body FROM raw_messages ORDER BY id")


async def test_a_form_becomes_a_ticket_and_its_payload_stays_as_it_came(stage: Stage) -> None:
    """M-11, M-5."""
    body = orjson.dumps(survey(), option=orjson.OPT_INDENT_2)
    status, answer = await post(stage, "survey", body)
    assert (status, answer["status"]) == (202, "accepted")
    [found] = await stage.rows(
        "SELECT t.subject, c.name, m.text, m.address FROM tickets AS t JOIN contacts AS c ON c.id = t.contact_id"
        " JOIN entries AS e ON e.ticket_id = t.id JOIN messages AS m ON m.id = e.message_id"
    )
    assert (found["subject"], found["name"], found["address"]) == ("Fleet cards", "Eszter Nagy", "eszter@example.hu")
    assert found["text"] == "E-mail: eszter@example.hu\nName: Eszter Nagy\nStations: 0412, 0415"
    [raw] = await stored(stage)
    assert mapped.payload(bytes(raw["body"])) == body


async def test_a_plain_web_form_posts_its_fields(stage: Stage) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _ = await post(stage, "page", b"mail=eszter%40example.hu&words=J%C3%B6v%C3%B6k&empty=", **kind)
    [found] = await stage.rows("SELECT text FROM messages WHERE direction = 'in'")
    assert (status, found["text"]) == (202, "mail: eszter@example.hu\nwords: Jövök")


async def test_the_same_submission_a_hundred_times_at_once_is_stored_once(stage: Stage) -> None:
    """R5: known by the id that the map names, though the bodies differ."""
    answers = await asyncio.gather(*(post(stage, "survey", survey(attempt=n)) for n in range(100)))
    assert {status for status, _ in answers} == {202}
    assert sorted(answer["status"] for _, answer in answers) == ["accepted"] + ["duplicate"] * 99
    assert len({answer["id"] for _, answer in answers}) == len(await stored(stage)) == 1


async def test_monitoring_drafts_an_outage_and_its_repeats_and_other_alerts_change_nothing(stage: Stage) -> None:
    """M-11: a null map is a success that is stored nowhere."""
    async with stage.app.store.unit() as work:
        await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw")])
    answers = [
        await post(stage, "monitor", alert()),
        await post(stage, "monitor", alert() | {"externalURL": "http://other"}),
        await post(stage, "monitor", alert(alertname="DiskFull")),
    ]
    assert [(status, answer["status"]) for status, answer in answers] == [
        (202, "accepted"),
        (202, "duplicate"),
        (202, "ignored"),
    ]
    assert answers[2][1]["id"] is None
    [outage] = await stage.rows("SELECT state, starts_at, note FROM outages")
    assert (outage["state"], outage["note"]) == ("draft", "No pump answers")
    assert str(outage["starts_at"]).startswith("2026-03-10 08:52:26")
    assert len(await stored(stage)) == 1
    await post(stage, "monitor", alert("resolved"))
    [outage] = await stage.rows("SELECT state FROM outages")
    assert outage["state"] != "draft"


@pytest.mark.parametrize(
    ("source", "payload", "field"),
    [
        pytest.param("share", {}, "payload.parts", id="a missing key"),
        pytest.param("survey", survey(fields=[]), "map", id="an empty list"),
        pytest.param("survey", survey(formName="x" * 501), "data.subject", id="an event that is wrong"),
        pytest.param("survey", survey(responseId=""), "id", id="an id that names nothing"),
        pytest.param("survey", b"{", "body", id="no JSON"),
        pytest.param("share", {"parts": 0}, "map", id="division by zero"),
        pytest.param("loop", {"rows": [1] * 2000}, "map", id="a map that takes too long"),
        pytest.param("loop", {"rows": [1]}, "type", id="no event at all"),
        pytest.param("share", b'{"parts":' * 5000, "body", id="deep"),
    ],
)
async def test_a_payload_that_makes_no_event_is_answered_400_and_leaves_nothing(
    stage: Stage, source: str, payload: Any, field: str
) -> None:
    """M-11: the field, what was expected, and the next step."""
    status, answer = await post(stage, source, payload)
    assert (status, answer["title"]) == (400, "Bad request")
    assert field in [error["field"] for error in answer["errors"]]
    assert all(error["expected"] for error in answer["errors"])
    assert f"centrala inspect hook {source} < payload.json" in answer["detail"]
    assert await stored(stage) == []
    assert (await post(stage, "share", {"parts": 4}))[0] == 202


async def test_no_map_is_worked_out_for_a_stranger(stage: Stage) -> None:
    """S12: who posts is proved before anything is read."""
    status, answer = await post(stage, "survey", {}, token="another-of-them!")
    assert (status, answer["title"], answer["errors"]) == (401, "Unauthorized", [])


def test_a_wrong_map_is_told_with_its_place_beside_all_else(tmp_path: Path) -> None:
    """M-6: every problem at once."""
    sources = {
        "a": {"token": TOKEN, "map": '{"type": "message.received",\n "data" payload.x}'},
        "b": {"token": "short", "map": "felds(payload) + nope"},
    }
    with pytest.raises(Invalid) as refusal:
        settings.check({"hooks": {"sources": sources}}, base=tmp_path)
    told = [(one.field, one.expected) for one in refusal.value.problems]
    assert [field for field, _ in told] == [
        "hooks.sources.a.map",
        "hooks.sources.b.token",
        "hooks.sources.b.map",
        "hooks.sources.b.map",
    ]
    assert "line 2, column" in told[0][1] and "line 1, column 18" in told[2][1] and "line 1, column 1" in told[3][1]
