"""The signed routes at the wire: the simulator's callbacks, and forgeries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from channels.contract import Kind
from channels.sms import build, receive, wire
from channels.sms.simulator import TwilioApi
from kernel import errors
from tests.channels.sms.conftest import ESZTER, SENDER, TOKEN, Desk, configured, quiet, until
from tests.channels.sms.test_parse import MESSAGE, STATUS

Opened = Callable[..., Any]


async def posted(
    desk: Desk, path: str = wire.MESSAGE_PATH, *, params: Any = MESSAGE, key: str = TOKEN, url: str = "", **headers: str
) -> tuple[int, str, str]:
    """A form posted as Twilio would, signed for `url`; returns status, content type and body."""
    signed = RequestValidator(key).compute_signature(url or desk.url + path, dict(params))
    headers = {"X-Twilio-Signature": signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(desk.url + path, data=dict(params), headers=headers) as answer,
    ):
        return answer.status, answer.content_type, await answer.text()


async def test_a_text_is_stored_and_answered_with_nothing_to_say(api: TwilioApi, opened: Opened) -> None:
    """M-4: Twilio's own push, signed by its library."""
    desk = await opened()
    api.world.message_url = desk.url + wire.MESSAGE_PATH
    api.world.text(ESZTER, "Segítség, a kártya nem működik! +&=ł", media=(("https://x/0", "image/png"),))
    await quiet(api)
    [delivery] = api.world.deliveries
    assert (delivery.status, delivery.answer) == (200, receive.TWIML.decode())
    [raw] = desk.store.raws
    assert (raw.channel, raw.account, raw.address) == ("sms", f"sms:{SENDER}", ESZTER)
    found = desk.adapter.parse(raw)
    assert found.text == "[image] Segítség, a kártya nem működik! +&=ł"
    assert desk.adapter.health.last_in_at is not None


async def test_the_answer_is_an_empty_twiml_document(opened: Opened) -> None:
    desk = await opened()
    status, content_type, body = await posted(desk)
    assert (status, content_type) == (200, "application/xml")
    assert body.endswith("<Response/>")


async def test_the_body_is_kept_as_it_came(opened: Opened) -> None:
    desk = await opened()
    await posted(desk)
    assert desk.store.raws[0].body == urlencode(MESSAGE).encode()


async def test_a_hundred_repeats_are_one_message_and_all_succeed(opened: Opened) -> None:
    """R5."""
    desk = await opened()
    answers = await asyncio.gather(*(posted(desk) for _ in range(100)))
    assert {status for status, _, _ in answers} == {200}
    assert len(desk.store.raws) == 1 and desk.store.asked == 100


FORGED: list[tuple[str, dict[str, Any]]] = [
    ("another key", {"key": "another-token-of-somebody-else"}),
    ("another address", {"url": "https://desk.example" + wire.MESSAGE_PATH}),
    ("no signature", {"X_Twilio_Signature": ""}),
    ("not ASCII", {"X_Twilio_Signature": "żółw"}),
    ("huge", {"X_Twilio_Signature": "x" * 4000}),
    ("another algorithm", {"X_Twilio_Webhooks_Signature_Settings": "algorithm=HMAC_SHA256"}),
]


@pytest.mark.parametrize("forged", [row[1] for row in FORGED], ids=[row[0] for row in FORGED])
@pytest.mark.parametrize("path", [wire.MESSAGE_PATH, f"{wire.STATUS_PATH}?a=77"], ids=["message", "status"])
async def test_a_forgery_is_refused_with_one_line_and_leaves_nothing(
    opened: Opened, path: str, forged: dict[str, Any]
) -> None:
    """S14."""
    desk = await opened()
    with capture_logs() as logs:
        status, _, body = await posted(desk, path, **forged)
    assert (status, body, desk.store.asked) == (403, "", 0)
    assert [(line["event"], line["status"]) for line in logs] == [("sms.refused", 403)]


async def test_a_changed_parameter_breaks_the_signature(opened: Opened) -> None:
    """S14: also one that was added, left out or doubled, and the query of a report."""
    desk = await opened()
    signed = RequestValidator(TOKEN).compute_signature(desk.url + wire.MESSAGE_PATH, dict(MESSAGE))
    shorter = {name: value for name, value in MESSAGE.items() if name != "NumMedia"}
    for params in (MESSAGE | {"Body": "x"}, MESSAGE | {"More": ""}, shorter):
        assert (await posted(desk, params=params, X_Twilio_Signature=signed))[0] == 403
    there = f"{desk.url}{wire.STATUS_PATH}?a=77"
    assert (await posted(desk, f"{wire.STATUS_PATH}?a=78", params=STATUS, url=there))[0] == 403
    assert (await posted(desk, f"{wire.STATUS_PATH}?a=77", params=STATUS, url=there))[0] == 200


async def test_what_a_proxy_says_of_the_address_counts_nothing(api: TwilioApi, opened: Opened) -> None:
    """S14: the configured address is signed, whatever X-Forwarded-* or Host claim."""
    desk = await opened(public_url="https://desk.example/hub")
    lies = {"X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example", "Host": "evil.example"}
    url = "https://desk.example/hub" + wire.MESSAGE_PATH
    assert (await posted(desk, url=url, **lies))[0] == 200
    assert (await posted(desk, url="http://evil.example" + wire.MESSAGE_PATH, **lies))[0] == 403
    assert (await posted(desk, url="https://desk.example:443/hub" + wire.MESSAGE_PATH))[0] == 200


async def test_two_tokens_are_good_while_one_is_rotated(opened: Opened) -> None:
    desk = await opened(auth_token=[TOKEN, "the-old-token-of-the-account"])
    assert (await posted(desk, key="the-old-token-of-the-account"))[0] == 200
    assert (await posted(desk))[0] == 200
    assert (await posted(desk, key="a-third-token-of-nobody"))[0] == 403


async def test_a_shared_key_may_sign(opened: Opened) -> None:
    """Twilio's newer way: HMAC-SHA256 with a key of its own, named in a header."""
    desk = await opened(auth_token=[TOKEN, "secret-of-the-shared-key"])
    url = desk.url + wire.MESSAGE_PATH
    signed = RequestValidator("secret-of-the-shared-key").compute_signature(url, dict(MESSAGE), "HMAC_SHA256")
    named = {"X_Twilio_Webhooks_Signature_Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert (await posted(desk, X_Twilio_Signature=signed, **named))[0] == 200
    assert (await posted(desk, X_Twilio_Signature=signed))[0] == 403


async def test_repeated_parameters_are_signed_once_each(opened: Opened) -> None:
    desk = await opened()
    body = urlencode([*MESSAGE.items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")]).encode()
    params = {**MESSAGE, "Tag": "a"}
    url = desk.url + wire.MESSAGE_PATH
    from_library = RequestValidator(TOKEN).compute_signature(url, Several({**params, "Tag": ["b", "a", "b"]}))
    headers = {"X-Twilio-Signature": from_library, "Content-Type": receive.FORM}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200


class Several(dict[str, Any]):
    """A container that the library asks for every value of a name."""

    def getlist(self, name: str) -> list[str]:
        value = self[name]
        return value if isinstance(value, list) else [value]


async def test_when_the_store_is_away_twilio_is_told_to_come_again(api: TwilioApi, opened: Opened) -> None:
    """R1: 503, and its next try is taken."""
    desk = await opened()
    desk.store.be_away()
    with capture_logs() as logs:
        assert (await posted(desk))[0] == 503
    assert [line["status"] for line in logs] == [503]
    desk.store.trouble = None
    assert (await posted(desk))[0] == 200
    api.world.message_url = desk.url + wire.MESSAGE_PATH
    desk.store.trouble = errors.TryLater()
    api.world.text(ESZTER, "Segítség")
    await until(lambda: api.world.deliveries)
    desk.store.trouble = None
    await quiet(api)
    assert [one.status for one in api.world.deliveries][-1] == 200
    assert len(desk.store.raws) == 2


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
async def test_a_body_that_is_too_large_is_refused(opened: Opened, chunked: bool) -> None:
    desk = await opened()
    body = b"Body=" + b"x" * receive.BODY_LIMIT

    async def parts() -> Any:
        yield body

    data = parts() if chunked else body
    url = desk.url + wire.MESSAGE_PATH
    async with aiohttp.ClientSession() as session, session.post(url, data=data) as answer:
        assert answer.status == 413
    assert desk.store.asked == 0


async def test_what_is_no_form_is_refused(opened: Opened) -> None:
    desk = await opened()
    url = desk.url + wire.MESSAGE_PATH
    signed = RequestValidator(TOKEN).compute_signature(url, {})
    for data, kind in ((b'{"From":"x"}', "application/json"), (b"\xff", "text/plain")):
        headers = {"X-Twilio-Signature": signed, "Content-Type": kind}
        async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as answer:
            assert answer.status == 403


async def test_a_signed_form_that_cannot_be_read_is_kept(opened: Opened) -> None:
    """M-4: Twilio would not send it again."""
    desk = await opened()
    assert (await posted(desk, params={"From": ESZTER, "Body": "x"}))[0] == 200
    found = desk.adapter.parse(desk.store.raws[0])
    assert (found.kind, found.unreadable) == (Kind.MESSAGE, "no MessageSid")


def test_routes_are_there_for_what_can_come(api: TwilioApi) -> None:
    def paths(public_url: str, **more: Any) -> list[str]:
        adapter = build(configured(api, **more), public_url=public_url)
        return [route.path for route in adapter.routes(None)]  # type: ignore[arg-type]

    assert paths("https://desk.example") == [wire.MESSAGE_PATH, wire.STATUS_PATH]
    assert paths("https://desk.example", receive="poll") == [wire.STATUS_PATH]
    assert paths("", receive="poll") == []
