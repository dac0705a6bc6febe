"""What the simulated Twilio keeps over a restart of the demo, and the troubles that are switched on there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import orjson

from channels.sms import wire
from channels.sms.simulator import TwilioApi, World, recall, remember
from tests.channels.sms.conftest import ESZTER, SENDER, TOKEN, until


def fresh() -> World:
    return World("AC1", SENDER, lambda: 1_800_000_000.5)


def test_messages_and_a_stop_outlive_a_restart_and_ids_go_on() -> None:
    before = fresh()
    before.text(ESZTER, "Hello", media=(("https://x.example/1", "image/png"),))
    before.make({"To": ESZTER, "From": SENDER, "Body": "Jó napot"})
    before.text(ESZTER, "STOP")
    after = fresh()
    recall(after, orjson.loads(orjson.dumps(remember(before))))
    assert after.messages == before.messages
    assert after.opted_out == {(SENDER, ESZTER)}
    known = {one.sid for one in after.messages}
    assert after.text(ESZTER, "Again").sid not in known
    assert after.inbox(ESZTER) == ["Jó napot"]


def test_every_state_is_heard_until_one_stops_listening() -> None:
    world = fresh()
    heard: list[tuple[str, str]] = []
    forget = world.listen(lambda message: heard.append((message.body, message.status)))
    world.text(ESZTER, "in")
    world.make({"To": ESZTER, "From": SENDER, "Body": "out"})
    forget()
    world.text(ESZTER, "later")
    assert heard == [("in", "received"), ("out", "sending"), ("out", "sent"), ("out", "delivered")]


async def test_a_message_that_is_posted_again_is_the_same_one(api: TwilioApi, opened: Callable[..., Any]) -> None:
    """R2: it is stored once."""
    desk = await opened()
    api.world.message_url = f"{desk.url}{wire.MESSAGE_PATH}"
    message = api.world.text(ESZTER, "Hello")
    api.world.post(message)
    await until(lambda: not api.world.outgoing.pending)
    assert [one.status for one in api.world.deliveries] == [200, 200]
    assert desk.store.asked == 2
    assert [raw.external_id for raw in desk.store.raws] == [message.sid]


async def test_a_gateway_that_is_away_answers_503_until_it_is_back(api: TwilioApi) -> None:
    url = wire.messages_url(api.url, api.world.account_sid)
    headers = {"Authorization": wire.authorization(api.world.account_sid, TOKEN)}
    answers = []
    async with aiohttp.ClientSession(headers=headers) as session:
        for is_away in (True, True, False):
            api.world.faults.is_away = is_away
            async with session.post(url, data={"To": ESZTER, "From": SENDER, "Body": "x"}) as answer:
                answers.append(answer.status)
    assert answers == [503, 503, 201]
    assert len(api.world.inbox(ESZTER)) == 1
