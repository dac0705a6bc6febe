"""/healthz, /readyz and /metrics: what an operator's machines ask."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Protocol

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from bot.house import House
from channels import intake
from channels.contract import Adapter
from channels.intake import Acceptor
from hub.inbound import Fork
from kernel import errors
from kernel.loops import Loop
from kernel.unit import Store
from webhooks import auth
from webhooks.auth import Networks

_WITHHELD = "SELECT channel, state, count(*) AS n FROM messages WHERE state = 'withheld' GROUP BY channel, state"
FAILING = 3  # turns of a loop that failed one after the other


class Vitals(Protocol):
    """What of the running hub is looked at."""

    store: Store
    acceptor: Acceptor
    fork: Fork
    house: House
    adapters: list[Adapter]
    is_migrated: bool
    is_running: bool

    @property
    def loops(self) -> list[Loop]:
        """The loops that handle, fire and send."""


def routes(app: Vitals, *, token: str, is_public: bool = False, trusted: Networks = ()) -> list[web.RouteDef]:
    """The three routes. /metrics is for this machine; with a `token`, or if the hub is public, for who has the token.

    `trusted`: proxies whose word counts for who asks.
    """

    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:
        body = await _readiness(app)
        return web.Response(
            status=503 if body["status"] == "down" else 200, body=orjson.dumps(body), content_type="application/json"
        )

    async def metrics(request: web.Request) -> web.Response:
        peer = auth.peer(request.remote, request.headers.getall("X-Forwarded-For", []), trusted)
        if not _has_token(request, token) and (token or is_public or not auth.is_loopback(peer)):
            raise web.HTTPForbidden(reason="Metrics need web.metrics_token; without it they are for this machine")
        registry = CollectorRegistry()
        registry.register(_Snapshot(app, await _counts(app)))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


async def _readiness(app: Vitals) -> dict[str, object]:
    """Down only if store or intake is; a channel that is away makes the hub degraded, not down."""
    channels = {
        adapter.account: "ok" if adapter.health.ready and not adapter.health.degraded else _why(adapter.health.degraded)
        for adapter in app.adapters
    }
    down = await _what_is_down(app)
    degraded = [name for name, state in channels.items() if state != "ok"]
    status = "down" if down else "degraded" if degraded else "ok"
    body: dict[str, object] = {"status": status, "down": down, "degraded": degraded, "channels": channels}
    return body | await _quiet(app)


async def _quiet(app: Vitals) -> dict[str, object]:
    """What an operator must not forget: nothing leaves, and by channel how much would have."""
    if not app.house.quiet.is_on:
        return {}
    said = {"quiet": "nothing leaves except to staff; centrala go-live ends it"}
    try:
        found = await app.store.reading().fetch(_WITHHELD) if app.is_migrated else []
    except Exception as error:
        if not errors.is_passing(error):
            raise
        return dict(said)  # that the store does not answer is told above
    return {**said, "withheld": {row["channel"]: row["n"] for row in found}}


def _why(degraded: str) -> str:
    return degraded or "starting"


async def _what_is_down(app: Vitals) -> list[str]:
    down = []
    try:
        await app.store.reading().one("SELECT 1 AS one")
    except Exception as error:  # whatever it is: a store that does not answer
        down.append(f"store ({type(error).__name__})")
    if not app.is_migrated:
        down.append("store (not migrated yet)")
    elif not app.is_running:
        down.append("intake (not started yet)")
    down += [f"{loop.name} (fails again and again; see the log)" for loop in app.loops if loop.failures >= FAILING]
    if app.fork.fault_is_ours:
        down.append("intake (two senders' messages fail the same way; see the log)")
    return down


async def _counts(app: Vitals) -> Mapping[tuple[str, str], int]:
    """Outbox rows by channel and state, parked messages under ("", "parked"). Raises TryLater without a store."""
    if not app.is_migrated:
        raise errors.TryLater("the store is not set up yet")
    try:
        reader = app.store.reading()
        found = await reader.fetch(
            "SELECT channel, state, count(*) AS n FROM messages WHERE state IN ('queued', 'leased')"
            " GROUP BY channel, state UNION ALL SELECT channel, state, count(*) AS n FROM messages"
            f" WHERE state IN ('failed', 'maybe_sent') GROUP BY channel, state UNION ALL {_WITHHELD}"
        )
        parked = await reader.one("SELECT count(*) AS n FROM raw_messages WHERE state = 'parked'")
        loud = await reader.one("SELECT count(*) AS n FROM alerts WHERE state = 'open' AND loud_at IS NOT NULL")
        lag = await intake.lag_s(app.store.reading())
    except Exception as error:
        if errors.is_passing(error):
            raise errors.TryLater("the store does not answer") from error
        raise
    counts = {(row["channel"], row["state"]): row["n"] for row in found}
    counts[("", "parked")] = parked["n"] if parked else 0
    counts[("", "loud")] = loud["n"] if loud else 0
    counts[("", "lag_ms")] = int(lag * 1000)
    return counts


class _Snapshot:
    """The metrics of one request, as prometheus_client collects them."""

    def __init__(self, app: Vitals, counts: Mapping[tuple[str, str], int]) -> None:
        self._app = app
        self._counts = counts

    def collect(self) -> list[CounterMetricFamily | GaugeMetricFamily]:
        accepted = CounterMetricFamily("centrala_accepted", "Messages stored since the start", labels=["channel"])
        for channel, count in self._app.acceptor.accepted.items():
            accepted.add_metric([channel], count)
        outbox = GaugeMetricFamily("centrala_outbox_rows", "Messages in the outbox", labels=["channel", "status"])
        for (channel, state), count in self._counts.items():
            if channel:
                outbox.add_metric([channel, state], count)
        lag = GaugeMetricFamily("centrala_intake_lag_seconds", "Age of the oldest message not handled yet")
        lag.add_metric([], self._counts[("", "lag_ms")] / 1000)
        # a gauge named as a total, because the promised name is centrala_parked_total
        parked = GaugeMetricFamily("centrala_parked_total", "Messages set aside for an operator")
        parked.add_metric([], self._counts[("", "parked")])
        unheard = GaugeMetricFamily("centrala_alerts_unheard", "Alerts that nobody has been told of or sees to")
        unheard.add_metric([], self._counts[("", "loud")])
        handled = CounterMetricFamily("centrala_handled", "Messages handled since the start")
        handled.add_metric([], self._app.fork.handled)
        ready = GaugeMetricFamily("centrala_channel_ready", "1 while a channel can send", labels=["account"])
        for adapter in self._app.adapters:
            ready.add_metric([adapter.account], float(adapter.health.ready))
        return [accepted, outbox, lag, parked, unheard, handled, ready]


def _has_token(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return bool(token) and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
