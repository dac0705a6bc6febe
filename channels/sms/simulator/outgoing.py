"""What Twilio posts to its customer: signed forms, one after the other, again when the customer's server is ill."""

from __future__ import annotations

import asyncio

from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct, field
from twilio.request_validator import RequestValidator

from channels.sms.simulator.model import Delivery

ANSWER_TIMEOUT_S = 15.0
TRIES = 5  # with the connection overrides rc=4&rp=5xx,ct,rt at the URL


class _Job(Struct):
    url: str
    params: dict[str, str]


class Outgoing(Struct):
    """The line of posts."""

    deliveries: list[Delivery] = field(default_factory=list)
    _jobs: asyncio.Queue[_Job] = field(default_factory=asyncio.Queue)
    _under_way: int = 0

    @property
    def pending(self) -> int:
        """Posts that wait or are on their way."""
        return self._under_way

    def put(self, url: str, params: dict[str, str]) -> None:
        self._under_way += 1
        self._jobs.put_nowait(_Job(url, params))

    async def run(self, token: str, *, retry_delay_s: float) -> None:
        """Runs until cancelled. `token` signs."""
        validator = RequestValidator(token)
        async with ClientSession(timeout=ClientTimeout(total=ANSWER_TIMEOUT_S)) as session:
            while True:
                job = await self._jobs.get()
                for _ in range(TRIES):
                    if await self._deliver(session, validator, job):
                        break
                    await asyncio.sleep(retry_delay_s)
                self._under_way -= 1

    async def _deliver(self, session: ClientSession, validator: RequestValidator, job: _Job) -> bool:
        """Post it once; True unless it is worth another try."""
        url = job.url.partition("#")[0]
        headers = {"X-Twilio-Signature": validator.compute_signature(url, job.params)}
        try:
            async with session.post(url, data=job.params, headers=headers, allow_redirects=False) as response:
                self.deliveries.append(Delivery(url, job.params, response.status, await response.text()))
                return response.status < 500
        except (ClientError, TimeoutError):
            self.deliveries.append(Delivery(url, job.params, 0, ""))
            return False
