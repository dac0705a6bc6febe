"""Outages and stations that other systems post: drafted, shown to the desk, and sent only as the source may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from channels.contract import Address
from crmcore import stations, subscribers
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from tests.support import stage as stages
from tests.support.stage import SECRET, Stage

TRUSTED = {"hooks": {"sources": {"form": {"secret": SECRET, "confirm": False, "settle": "5m"}}}}


async def post(stage: Stage, kind: str, **data: Any) -> tuple[int, Any]:
    body = orjson.dumps({"type": kind, "timestamp": "2026-03-10T09:00:00Z", "data": data})
    answer = await stage.send(body)
    await stage.settled()
    return answer


async def prepare(stage: Stage) -> Stage:
    stage.open(stage.eszter, stage.marek)
    async with stage.app.store.unit() as work:
        await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw")])
        address = Address("telegram", str(stage.eszter.id))
        await subscribers.upsert(work, [Wish((1,), (address,), "Eszter", language="hu", codes=frozenset({"0412"}))])
    return stage


def heard(stage: Stage) -> list[str]:
    return stage.bot_texts(stage.eszter.id)


async def states(stage: Stage) -> list[tuple[str, str, str]]:
    found = await stage.rows(
        "SELECT o.state AS outage, r.change, r.state FROM outages AS o JOIN outage_revisions AS r ON r.outage_id = o.id"
        " ORDER BY r.id"
    )
    return [(row["outage"], row["change"], row["state"]) for row in found]


async def test_a_station_is_kept_up_by_its_database(stage: Stage) -> None:
    """S0-7, M-11: what is left out stays."""
    status, _ = await post(stage, "station.upserted", code="0412", name="Gdynia", zone="Europe/Warsaw")
    assert status == 202
    await post(stage, "station.upserted", code="0412", address="Morska 100", nearest=["0415"])
    found = await stations.by_codes(stage.app.store.reading(), ["0412"])
    assert (found["0412"].label, found["0412"].zone) == ("0412 Gdynia, Morska 100", "Europe/Warsaw")
    assert await stage.rows("SELECT id FROM tickets") == []


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("station.upserted", {"name": "x"}, "data.code"),
        ("station.upserted", {"code": "0412", "zone": "Mars/Base"}, "data.zone"),
        ("station.outage", {"station": []}, "data.station"),
        ("station.outage", {"station": "0412", "from": "2026-03-10T09:00:00"}, "data.from"),
        ("station.outage", {"station": "0412", "state": "broken"}, "data.state"),
        (
            "station.outage",
            {"station": "0412", "from": "2026-03-10T09:00:00Z", "until": "2026-03-10T08:00:00Z"},
            "data",
        ),
    ],
)
async def test_a_wrong_event_is_refused_with_its_field(stage: Stage, kind: str, data: Any, field: str) -> None:
    """M-11: 400, naming what was expected; nothing is kept."""
    status, answer = await post(stage, kind, **data)
    assert status == 400
    assert field in {error["field"] for error in answer["errors"]}
    assert await stage.rows("SELECT id FROM raw_messages") == []


async def test_an_outage_waits_in_the_staff_chat_for_a_lead(stage: Stage) -> None:
    """S0-8: any lead may confirm what a system has reported; an agent may not."""
    await prepare(stage)
    await post(stage, "station.outage", station="0412", why="power cut", note="transformer 7")
    assert "Tells 1: 1 Telegram" in stage.find("O-1/1 · 0412 Gdynia · unplanned").text
    await stage.push(hours=1)
    assert heard(stage) == []
    await post(stage, "station.outage", station="0412", why="power cut", until="2036-03-10T09:00:00Z")
    assert "confirm needs a lead" in await stage.press("Send to 1", by=stage.anna)
    await stage.press("Send to 1", by=stage.marek)
    [text] = heard(stage)
    assert "Ok: áramszünet." in text and "transformer" not in text


async def test_the_same_report_again_changes_nothing_and_other_times_are_a_change(stage: Stage) -> None:
    """M-11: idempotent beyond the event's id."""
    await prepare(stage)
    for _ in range(2):
        await post(stage, "station.outage", station="0412", key="inc-7", until="2036-03-10T09:00:00Z")
    assert await states(stage) == [("draft", "announce", "counted")]
    await stage.press("Send to 1", by=stage.marek)
    await post(stage, "station.outage", station="0412", key="inc-7", until="2036-03-10T09:00:00Z")
    assert len(await states(stage)) == 1
    await post(stage, "station.outage", station="0412", key="inc-7", until="2036-03-10T11:00:00Z")
    assert (await states(stage))[-1] == ("announced", "move", "counted")
    await stage.press("Send to 1", by=stage.marek)
    await post(stage, "station.outage", station="0412", key="inc-7", state="up")
    await stage.press("Send to 1", by=stage.marek)
    assert ["MÓDOSÍTÁS" in text for text in heard(stage)] == [False, True, False]
    assert "újra üzemel" in heard(stage)[-1]


async def test_an_unknown_station_is_told_to_the_desk(stage: Stage) -> None:
    """The system that posted reads no chat: a colleague does."""
    await post(stage, "station.outage", station="9999")
    assert stage.find("hook:form sent station.outage, and nothing was done: There is no station 9999.")
    [raw] = await stage.rows("SELECT state FROM raw_messages WHERE channel = 'webhook'")
    assert raw["state"] == "done"


async def test_a_trusted_source_tells_by_itself_once_it_has_settled(database_url: str, tmp_path: Path) -> None:
    """S0-8: five minutes, not before; the end likewise."""
    async with stages.playing(database_url, tmp_path, **TRUSTED) as stage:
        await prepare(stage)
        await post(stage, "station.outage", station="0412")
        assert "It goes out by itself at" in stage.find("O-1/1 ·").text
        await stage.push(minutes=4)
        assert heard(stage) == []
        await stage.push(minutes=1)
        assert len(heard(stage)) == 1
        await post(stage, "station.outage", station="0412", state="up")
        await stage.push(minutes=5)
        assert "újra üzemel" in heard(stage)[-1] and len(heard(stage)) == 2


async def test_a_station_that_flaps_tells_nobody(database_url: str, tmp_path: Path) -> None:
    """S0-8: up again before it settled."""
    async with stages.playing(database_url, tmp_path, **TRUSTED) as stage:
        await prepare(stage)
        await post(stage, "station.outage", station="0412")
        await stage.push(minutes=2)
        await post(stage, "station.outage", station="0412", state="up")
        await stage.push(minutes=10)
        assert heard(stage) == [] and await states(stage) == [("cancelled", "announce", "dropped")]


async def test_what_a_trusted_source_plans_waits_for_a_person(database_url: str, tmp_path: Path) -> None:
    """S0-8: only the unplanned goes by itself."""
    async with stages.playing(database_url, tmp_path, **TRUSTED) as stage:
        await prepare(stage)
        times = {"from": "2036-03-10T09:00:00Z", "until": "2036-03-10T11:00:00Z"}
        await post(stage, "station.outage", station="0412", **times)
        await stage.push(hours=1)
        assert heard(stage) == [] and await states(stage) == [("draft", "announce", "counted")]
