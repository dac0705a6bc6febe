"""What `centrala check sms` tries, one step after the other: plain calls, each with what to do when it fails."""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.sms import wire
from channels.sms.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=15)
CONSOLE = "console.twilio.com"
Step = tuple[str, str, str]  # name, what was found, what to do ("" if it is fine)


class _Refused(Exception):
    """Twilio said no, or nothing. Carries its code where it gave one."""

    def __init__(self, said: str, code: int = 0) -> None:
        super().__init__(said)
        self.code = code


async def probe(settings: Settings, *, public_url: str) -> list[Step]:
    """The steps tried, up to the first that makes the next ones pointless. Changes nothing at Twilio, sends nothing."""
    headers = {"Authorization": wire.authorization(settings.account_sid, settings.token)}
    async with aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session:
        ask = _Asker(session, f"{settings.api_url}/{wire.VERSION}/Accounts/{settings.account_sid}")
        try:
            listed = await ask("/Messages.json", PageSize="1")
            if not isinstance(listed.get("messages"), list):
                raise _Refused("not Twilio's API")
        except _Refused as error:
            todo = f"copy Account SID and Auth Token again from {CONSOLE}" if error.code else "see api_url"
            return [("account", str(error), todo)]
        base = settings.public_url or public_url
        return [
            ("account", f"signed in, {len(settings.auth_token)} token(s) good for callbacks", ""),
            await _sender(ask, settings, base),
            _reports(settings, base),
        ]


class _Asker:
    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def __call__(self, path: str, **params: str) -> dict[str, Any]:
        try:
            async with self._session.get(self._base + path, params=params) as response:
                answer = wire.decode(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _Refused(f"no answer ({type(error).__name__})") from error
        if not isinstance(answer, dict):
            raise _Refused("not Twilio's API")
        if response.status != 200:
            raise _Refused(f"{answer.get('message')} ({answer.get('code')})", int(answer.get("code") or 0))
        return answer


async def _sender(ask: _Asker, settings: Settings, base: str) -> Step:
    if settings.messaging_service_sid:
        todo = f"its integration must send incoming messages to {base}{wire.MESSAGE_PATH}; look there yourself"
        return ("sender", f"a messaging service; {todo if settings.receive == 'webhook' else 'polled'}", "")
    if not settings.is_number:
        return ("sender", "a name or short code: answers cannot come back to a name", "")
    try:
        found = await ask("/IncomingPhoneNumbers.json", PhoneNumber=settings.sender)
    except _Refused as error:
        return ("sender", str(error), f"see {CONSOLE}, Phone Numbers")
    numbers = found.get("incoming_phone_numbers") or []
    if not numbers:
        return ("sender", "the number is none of this account", f"buy it, or set sender to one of {CONSOLE}'s list")
    if settings.receive == "poll":
        return ("sender", "the number is ours; messages are polled for", "")
    wanted, is_set = f"{base}{wire.MESSAGE_PATH}", str(numbers[0].get("sms_url") or "")
    if is_set.partition("#")[0] != wanted:
        todo = f"at the number, under Messaging, set 'A message comes in' to {wanted} (HTTP POST)"
        return ("sender", f"the number is ours; its messages go to {is_set or 'nowhere'}", todo)
    if numbers[0].get("sms_method", "POST") != "POST":
        return ("sender", "the number's webhook uses GET", "set it to HTTP POST")
    return ("sender", "the number is ours and its messages come here", "")


def _reports(settings: Settings, base: str) -> Step:
    if base:
        return ("delivery reports", f"called back at {base}{wire.STATUS_PATH}", "")
    return ("delivery reports", "asked for with the message list", "")
