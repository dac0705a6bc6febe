"""What Telegram's odd answers mean for a message: the real client against a far side that answers oddly."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiogram.methods import Response
from aiohttp import web

from channels.contract import Address, MessageId, Operation, Outbound
from channels.errors import Reason, SendError
from channels.telegram import compose
from channels.telegram.send import ANSWERS, Client
from channels.telegram.settings import Settings

Make = Callable[[int, str], Awaitable[Client]]
MOVED = (
    '{"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",'
    ' "parameters": {"migrate_to_chat_id": -1001}}'
)


@pytest.fixture
async def answering(aiohttp_server: Any) -> AsyncIterator[Make]:
    """A client whose far side answers every call with this status and body."""
    made: list[Client] = []

    async def make(status: int, body: str) -> Client:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=status, text=body, content_type="application/json")

        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", answer)
        server = await aiohttp_server(app)
        made.append(Client(Settings.model_validate({"token": "1000:a-token", "api_url": str(server.make_url("/"))})))
        return made[-1]

    yield make
    for client in made:
        await client.close()


def outbound(operation: Operation) -> Outbound:
    topics = (Operation.CLOSE_TOPIC, Operation.REOPEN_TOPIC)
    target = "7" if operation is Operation.EDIT or operation in topics else ""
    return Outbound(MessageId(1), 1, operation, Address("telegram", "-5"), "Hello", target=target)


@pytest.mark.parametrize("operation", list(Operation))
def test_the_type_of_its_answer_outlives_a_collection(operation: Operation) -> None:
    """G13: building one takes 5 ms of the loop."""
    method = compose.compose(outbound(operation))
    gc.collect()
    named = Response[method.__returning__]  # type: ignore[name-defined]
    assert any(named is kept for kept in ANSWERS)


@pytest.mark.parametrize(
    ("operation", "reason", "moved_to"),
    [
        pytest.param(Operation.SEND, Reason.REFUSED, "-1001", id="words follow the group"),
        pytest.param(Operation.EDIT, Reason.GONE, None, id="an edit would hit another message there"),
    ],
)
async def test_what_follows_a_group_that_moved(
    answering: Make, operation: Operation, reason: Reason, moved_to: str | None
) -> None:
    """R6: message numbers begin anew in the new chat."""
    client = await answering(400, MOVED)
    with pytest.raises(SendError) as raised:
        await client.send(outbound(operation))
    assert (raised.value.reason, raised.value.moved_to) == (reason, moved_to)


@pytest.mark.parametrize("body", ["<html>", '{"ok": true, "result": {"odd": 1}}'], ids=["no JSON", "no message"])
async def test_an_answer_that_cannot_be_read_may_be_a_message_sent(answering: Make, body: str) -> None:
    """R6: never repeated by itself."""
    client = await answering(200, body)
    with pytest.raises(SendError) as raised:
        await client.send(outbound(Operation.SEND))
    assert raised.value.reason is Reason.UNCERTAIN
