"""The bare wire, as a client in any language meets it: statuses, encodings of parameters, polling, webhook delivery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pytest
from aiohttp import ClientError, ClientSession, FormData, web

from channels.telegram.simulator import BotApi, Chat, Impossible, Person
from tests.channels.telegram.simulator.conftest import TOKEN, Clock

SECRET = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


class Bot:
    """A bot that knows nothing but HTTP and JSON."""

    def __init__(self, http: ClientSession, api: BotApi) -> None:
        self.http, self.api = http, api

    async def call(self, method: str, token: str = TOKEN, **params: Any) -> Any:
        async with self.http.post(f"{self.api.url}/bot{token}/{method}", json=params) as response:
            answer = await response.json()
        assert response.status == answer.get("error_code", 200)
        return answer

    async def result(self, method: str, **params: Any) -> Any:
        answer = await self.call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        answer = await self.call(method, **params)
        assert not answer["ok"], answer
        return str(answer["description"])

    async def heard(self, **params: Any) -> list[str]:
        return _texts(await self.result("getUpdates", **params))


def _texts(updates: Sequence[Any]) -> list[str]:
    return [update.get("message", {}).get("text", "") for update in updates]


@pytest.fixture
def bot(http: ClientSession, api: BotApi) -> Bot:
    return Bot(http, api)


class Listener:
    """A webhook's far end: keeps what it is told, answers what it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[Any] = []
        self.secrets: list[str] = []
        self.statuses: list[int] = []
        self.reply: Any = None
        self.count = asyncio.Condition()

    async def on_update(self, request: web.Request) -> web.Response:
        update = await request.json()
        async with self.count:
            self.heard.append(update)
            self.secrets.append(request.headers.get(SECRET, ""))
            self.count.notify_all()
        if self.reply is not None:
            return web.json_response(self.reply)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def until(self, number: int) -> list[Any]:
        async with asyncio.timeout(5), self.count:
            await self.count.wait_for(lambda: len(self.heard) >= number)
        return self.heard


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    far_end = Listener()
    app = web.Application()
    app.router.add_post("/hook", far_end.on_update)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    far_end.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield far_end
    await runner.cleanup()


# --- who may call, and how


async def test_a_wrong_token_is_401_and_an_unknown_method_404(bot: Bot) -> None:
    assert (await bot.call("getMe", token="1000:wrong"))["error_code"] == 401
    assert (await bot.call("getMeow"))["error_code"] == 404


async def test_parameters_come_as_query_json_form_or_multipart(
    bot: Bot, http: ClientSession, api: BotApi, private: Chat
) -> None:
    address = f"{api.url}/bot{TOKEN}/SENDMESSAGE"
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    fields = {"chat_id": str(private.id), "text": "x", "reply_markup": orjson.dumps(keyboard).decode()}
    form = FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    answers = [
        await http.get(address, params=fields),
        await http.post(address, json={"chat_id": private.id, "text": "x", "reply_markup": keyboard}),
        await http.post(address, data=fields),
        await http.post(address, data=form),
    ]
    assert [answer.status for answer in answers] == [200] * 4
    assert [m.buttons for m in api.world.messages(private.id)][1:] == [[[("Yes", "y")]]] * 4


async def test_a_null_counts_as_not_given(bot: Bot, private: Chat) -> None:
    sent = await bot.result("sendMessage", chat_id=private.id, text="a & b", parse_mode=None, reply_markup=None)
    assert sent["text"] == "a & b" and "reply_markup" not in sent


async def test_a_body_that_is_no_json_is_refused(http: ClientSession, api: BotApi) -> None:
    headers = {"Content-Type": "application/json"}
    async with http.post(f"{api.url}/bot{TOKEN}/sendMessage", data=b"{", headers=headers) as response:
        assert response.status == 400


# --- polling


async def test_an_update_comes_again_until_a_later_offset_confirms_it(bot: Bot, private: Chat) -> None:
    (first,) = await bot.result("getUpdates")
    assert await bot.result("getUpdates", offset=first["update_id"]) == [first]
    assert await bot.result("getUpdates", offset=first["update_id"] + 1) == []
    assert await bot.result("getUpdates") == []


async def test_a_negative_offset_keeps_only_the_newest(bot: Bot, api: BotApi, eszter: Person, private: Chat) -> None:
    for text in ("a", "b", "c"):
        api.world.say(eszter, private, text)
    assert await bot.heard(offset=-2) == ["b", "c"]
    assert await bot.heard(limit=1) == ["b"]


async def test_a_long_poll_ends_with_the_first_update(bot: Bot, api: BotApi, eszter: Person) -> None:
    waiting = asyncio.create_task(bot.heard(timeout=30))
    await bot.call("getMe")
    api.world.say(eszter, api.world.private(eszter), "hello")
    assert await asyncio.wait_for(waiting, 5) == ["hello"]


async def test_of_two_pollers_the_older_one_is_refused(bot: Bot, api: BotApi) -> None:
    older = asyncio.create_task(bot.call("getUpdates", timeout=30))
    while not any(call.method == "getUpdates" for call in api.world.calls):
        await bot.call("getMe")
    await bot.call("getUpdates")
    answer = await asyncio.wait_for(older, 5)
    assert answer["error_code"] == 409
    assert answer["description"].startswith("Conflict: terminated by other getUpdates request")


async def test_a_confirmed_update_can_come_once_more(bot: Bot, api: BotApi, private: Chat) -> None:
    (first,) = await bot.result("getUpdates")
    await bot.result("getUpdates", offset=first["update_id"] + 1)
    api.world.redeliver(first["update_id"])
    assert await bot.result("getUpdates", offset=first["update_id"] + 1) == [first]
    assert await bot.result("getUpdates", offset=first["update_id"] + 1) == []


async def test_only_updates_that_are_asked_for_are_made(bot: Bot, api: BotApi, eszter: Person, private: Chat) -> None:
    await bot.result("getUpdates", allowed_updates=["edited_message"])
    said = api.world.say(eszter, private, "one")
    api.world.edit(eszter, private, said, "two")
    kinds = [list(update)[1] for update in await bot.result("getUpdates")]
    assert kinds == ["message", "edited_message"]  # the first was made before the bot became choosy


async def test_an_update_nobody_fetched_for_a_day_is_gone(bot: Bot, clock: Clock, private: Chat) -> None:
    clock.now += 24 * 3600 + 1
    assert await bot.result("getUpdates") == []


async def test_stopping_ends_a_waiting_poll_at_once(clock: Clock, http: ClientSession) -> None:
    far_side = BotApi(TOKEN, clock=clock)
    await far_side.start()
    bot = Bot(http, far_side)
    poll = asyncio.create_task(bot.call("getUpdates", timeout=50))
    while not any(call.method == "getUpdates" for call in far_side.world.calls):
        await bot.call("getMe")
    await asyncio.wait_for(far_side.stop(), 3)
    with pytest.raises(ClientError):
        await asyncio.wait_for(poll, 3)


# --- webhook


async def test_a_webhook_hears_every_update_in_order_with_the_secret(
    bot: Bot, api: BotApi, eszter: Person, private: Chat, listener: Listener
) -> None:
    await bot.result("setWebhook", url=listener.url, secret_token="s3cret_-")
    api.world.say(eszter, private, "second")
    assert _texts(await listener.until(2)) == ["/start", "second"]
    assert listener.secrets == ["s3cret_-"] * 2


async def test_an_update_a_webhook_fails_on_comes_again_before_the_next(
    bot: Bot, api: BotApi, eszter: Person, private: Chat, listener: Listener
) -> None:
    listener.statuses = [500, 302]
    await bot.result("setWebhook", url=listener.url)
    api.world.say(eszter, private, "second")
    assert _texts(await listener.until(4)) == ["/start", "/start", "/start", "second"]
    info = await bot.result("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 302 Found"


async def test_an_update_can_come_to_a_webhook_once_more(
    bot: Bot, api: BotApi, private: Chat, listener: Listener
) -> None:
    await bot.result("setWebhook", url=listener.url)
    (first,) = await listener.until(1)
    while (await bot.result("getWebhookInfo"))["pending_update_count"]:
        await bot.call("getMe")
    api.world.redeliver(first["update_id"])
    assert await listener.until(2) == [first, first]


async def test_a_webhook_that_nobody_serves_keeps_its_updates(bot: Bot, private: Chat, listener: Listener) -> None:
    await bot.result("setWebhook", url="http://127.0.0.1:1/nobody")
    while "last_error_message" not in (info := await bot.result("getWebhookInfo")):
        await bot.call("getMe")
    assert info["pending_update_count"] == 1
    await bot.result("setWebhook", url=listener.url)
    assert _texts(await listener.until(1)) == ["/start"]


async def test_a_webhook_may_answer_with_a_call(bot: Bot, api: BotApi, private: Chat, listener: Listener) -> None:
    listener.reply = {"method": "sendMessage", "chat_id": private.id, "text": "from the answer"}
    posted = asyncio.Event()
    api.world.listen(lambda change: posted.set())
    await bot.result("setWebhook", url=listener.url)
    await asyncio.wait_for(posted.wait(), 5)
    assert api.world.messages(private.id)[-1].text == "from the answer"


async def test_polling_under_a_webhook_is_a_conflict(bot: Bot, listener: Listener) -> None:
    await bot.result("setWebhook", url=listener.url)
    assert "while webhook is active" in await bot.refusal("getUpdates")
    await bot.result("deleteWebhook", drop_pending_updates=True)
    assert await bot.result("getUpdates") == []


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"url": "http://example.org/hook"}, "An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.org:8080/hook"}, "only on ports 80, 88, 443 or 8443"),
        ({"url": "https://example.org/hook", "secret_token": "with space"}, "unallowed characters"),
        ({"url": "https://example.org/hook", "secret_token": "a" * 257}, "too long"),
        ({"url": "https://example.org:port/"}, "invalid webhook URL"),
    ],
    ids=["plain http", "a strange port", "a secret with a space", "a long secret", "no port number"],
)
async def test_a_wrong_webhook_is_refused(bot: Bot, params: dict[str, str], why: str) -> None:
    assert why in await bot.refusal("setWebhook", **params)


# --- refusals of messages


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "  \n "}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x", "chat_id": 999}, "chat not found"),
        ({"text": "x", "chat_id": "--5"}, "chat not found"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "message_thread_id": 5}, "message thread not found"),
        ({"text": "x", "reply_parameters": {"message_id": 77}}, "message to be replied not found"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": []}, "object expected as reply markup"),
    ],
)
async def test_a_message_is_refused_in_telegrams_words(
    bot: Bot, private: Chat, params: dict[str, Any], why: str
) -> None:
    assert await bot.refusal("sendMessage", **{"chat_id": private.id, **params}) == f"Bad Request: {why}"


async def test_lengths_are_counted_after_the_markup_is_read(bot: Bot, private: Chat) -> None:
    sent = await bot.result("sendMessage", chat_id=private.id, text=f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    assert sent["text"] == "x" * 4096


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"text": "x", "callback_data": "ő" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": " ", "callback_data": "x"}, "BUTTON_TEXT_INVALID"),
        ({"callback_data": "x"}, 'Field "text" must be of type String'),
        ({"text": "x", "url": "http://localhost:8080/"}, "Wrong HTTP URL"),
    ],
)
async def test_a_wrong_button_is_refused(bot: Bot, private: Chat, button: dict[str, str], why: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    assert why in await bot.refusal("sendMessage", chat_id=private.id, text="x", reply_markup=markup)


async def test_a_hundred_and_one_buttons_are_too_many(bot: Bot, private: Chat) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101}
    assert "reply markup is too long" in await bot.refusal(
        "sendMessage", chat_id=private.id, text="x", reply_markup=markup
    )


async def test_a_phone_number_is_asked_for_in_private_only(bot: Bot, private: Chat, forum: Chat) -> None:
    markup = {"keyboard": [[{"text": "My number", "request_contact": True}]]}
    await bot.result("sendMessage", chat_id=private.id, text="x", reply_markup=markup)
    assert "in private chats only" in await bot.refusal("sendMessage", chat_id=forum.id, text="x", reply_markup=markup)


# --- people cannot do the impossible either


async def test_nobody_presses_a_button_that_is_not_there(bot: Bot, api: BotApi, eszter: Person, private: Chat) -> None:
    sent = await bot.result("sendMessage", chat_id=private.id, text="x")
    with pytest.raises(Impossible):
        api.world.press(eszter, private, sent["message_id"], "y")


async def test_a_stranger_cannot_write_in_a_group_or_in_anothers_chat(
    api: BotApi, anna: Person, eszter: Person, private: Chat, forum: Chat
) -> None:
    with pytest.raises(Impossible):
        api.world.say(eszter, forum, "let me in")
    with pytest.raises(Impossible):
        api.world.say(anna, private, "not mine")
