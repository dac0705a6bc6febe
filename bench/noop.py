"""The bare SMTP server that the listener is compared with: aiosmtpd that keeps nothing. Run as `-m bench.noop`."""

from __future__ import annotations

import asyncio
from typing import Any

from aiosmtpd.smtp import SMTP

from bench import serving

SIZE_LIMIT = 25 * 1024 * 1024


class Nothing:
    """The hook that aiosmtpd calls by name."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "250 2.0.0 OK"


async def serve() -> None:
    loop = asyncio.get_running_loop()

    def converse() -> SMTP:
        return SMTP(Nothing(), data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, hostname="desk.example", loop=loop)

    server = await loop.create_server(converse, "127.0.0.1", 0, backlog=256)
    stop = serving.stopped()
    serving.tell(f"port {server.sockets[0].getsockname()[1]}")
    await stop.wait()
    server.close()


if __name__ == "__main__":
    serving.run(serve)
