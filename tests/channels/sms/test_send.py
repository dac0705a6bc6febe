"""Sending with the real library against the simulator at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.contract import Kind
from channels.errors import Reason, SendError
from channels.sms import build, errors, send
from channels.sms.simulator import TwilioApi
from tests.channels.sms.conftest import ESZTER, SENDER, TOKEN, configured, outbound, quiet

Opened = Callable[..., Any]


async def refusal(opened: Opened, **more: Any) -> SendError:
    desk = await opened(**more)
    with pytest.raises(SendError) as raised:
        await desk.adapter.send(outbound())
    return raised.value


async def test_a_message_arrives_and_is_known_by_twilios_id(api: TwilioApi, opened: Opened) -> None:
    """M-8."""
    desk = await opened()
    receipt = await desk.adapter.send(outbound())
    [message] = api.world.messages
    assert (message.sid, message.sender, message.to, message.body) == (receipt.external_id, SENDER, ESZTER, "Jövök")
    assert message.callback == f"{desk.url}/channels/sms/status?a=77"


async def test_a_messaging_service_chooses_the_sender(api: TwilioApi, opened: Opened) -> None:
    service = "MG00000000000000000000000000000001"
    api.world.services[service] = SENDER
    desk = await opened(sender="", messaging_service_sid=service)
    await desk.adapter.send(outbound())
    [message] = api.world.messages
    assert (message.service, message.sender) == (service, SENDER)
    assert desk.adapter.account == f"sms:{service}"


async def test_without_a_public_address_nobody_calls_back(api: TwilioApi, opened: Opened) -> None:
    desk = await opened(receive="poll")
    await desk.adapter.send(outbound())
    assert api.world.messages[0].callback == ""


CODES = [
    (21610, 400, Reason.OPTED_OUT), (21211, 400, Reason.INVALID), (21614, 400, Reason.REFUSED),
    (21408, 400, Reason.REFUSED), (21612, 400, Reason.REFUSED), (30007, 400, Reason.REFUSED),
    (20003, 401, Reason.MISCONFIGURED), (20404, 404, Reason.MISCONFIGURED), (21606, 400, Reason.MISCONFIGURED),
    (21617, 400, Reason.INVALID), (21611, 400, Reason.THROTTLED), (20500, 500, Reason.UNCERTAIN),
    (20503, 503, Reason.UNREACHABLE), (99999, 400, Reason.INVALID),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status", "reason"), CODES, ids=[str(row[0]) for row in CODES])
async def test_a_code_says_what_becomes_of_the_message(
    api: TwilioApi, opened: Opened, code: int, status: int, reason: Reason
) -> None:
    """R6."""
    api.world.faults.refuse_number(ESZTER, code, "Said so", status=status)
    raised = await refusal(opened)
    assert raised.reason is reason
    assert str(code) in raised.detail


async def test_a_429_freezes_the_account_for_as_long_as_it_says(api: TwilioApi, opened: Opened) -> None:
    """R6: to the second."""
    api.world.faults.throttle(retry_after=7)
    raised = await refusal(opened)
    assert (raised.reason, raised.retry_after_s) == (Reason.THROTTLED, 7.0)
    api.world.faults.throttle()
    raised = await refusal(opened)
    assert (raised.reason, raised.retry_after_s) == (Reason.THROTTLED, None)


async def test_a_recipient_who_opted_out_is_told_as_such(api: TwilioApi, opened: Opened) -> None:
    api.world.text(ESZTER, "stop")
    assert (await refusal(opened)).reason is Reason.OPTED_OUT
    api.world.text(ESZTER, "START")
    desk = await opened()
    await desk.adapter.send(outbound())
    assert api.world.inbox(ESZTER) == ["Jövök"]


@pytest.mark.parametrize("fault", ["cut_after", "cut_before", "garble"])
async def test_a_lost_answer_is_uncertain(api: TwilioApi, opened: Opened, fault: str) -> None:
    """R7: it may be out; it is not sent again by itself."""
    desk = await opened()
    getattr(api.world.faults, fault)()
    with pytest.raises(SendError) as raised:
        await desk.adapter.send(outbound())
    assert raised.value.reason is Reason.UNCERTAIN
    assert len(api.world.messages) == (0 if fault == "cut_before" else 1)
    assert len([call for call in api.world.calls if call.method == "POST"]) == 1


async def test_an_answer_that_does_not_come_is_uncertain(
    api: TwilioApi, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's own client ignores its timeout; ours does not."""
    monkeypatch.setattr(send, "TIMEOUT_S", 0.2)
    api.world.faults.hang(30)
    async with asyncio.timeout(5):
        assert (await refusal(opened)).reason is Reason.UNCERTAIN


async def test_where_nobody_listens_nothing_was_done(api: TwilioApi, opened: Opened) -> None:
    desk = await opened()
    await api.stop()
    await desk.adapter.stop()
    desk.adapter._client = None
    with pytest.raises(SendError) as raised:
        await desk.adapter.connect()
    assert raised.value.reason is Reason.UNREACHABLE


async def test_a_wrong_token_does_not_connect(api: TwilioApi) -> None:
    adapter = build(configured(api, auth_token="ffffffffffffffffffffffffffffffff"), public_url="")
    adapter.load()
    with pytest.raises(SendError) as raised:
        await adapter.connect()
    assert raised.value.reason is Reason.MISCONFIGURED and not adapter.health.ready
    assert TOKEN not in str(raised.value)
    await adapter.stop()


async def test_what_is_not_connected_yet_is_tried_later(api: TwilioApi) -> None:
    adapter = build(configured(api), public_url="")
    for call in (adapter.send(outbound()), adapter.find(outbound(), datetime.now(UTC))):
        with pytest.raises(SendError) as raised:
            await call
        assert raised.value.reason is Reason.UNREACHABLE


REFUSED = [
    ("premium", {}, "+48700123456", "a premium-rate number"),
    ("another country", {"countries": ["pl", "SK"]}, ESZTER, "country HU is not in countries"),
    ("no country", {"countries": ["PL"]}, "+999123456789", "country unknown is not in countries"),
]


@pytest.mark.parametrize(("more", "to", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_what_could_cost_too_much_never_leaves(
    api: TwilioApi, opened: Opened, more: dict[str, Any], to: str, said: str
) -> None:
    """S15."""
    desk = await opened(**more)
    with pytest.raises(SendError) as raised:
        await desk.adapter.send(outbound(to=to))
    assert (raised.value.reason, raised.value.detail) == (Reason.REFUSED, said)
    assert not [call for call in api.world.calls if call.method == "POST"]


async def test_a_cap_holds_over_many_numbers_of_one_block(api: TwilioApi, opened: Opened) -> None:
    """S15: at the wire, not one more than the cap."""
    desk = await opened(per_prefix=5)
    results = await asyncio.gather(
        *(desk.adapter.send(outbound(to=f"+3630123{number:04}")) for number in range(40)), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, SendError)]
    assert len(api.world.messages) == 5 and len(refused) == 35
    assert {one.detail for one in refused} == {"cap per prefix of 5 a day"}


async def test_what_twilio_never_took_counts_against_no_cap(api: TwilioApi, opened: Opened) -> None:
    desk = await opened(per_recipient=1)
    api.world.faults.throttle(3)
    for _ in range(3):
        with pytest.raises(SendError):
            await desk.adapter.send(outbound())
    await desk.adapter.send(outbound())
    with pytest.raises(SendError) as raised:
        await desk.adapter.send(outbound())
    assert raised.value.detail == "cap per recipient of 1 a day"


async def test_the_list_is_a_second_witness_of_a_lost_answer(api: TwilioApi, opened: Opened) -> None:
    """R7: what went to that number, by its id there; it names ours where the text is the same."""
    desk = await opened()
    began = datetime.now(UTC) - timedelta(seconds=5)
    assert await desk.adapter.find(outbound(), began) == ()
    api.world.faults.cut_after()
    with pytest.raises(SendError):
        await desk.adapter.send(outbound())
    api.world.text(ESZTER, "Jövök")
    [message] = [one for one in api.world.messages if not one.is_inbound]
    [found] = await desk.adapter.find(outbound(), began)
    assert (found.kind, found.external_id, found.about) == (Kind.STATUS, message.sid, str(outbound().id))
    assert (found.status, found.reason) == ("delivered", "")
    assert [one.about for one in await desk.adapter.find(outbound("Másik"), began)] == [""]
    assert await desk.adapter.find(outbound(to="+36301234568"), began) == ()
    assert await desk.adapter.find(outbound(), began + timedelta(minutes=1)) == ()
    api.world.faults.undelivered[ESZTER] = 30003
    await desk.adapter.send(outbound())
    newest, _ = await desk.adapter.find(outbound(), began)
    assert (newest.status, "30003" in newest.reason) == ("failed", True)


async def test_what_other_senders_of_the_account_do_is_not_ours(api: TwilioApi, opened: Opened) -> None:
    """A shared account: another desk's texts to the same customer are no candidates."""
    desk = await opened()
    began = datetime.now(UTC) - timedelta(seconds=5)
    api.world.make({"To": ESZTER, "From": "+48732000222", "Body": outbound().text})
    assert await desk.adapter.find(outbound(), began) == ()
    api.world.make({"To": ESZTER, "From": api.world.number, "Body": outbound().text})
    assert len(await desk.adapter.find(outbound(), began)) == 1


async def test_a_list_too_long_to_tell_is_not_taken_for_whole(api: TwilioApi, opened: Opened) -> None:
    """R7: what is not seen is not "never sent"."""
    desk = await opened()
    began = datetime.now(UTC) - timedelta(seconds=5)
    for number in range(100):
        api.world.make({"To": ESZTER, "From": api.world.number, "Body": str(number)})
    with pytest.raises(SendError) as raised:
        await desk.adapter.find(outbound(), began)
    assert raised.value.reason is Reason.UNCERTAIN
    assert await desk.adapter.find(outbound(), datetime.now(UTC) + timedelta(minutes=1)) == ()


async def test_a_long_polish_text_goes_without_its_diacritics(api: TwilioApi, opened: Opened) -> None:
    """B-1."""
    desk = await opened()
    await desk.adapter.send(outbound("Zażółć gęślą jaźń. " * 8))
    assert api.world.messages[0].body == "Zazolc gesla jazn. " * 8
    assert api.world.messages[0].segments == 1


async def test_the_budgets_are_the_senders_and_the_accounts(opened: Opened) -> None:
    desk = await opened(rate=3, account_rate=7)
    sender, account = desk.adapter.buckets(outbound())
    assert (sender.rate, account.rate) == (3, 7)
    assert sender.key != account.key and SENDER not in account.key


CAPABLE = [
    ({}, True, True),
    ({"sender": "Orlik"}, False, True),
    ({"sender": "72000"}, True, True),
]


@pytest.mark.parametrize(("more", "receives", "reports"), CAPABLE, ids=["number", "name", "short code"])
async def test_a_name_cannot_be_answered(api: TwilioApi, more: dict[str, Any], receives: bool, reports: bool) -> None:
    """M-8: a text asks for an answer only where one can arrive."""
    found = build(configured(api, **more), public_url="https://desk.example").capabilities
    assert (found.receives, found.reports, found.proves_sender) == (receives, reports, False)
    assert found.hears_from(ESZTER) is receives
    assert not found.hears_from("+79161234567"), "Twilio has no two-way messages with Russia"


def test_reports_need_a_way_in(api: TwilioApi) -> None:
    assert not build(configured(api), public_url="").capabilities.reports
    assert build(configured(api, receive="poll"), public_url="").capabilities.reports


@pytest.mark.parametrize(("code", "status"), [(None, 404), (404, 404), (None, 302)])
def test_what_is_not_twilio_is_a_setting_to_mend(code: int | None, status: int) -> None:
    assert errors.understood(status, code).reason is Reason.MISCONFIGURED


def test_no_code_means_two_things() -> None:
    codes = [code for listed in errors._REASONS.values() for code in listed]
    assert len(codes) == len(set(codes))


async def test_delivery_is_told_by_signed_callbacks(api: TwilioApi, opened: Opened) -> None:
    """M-10: every state comes back with our own id, past the signature."""
    desk = await opened()
    await desk.adapter.send(outbound())
    await quiet(api)
    assert [one.status for one in api.world.deliveries] == [200, 200, 200]
    told = [desk.adapter.parse(raw) for raw in desk.store.raws]
    assert [(one.kind, one.status, one.about) for one in told[1:]] == [
        (Kind.STATUS, "sent", "77"),
        (Kind.STATUS, "delivered", "77"),
    ]
    assert told[0].kind is Kind.NOTHING
    assert {raw.address for raw in desk.store.raws} == {ESZTER}


async def test_a_failure_is_told_with_its_reason(api: TwilioApi, opened: Opened) -> None:
    api.world.faults.undelivered[ESZTER] = 30003
    desk = await opened()
    await desk.adapter.send(outbound())
    await quiet(api)
    last = desk.adapter.parse(desk.store.raws[-1])
    assert (last.status, last.reason) == ("failed", "refused: 30003")


async def test_a_message_longer_than_twilio_takes_is_not_offered_to_it(api: TwilioApi, opened: Opened) -> None:
    desk = await opened()
    with pytest.raises(SendError) as raised:
        await desk.adapter.send(outbound("😀" * 801))
    assert (raised.value.reason, raised.value.detail) == (
        Reason.INVALID,
        "longer than the 1600 characters that an SMS may have",
    )
    assert not [call for call in api.world.calls if call.method == "POST"]
    await desk.adapter.send(outbound("😀" * 800))
