"""Polling the message list at the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from channels import intake
from channels.contract import Accepted, Health, Kind, Raw
from channels.errors import SendError
from channels.files import FileStore
from channels.intake import Acceptor
from channels.sms import poll, wire
from channels.sms.poll import Poller
from channels.sms.simulator import TwilioApi
from kernel import errors, unit
from tests.channels.sms.conftest import ESZTER, SENDER, TOKEN, Store, configured, outbound, until

Opened = Callable[..., Any]


@pytest.fixture
async def session(api: TwilioApi) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": wire.authorization(api.world.account_sid, TOKEN)}
    async with aiohttp.ClientSession(headers=headers) as opened:
        yield opened


def poller(api: TwilioApi, **more: Any) -> Poller:
    return Poller(configured(api, receive="poll", **more), account=f"sms:{SENDER}", health=Health())


def shift(monkeypatch: pytest.MonkeyPatch, api: TwilioApi, by: timedelta) -> None:
    """Twilio's clock is moved."""
    now = datetime.now(UTC).timestamp() + by.total_seconds()
    monkeypatch.setattr(api.world, "_clock", lambda: now)


async def test_what_came_in_is_stored_in_its_order(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    store = Store()
    for number in range(5):
        api.world.text(ESZTER, str(number))
    await poller(api).look(session, store.accept)
    assert [raw.address for raw in store.raws] == [ESZTER] * 5
    assert [one.body for one in api.world.messages] == [wire.decode(raw.body)["body"] for raw in store.raws]


async def test_only_messages_to_our_sender_and_states_of_ours_are_taken(
    api: TwilioApi, session: aiohttp.ClientSession
) -> None:
    """An account may have other numbers, which are nobody's business here."""
    api.world.numbers.add("+48732000222")
    api.world.text(ESZTER, "not for us", to="+48732000222")
    api.world.make({"To": ESZTER, "From": "+48732000222", "Body": "not from us"})
    api.world.make({"To": ESZTER, "From": SENDER, "Body": "ours"})
    api.world.text(ESZTER, "for us")
    store = Store()
    await poller(api).look(session, store.accept)
    assert [wire.decode(raw.body)["body"] for raw in store.raws] == ["ours", "for us"]


async def test_a_service_takes_what_belongs_to_it(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    service = "MG00000000000000000000000000000001"
    api.world.services[service] = "+48732000222"
    api.world.text(ESZTER, "for the service", to="+48732000222")
    api.world.text(ESZTER, "for the number")
    store = Store()
    await poller(api, sender="", messaging_service_sid=service).look(session, store.accept)
    assert [wire.decode(raw.body)["body"] for raw in store.raws] == ["for the service"]


async def test_many_pages_are_read_to_their_end(
    api: TwilioApi, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "PAGE_SIZE", 7)
    for number in range(40):
        api.world.text(f"+3630123{number:04}", "x")
    store = Store()
    await poller(api).look(session, store.accept)
    assert len(store.raws) == 40
    assert len({raw.external_id for raw in store.raws}) == 40
    assert len(api.world.calls) == 6


async def test_the_mark_moves_only_when_everything_is_stored(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    """R1: a store that is away loses nothing."""
    store, asking = Store(), poller(api)
    api.world.text(ESZTER, "x")
    store.be_away()
    with pytest.raises(errors.TryLater):
        await asking.look(session, store.accept)
    before = asking._mark
    store.trouble = None
    await asking.look(session, store.accept)
    assert len(store.raws) == 1 and asking._mark > before


async def test_a_repeat_costs_the_store_nothing_and_is_harmless(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    """R5."""
    store, asking = Store(), poller(api)
    api.world.text(ESZTER, "x")
    for _ in range(3):
        await asking.look(session, store.accept)
    assert store.asked == 1
    await poller(api).look(session, store.accept)
    assert (store.asked, len(store.raws)) == (2, 1)


async def test_a_hub_that_was_away_finds_the_last_day_and_no_more(
    api: TwilioApi, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in (40, 20, 1):
        shift(monkeypatch, api, timedelta(hours=-hours))
        api.world.text(ESZTER, str(hours))
    store = Store()
    await poller(api).look(session, store.accept)
    assert [wire.decode(raw.body)["body"] for raw in store.raws] == ["20", "1"]


async def test_a_late_state_is_found_by_a_deep_look(
    api: TwilioApi, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-10: reported half an hour after newer messages were seen."""
    api.world.travels = False
    shift(monkeypatch, api, timedelta(minutes=-30))
    late = api.world.make({"To": ESZTER, "From": SENDER, "Body": "x"})
    api.world.move(late, "sent")
    shift(monkeypatch, api, timedelta())
    api.world.text(ESZTER, "newer")
    store, asking = Store(), poller(api)
    await asking.look(session, store.accept)
    api.world.move(late, "delivered")
    for _ in range(poll.DEEP_EVERY - 1):
        await asking.look(session, store.accept)
    assert not [raw for raw in store.raws if raw.external_id.endswith("/delivered")]
    await asking.look(session, store.accept)
    assert [raw for raw in store.raws if raw.external_id == f"{late.sid}/delivered"]


async def test_the_adapter_polls_and_tells_how_it_is(api: TwilioApi, opened: Opened) -> None:
    """M-4, M-10: no public address at all."""
    desk = await opened(receive="poll", poll_every="1s")
    api.world.text(ESZTER, "Segítség")
    await desk.adapter.send(outbound())
    await desk.adapter.start(desk.store.accept)
    await until(lambda: len(desk.store.raws) >= 2)
    found = [desk.adapter.parse(raw) for raw in desk.store.raws]
    assert [one.kind for one in found] == [Kind.MESSAGE, Kind.STATUS]
    assert (found[1].status, found[1].external_id) == ("delivered", api.world.messages[1].sid)
    assert desk.adapter.health.degraded == "" and desk.adapter.health.last_in_at is not None


@pytest.mark.parametrize(("receive", "is_ill"), [("poll", True), ("webhook", False)])
async def test_a_list_that_does_not_answer_is_told_where_it_matters(
    api: TwilioApi, opened: Opened, receive: str, is_ill: bool
) -> None:
    desk = await opened(receive=receive)
    api.token = "changed"
    with capture_logs() as logs:
        await desk.adapter.start(desk.store.accept)
        await until(lambda: logs)
    assert (logs[0]["event"], logs[0]["error"]) == ("sms.poll", "misconfigured: HTTP 401")
    assert desk.adapter.health.degraded == ("message list: misconfigured: HTTP 401" if is_ill else "")


async def test_where_webhooks_bring_messages_the_list_brings_what_they_missed(api: TwilioApi, opened: Opened) -> None:
    """R1: Twilio does not come again by itself."""
    desk = await opened()
    api.world.text(ESZTER, "while the hub was away", tells=False)
    await desk.adapter.start(desk.store.accept)
    await until(lambda: desk.store.raws)
    assert desk.adapter.parse(desk.store.raws[0]).text == "while the hub was away"


async def test_an_answer_that_is_no_list_is_an_error(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    other = configured(api, account_sid="AC" + "f" * 32, receive="poll")
    with pytest.raises(SendError, match="HTTP 404"):
        await Poller(other, account="x", health=Health()).look(session, Store().accept)


async def test_a_message_that_no_store_holds_does_not_hold_up_the_others(
    api: TwilioApi, session: aiohttp.ClientSession
) -> None:
    """M-4: the mark moves past it, and it is not asked about again and again."""

    class Picky(Store):
        async def accept(self, raw: Raw) -> Accepted:
            if b"poison" in raw.body:
                self.asked += 1
                raise errors.Invalid
            return await super().accept(raw)

    store, asking = Picky(), poller(api)
    for text in ("one", "poison", "two"):
        api.world.text(ESZTER, text)
    for _ in range(3):
        await asking.look(session, store.accept)
    assert [wire.decode(raw.body)["body"] for raw in store.raws] == ["one", "two"]
    assert store.asked == 3


@pytest.mark.database
async def test_a_day_of_messages_is_no_more_than_the_acceptor_takes(
    api: TwilioApi, session: aiohttp.ClientSession, store: unit.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R1: more than may wait to be stored; and stored by the batch, not one by one."""
    monkeypatch.setattr(intake, "QUEUE_LIMIT", 60)
    monkeypatch.setattr(poll, "AT_ONCE", 50)
    for number in range(120):
        api.world.text(f"+3630123{number:04}", "x")
    acceptor = Acceptor(store, FileStore(tmp_path))
    acceptor.start()
    await poller(api).look(session, acceptor.accept)
    await acceptor.stop()
    found = await store.reading().one("SELECT count(*) AS n FROM raw_messages")
    assert found == {"n": 120}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (rb'{"body": "x\ud83d"}', {"body": "x?"}),
        (rb'{"body": "\ude00x \ud83d\ude00"}', {"body": "?x 😀"}),
        (b"[" * 5_000, None),
        (b"\xff", None),
        (b"", None),
    ],
    ids=["first half of an emoji", "second half", "deep", "no UTF-8", "nothing"],
)
def test_half_an_emoji_does_not_cost_the_page(body: bytes, found: Any) -> None:
    """M-4: a phone cuts a long text in two within a character; the list would not be read for a day."""
    assert wire.decode(body) == found
