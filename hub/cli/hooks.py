"""`centrala inspect hook`: what a source's payload becomes, by the very code that the route runs."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hub.cli import Late, options

if TYPE_CHECKING:
    from channels import contract
    from hub.settings import Settings
    from kernel import errors
    from webhooks import auth, mapper, parse, posting
else:
    auth = Late("webhooks.auth")
    contract = Late("channels.contract")
    errors = Late("kernel.errors")
    mapper = Late("webhooks.mapper")
    parse = Late("webhooks.parse")
    posting = Late("webhooks.posting")


def hook(name: str, config: Path | None) -> None:
    """One JSON object: {"event", "id", "becomes"}, {"ignored": why}, or {"refused": why, "errors": […]}."""
    settings: Settings = options.settings(config)
    found = settings.hooks.sources.get(name)
    if found is None:
        known = ", ".join(settings.hooks.sources) or "none"
        print(f"centrala: there is no [hooks.sources.{name}] in the settings; there are: {known}", file=sys.stderr)
        sys.exit(options.REFUSED)
    source = auth.source(name, secrets=[], tokens=[], addresses=[], map=found.map)
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_shown(source, sys.stdin.buffer.read()))) + b"\n")


async def _shown(source: auth.Source, body: bytes) -> dict[str, Any]:
    worker = mapper.Mapper()
    try:
        posted = await posting.understood(source, {}, body, mapper=worker, now=datetime.now(UTC))
    except errors.Invalid as error:
        return {"refused": str(error), "errors": [problem.as_dict() for problem in error.problems]}
    except errors.TryLater as error:
        options.refuse(error)
    finally:
        await worker.stop()
    if posted is None:
        return {"ignored": "the map makes null of it: answered with 202, and stored nowhere"}
    return {"event": orjson.loads(posted.event), "id": posted.id, "becomes": _becomes(parse.parse(posted.raw), posted)}


def _becomes(inbound: contract.Inbound, posted: posting.Posted) -> dict[str, Any]:
    """What the hub goes on with, in the words of the reference."""
    if inbound.event:
        return {"kind": str(inbound.kind), "event": inbound.event, "about": posted.raw.address}
    return {
        "kind": str(inbound.kind),
        "from": str(inbound.sender),
        "name": inbound.name,
        "subject": inbound.subject,
        "text": inbound.text,
        "language": inbound.language,
        "thread": inbound.matter,
    }
