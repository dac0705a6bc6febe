"""The bare server that the hub is compared with: aiohttp answering a fixed JSON. Run as `-m bench.constant`."""

from __future__ import annotations

import orjson
from aiohttp import web

from bench import serving

ANSWER = orjson.dumps({"status": "accepted", "id": "1234567890123456789"})


async def answer(request: web.Request) -> web.Response:
    return web.Response(status=202, body=ANSWER, content_type="application/json")


async def serve() -> None:
    app = web.Application()
    app.add_routes([web.post("/hooks/{source}", answer), web.post("/channels/sms/message", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stop = serving.stopped()
    serving.tell(f"port {runner.addresses[0][1]}")
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    serving.run(serve)
