"""Sending through the twilio library, and what its failures mean for the message. Loaded late."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client as Twilio

from channels.contract import File, Inbound, Kind, Outbound, Receipt
from channels.errors import Reason, SendError
from channels.sms import compose, errors, media, parse, wire
from channels.sms.caps import Caps, Limits
from channels.sms.compose import Parameters
from channels.sms.settings import Settings
from kernel import log, phones

TIMEOUT_S = 20
CONNECT_TIMEOUT_S = 10
FIND_LIMIT = 100
FAILURES = (SendError, TwilioException, aiohttp.ClientError, TimeoutError, json.JSONDecodeError, UnicodeError)
# What was surely not done is not counted against the caps.
_UNDONE = frozenset({Reason.UNREACHABLE, Reason.THROTTLED, Reason.MISCONFIGURED})

__all__ = ["Client", "parse"]
_log = log.get(__name__)


class Client:
    """One sender's way out. Made inside the loop: the session in it belongs to that."""

    def __init__(self, settings: Settings, *, public_url: str) -> None:
        self._settings = settings
        self._public_url = public_url
        self._http = _Http(settings.api_url)
        self._twilio = Twilio(settings.account_sid, settings.token, http_client=self._http)
        self._caps = Caps(Limits(settings.per_recipient, settings.per_prefix, settings.per_day))

    def recall(self, sent: Sequence[tuple[str, float]]) -> None:
        """Count what went out before this start against the caps; see the contract."""
        now = time.monotonic()
        for number, age_s in sent:
            self._caps.recall(number, now - age_s)

    async def introduce(self) -> None:
        """See whether Twilio lets us in. Raises SendError if it does not, or does not answer."""
        try:
            await self._twilio.messages.list_async(limit=1)
        except FAILURES as error:
            raised = understood(error)
            if raised.reason is Reason.UNCERTAIN:
                raise SendError(Reason.UNREACHABLE, raised.detail) from error
            raise raised from error

    async def send(self, outbound: Outbound) -> Receipt:
        """Send one message. Raises SendError."""
        parameters = self._composed(outbound)
        if compose.is_too_long(parameters.body):
            raise SendError(Reason.INVALID, f"longer than the {compose.TEXT_LIMIT} characters that an SMS may have")
        self._allow(parameters.to)
        try:
            made = await self._twilio.messages.create_async(**parameters.named())
        except FAILURES as error:
            raised = understood(error)
            if raised.reason in _UNDONE:
                self._caps.give_back(parameters.to)
            raise raised from error
        if not made.sid:
            raise SendError(Reason.UNCERTAIN, "an answer without an id")
        return Receipt(made.sid)

    async def find(self, outbound: Outbound, since: datetime) -> tuple[Inbound, ...]:
        """How the messages fare that this sender has made for this number since then, newest first; see the contract of
        a second witness. Raises SendError.
        """
        parameters = self._composed(outbound)
        try:
            listed = await self._twilio.messages.list_async(to=parameters.to, limit=FIND_LIMIT)
        except FAILURES as error:
            raise understood(error) from error
        made = [one for one in listed if one.date_created is None or one.date_created >= since]
        if len(made) == FIND_LIMIT:
            raise SendError(Reason.UNCERTAIN, "too many messages to that number to tell them apart")
        return tuple(self._listed(one, outbound, parameters) for one in made if self._is_ours(one))

    def _is_ours(self, one: Any) -> bool:
        return one.direction != "inbound" and one.from_ in (None, "", self._settings.sender or one.from_)

    def _listed(self, one: Any, outbound: Outbound, parameters: Parameters) -> Inbound:
        """A record of the list as a status report. What is under way still counts as sent."""
        status = parse.STATES.get(str(one.status), "sent")
        return Inbound(
            Kind.STATUS,
            outbound.address,
            outbound.address,
            external_id=str(one.sid),
            about=str(outbound.id) if one.body == parameters.body else "",
            status=status,
            reason=errors.why(str(one.error_code or one.status)) if status == "failed" else "",
        )

    async def fetch(self, file: File, *, limit: int) -> bytes:
        """The bytes of a part of an MMS. Raises SendError, TooLarge."""
        return await media.fetch(self._http.session, self._settings, file, limit=limit)

    async def close(self) -> None:
        await self._http.close()

    def _composed(self, outbound: Outbound) -> Parameters:
        return compose.compose(
            outbound,
            sender=self._settings.sender,
            messaging_service_sid=self._settings.messaging_service_sid,
            public_url=self._public_url,
            folds=self._settings.fold,
        )

    def _allow(self, number: str) -> None:
        """What costs too much does not go out: dear numbers, other countries, more than the caps. Raises SendError."""
        if phones.is_dear(number):
            raise SendError(Reason.REFUSED, "a premium-rate number")
        allowed = self._settings.countries
        if allowed and phones.country(number) not in allowed:
            raise SendError(Reason.REFUSED, f"country {phones.country(number) or 'unknown'} is not in countries")
        if reached := self._caps.take(number, time.monotonic()):
            _log.warning("sms.capped", cap=reached)
            raise SendError(Reason.REFUSED, reached)


class _Http(AsyncTwilioHttpClient):  # type: ignore[misc]  # the library carries no types
    """Twilio's HTTP client at another address, with deadlines (its own ignores them) and a 429's waiting time."""

    def __init__(self, api_url: str) -> None:
        super().__init__(pool_connections=False)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        self._api_url = api_url
        self.session: aiohttp.ClientSession = aiohttp.ClientSession(timeout=timeout)

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        allow_redirects: bool = False,
    ) -> Response:
        """One request; what aiohttp raises passes through, so that `understood` sees how far it got."""
        given: dict[str, Any] = {"params": params, "data": data, "allow_redirects": allow_redirects}
        given["headers"] = {**(headers or {}), **({"Authorization": wire.authorization(*auth)} if auth else {})}
        async with self.session.request(method, self._here(url), **given) as answer:
            if answer.status == 429:
                waits = _seconds(answer.headers.get("Retry-After", ""))
                raise SendError(Reason.THROTTLED, "HTTP 429", retry_after_s=waits)
            return Response(answer.status, await answer.text(), answer.headers)

    def _here(self, url: str) -> str:
        parts = urlsplit(url)
        return self._api_url + parts.path + (f"?{parts.query}" if parts.query else "")


def understood(error: Exception) -> SendError:
    """What a failure of the library means for the message. Pure."""
    match error:
        case SendError():
            return error
        case TwilioRestException():
            return errors.understood(error.status, error.code, error.msg or "")
        case TwilioServiceException():
            return errors.understood(error.status, error.code, error.title or "")
        case TwilioException():  # a page of a list that did not come: the answer is its second argument
            answer = error.args[1] if len(error.args) > 1 else None
            return _of_answer(answer)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return SendError(Reason.UNREACHABLE, "no connection")
        case aiohttp.ClientError() | TimeoutError():
            return SendError(Reason.UNCERTAIN, "no answer")
        case json.JSONDecodeError() | UnicodeDecodeError():
            return SendError(Reason.UNCERTAIN, "an answer that cannot be read")
    return SendError(Reason.INVALID, log.cause(error))


def _of_answer(answer: Any) -> SendError:
    if not isinstance(answer, Response):
        return SendError(Reason.UNCERTAIN, "an answer that cannot be read")
    found = wire.decode(answer.text.encode())
    body = found if isinstance(found, dict) else {}
    return errors.understood(answer.status_code, body.get("code"), str(body.get("message", "")))


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else None
