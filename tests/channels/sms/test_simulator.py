"""The simulated Twilio is strict: driven by the real library, and asked in ways that Twilio refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from channels.sms import wire
from channels.sms.simulator import TwilioApi
from tests.channels.sms.conftest import ESZTER, SENDER, TOKEN, quiet

SERVICE = "MG00000000000000000000000000000001"
RIGHT = {"To": ESZTER, "From": SENDER, "Body": "x"}


@pytest.fixture
async def session(api: TwilioApi) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": wire.authorization(api.world.account_sid, TOKEN)}
    async with aiohttp.ClientSession(headers=headers) as opened:
        yield opened


async def made(api: TwilioApi, session: aiohttp.ClientSession, params: Any, **more: Any) -> tuple[int, Any]:
    url = wire.messages_url(api.url, api.world.account_sid)
    async with session.post(url, data=params, **more) as answer:
        return answer.status, await answer.json()


REFUSALS = [
    ("no recipient", {"To": None}, 21604),
    ("no number", {"To": "Eszter"}, 21211),
    ("no E.164", {"To": "+36 30 123 4567"}, 21211),
    ("too short", {"To": "+361"}, 21211),
    ("a landline", {"To": "+3614567890"}, 21614),
    ("a country that is not enabled", {"To": "+12025550123"}, 21408),
    ("no sender", {"From": None}, 21603),
    ("somebody else's number", {"From": "+48732000999"}, 21606),
    ("no sender at all", {"From": "?!"}, 21212),
    ("no such service", {"From": None, "MessagingServiceSid": "MG" + "0" * 32}, 21701),
    ("no text", {"Body": None}, 21619),
    ("an empty text", {"Body": ""}, 21602),
    ("too long", {"Body": "x" * 1601}, 21617),
    ("too long in surrogates", {"Body": "😀" * 801}, 21617),
    ("to itself", {"To": SENDER}, 21266),
    ("a callback that is none", {"StatusCallback": "desk"}, 21609),
    ("an underscore in its host", {"StatusCallback": "https://de_sk.example/x"}, 21609),
]


@pytest.mark.parametrize(("changes", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
async def test_what_twilio_refuses_is_refused_with_its_code(
    api: TwilioApi, session: aiohttp.ClientSession, changes: dict[str, str | None], code: int
) -> None:
    api.world.countries = {"HU", "PL"}
    params = {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}
    status, answer = await made(api, session, params)
    assert (status, answer["code"], answer["status"]) == (400, code, 400)
    assert answer["more_info"].endswith(str(code)) and answer["message"]
    assert api.world.messages == []


async def test_who_is_not_let_in_learns_nothing(api: TwilioApi) -> None:
    async with aiohttp.ClientSession() as stranger:
        status, answer = await made(api, stranger, RIGHT)
        assert (status, answer["code"]) == (401, 20003)
        wrong = {"Authorization": wire.authorization(api.world.account_sid, "wrong")}
        assert (await made(api, stranger, RIGHT, headers=wrong))[0] == 401


async def test_a_body_that_is_no_form_and_a_place_that_is_none(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    url = wire.messages_url(api.url, api.world.account_sid)
    async with session.post(url, json=RIGHT) as answer:
        assert answer.status == 415
    for path in ("/", "/2010-04-01/Accounts/AC1/Messages.json", url.removeprefix(api.url) + "x"):
        async with session.get(api.url + path) as answer:
            assert (answer.status, (await answer.json())["code"]) == (404, 20404)


async def test_a_name_and_a_service_may_send(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    api.world.services[SERVICE] = SENDER
    assert (await made(api, session, RIGHT | {"From": "Orlik 24"}))[0] == 201
    status, answer = await made(api, session, {"To": ESZTER, "Body": "x", "MessagingServiceSid": SERVICE})
    assert (status, answer["status"], answer["messaging_service_sid"]) == (201, "queued", SERVICE)


async def test_who_opted_out_is_out_for_that_sender_only(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    api.world.numbers.add("+48732000222")
    api.world.text(ESZTER, " Stop ")
    assert (await made(api, session, RIGHT))[1]["code"] == 21610
    assert (await made(api, session, RIGHT | {"From": "+48732000222"}))[0] == 201
    api.world.text(ESZTER, "Stop that")
    api.world.text(ESZTER, "START")
    assert (await made(api, session, RIGHT))[0] == 201


async def test_a_message_can_be_fetched_as_it_is_now(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    _, created = await made(api, session, RIGHT)
    assert created["status"] == "queued" and created["date_sent"] is None
    async with session.get(api.url + created["uri"]) as answer:
        fetched = await answer.json()
    assert (fetched["status"], fetched["num_segments"]) == ("delivered", "1")
    assert api.world.messages[0].history == ["sending", "sent", "delivered"]
    async with session.get(wire.messages_url(api.url, api.world.account_sid).replace(".json", "/SMx.json")) as answer:
        assert answer.status == 404


async def test_pages_do_not_shift_when_something_new_comes(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    for number in range(5):
        api.world.text(ESZTER, str(number))
    url = wire.messages_url(api.url, api.world.account_sid) + "?PageSize=2"
    bodies: list[str] = []
    while url:
        async with session.get(url) as answer:
            page = await answer.json()
        bodies += [one["body"] for one in page["messages"]]
        api.world.text(ESZTER, "new")
        url = api.url + page["next_page_uri"] if page["next_page_uri"] else ""
    assert bodies == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "query", ["PageSize=0", "PageSize=1001", "PageSize=x", "PageToken=PAx", "DateSent=soon", "Page=-1"]
)
async def test_a_list_is_not_asked_for_nonsense(api: TwilioApi, session: aiohttp.ClientSession, query: str) -> None:
    url = wire.messages_url(api.url, api.world.account_sid)
    async with session.get(f"{url}?{query}") as answer:
        assert answer.status == 400


async def test_filters_choose(api: TwilioApi, session: aiohttp.ClientSession) -> None:
    api.world.text(ESZTER, "in")
    await made(api, session, RIGHT)
    day = api.world.now().strftime("%Y-%m-%d")
    url = wire.messages_url(api.url, api.world.account_sid)
    asked = {
        f"To={SENDER.replace('+', '%2B')}": 1,
        f"From={SENDER.replace('+', '%2B')}": 1,
        f"DateSent={day}": 2,
        f"DateSent%3E={day}": 2,
        f"DateSent%3C={day}": 0,
    }
    for query, count in asked.items():
        async with session.get(f"{url}?{query}") as answer:
            assert len((await answer.json())["messages"]) == count, query


async def test_callbacks_are_signed_and_come_again_while_the_server_is_ill(api: TwilioApi) -> None:
    answers, seen = [503, 500, 200], []

    async def receive(request: web.Request) -> web.Response:
        params = dict(await request.post())
        signed = request.headers["X-Twilio-Signature"]
        seen.append(RequestValidator(TOKEN).validate(str(request.url), params, signed))
        return web.Response(status=answers[len(seen) - 1])

    server = web.Application()
    server.router.add_post("/status", receive)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.world.travels = False
    message = api.world.make(RIGHT | {"StatusCallback": f"http://127.0.0.1:{runner.addresses[0][1]}/status?a=1"})
    api.world.move(message, "sent")
    await quiet(api)
    assert seen == [True, True, True]
    assert [one.status for one in api.world.deliveries] == [503, 500, 200]
    await runner.cleanup()


async def test_a_server_that_is_gone_is_given_up(api: TwilioApi) -> None:
    api.world.message_url = "http://127.0.0.1:9/x#rc=4"
    api.world.text(ESZTER, "x")
    await quiet(api)
    assert [one.status for one in api.world.deliveries] == [0] * 5
    assert api.world.deliveries[0].url == "http://127.0.0.1:9/x"
