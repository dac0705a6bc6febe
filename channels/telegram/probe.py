"""What `centrala check telegram` tries, one step after the other: plain calls, each with what to do when it fails."""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.telegram import peek
from channels.telegram.receive import PATH
from channels.telegram.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=15)
Step = tuple[str, str, str]  # name, what was found, what to do ("" if it is fine)


class _Refused(Exception):
    """The Bot API said no, or nothing."""


class _Unreachable(_Refused):
    """Nobody answered there."""


async def probe(settings: Settings, *, public_url: str) -> list[Step]:
    """The steps tried, up to the first that makes the next ones pointless. Changes nothing at Telegram."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        ask = _Asker(session, f"{settings.api_url}/bot{settings.token.get_secret_value()}")
        try:
            me = await ask("getMe")
        except _Unreachable as error:
            return [_unreached(settings, error)]
        except _Refused as error:
            return [("token", str(error), "paste the token again from @BotFather (/mybots, API Token)")]
        steps = [("token", f"@{me.get('username')}", "")]
        try:
            steps.append(await _receiving(ask, settings, public_url))
            steps += await _staff_chat(ask, settings.staff_chat, me)
        except _Unreachable as error:
            steps.append(_unreached(settings, error))
        return steps


async def door(settings: Settings) -> str:
    """How a link begins that opens a chat with the bot; "" while Telegram does not say who it is."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        ask = _Asker(session, f"{settings.api_url}/bot{settings.token.get_secret_value()}")
        try:
            me = await ask("getMe")
        except _Refused:
            return ""
    return peek.door(str(me["username"])) if me.get("username") else ""


def _unreached(settings: Settings, error: _Unreachable) -> Step:
    todo = f"this machine does not reach the Bot API at {settings.api_url}: see api_url, network, proxy and name server"
    return ("reach", str(error), todo)


class _Asker:
    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def __call__(self, method: str, **params: Any) -> Any:
        try:
            async with self._session.post(f"{self._base}/{method}", json=params) as response:
                answer = peek.decode(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _Unreachable(f"no answer ({type(error).__name__})") from error
        if not isinstance(answer, dict) or not (answer.get("description") or isinstance(answer.get("result"), dict)):
            raise _Unreachable(f"HTTP {response.status}, and no answer of the Bot API")
        if not answer.get("ok"):
            raise _Refused(str(answer.get("description")))
        return answer["result"]


async def _receiving(ask: _Asker, settings: Settings, public_url: str) -> Step:
    try:
        hook = await ask("getWebhookInfo")
    except _Unreachable:
        raise
    except _Refused as error:
        return ("receiving", str(error), "try again in a minute")
    url = hook.get("url", "")
    if settings.mode == "polling":
        busy = f"another program has set a webhook ({url}); `centrala run` takes it over" if url else ""
        return ("receiving", f"polling; {busy}" if busy else "polling", "")
    wanted = f"{public_url}{PATH}"
    if url != wanted:
        return ("receiving", f"webhook is {url or 'not set'}", f"start the hub: it sets {wanted}")
    if hook.get("last_error_message"):
        todo = "let your proxy pass this address to the hub, with a certificate Telegram trusts"
        return ("receiving", f"webhook; last error: {hook['last_error_message']}", todo)
    return ("receiving", f"webhook, {hook.get('pending_update_count', 0)} waiting", "")


async def _staff_chat(ask: _Asker, chat_id: int, me: dict[str, Any]) -> list[Step]:
    if not chat_id:
        return [("staff chat", "none set: cards go to each colleague's own chat with the bot", "")]
    try:
        chat = await ask("getChat", chat_id=chat_id)
        member = await ask("getChatMember", chat_id=chat_id, user_id=me.get("id"))
    except _Unreachable:
        raise
    except _Refused as error:
        return [("staff chat", str(error), "add the bot to the group, and set staff_chat to the group's id")]
    steps: list[Step] = [("staff chat", f"{chat.get('title')}{', with topics' if chat.get('is_forum') else ''}", "")]
    is_admin = member.get("status") in ("administrator", "creator")
    if chat.get("is_forum") and not member.get("can_manage_topics"):
        steps.append(("rights", f"the bot is {member.get('status')}", "make it an administrator who may manage topics"))
    elif not is_admin and not me.get("can_read_all_group_messages"):
        todo = "make the bot an administrator of the group, or turn privacy off (@BotFather, /setprivacy)"
        steps.append(("rights", "privacy mode hides what colleagues type", todo))
    else:
        steps.append(("rights", f"the bot is {member.get('status')}", ""))
    return steps
