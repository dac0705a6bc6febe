"""`centrala messages`: what came in and went out, and putting failed ones back in line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from channels import files, intake, outbox
    from kernel import errors, rows
    from kernel.unit import Store
    from tickets import numbers
    from webhooks import mapped
else:
    errors = Late("kernel.errors")
    files = Late("channels.files")
    intake = Late("channels.intake")
    numbers = Late("tickets.numbers")
    mapped = Late("webhooks.mapped")
    outbox = Late("channels.outbox")
    rows = Late("kernel.rows")

app = options.application()
PAGE = 1_000
SHOWN = 80  # characters of a text in a column
_DEAD = ("'failed'", "'maybe_sent'")
_WITHHELD = ("'withheld'",)

_IN = """
SELECT r.id, 'in' AS direction, r.channel, r.state, r.tries, r.reason, t.number, r.received_at, m.dmarc
FROM raw_messages AS r LEFT JOIN entries AS e ON e.message_id = r.id LEFT JOIN tickets AS t ON t.id = e.ticket_id
    LEFT JOIN messages AS m ON m.id = r.id
"""
_OUT = """
SELECT m.id, 'out' AS direction, m.channel, m.state, m.tries, m.reason, t.number, m.created_at AS received_at,
    m.dmarc, m.address, m.subject, m.text
FROM messages AS m LEFT JOIN tickets AS t ON m.ref_kind = 'ticket' AND t.id = m.ref_id
"""


@app.command("list")
def list_messages(
    parked: Annotated[bool, typer.Option("--parked", help="Only inbound ones set aside after five failures.")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="Only outbound ones that failed for good.")] = False,
    withheld: Annotated[
        bool, typer.Option("--withheld", help="Only what quiet mode kept from leaving, with texts.")
    ] = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """List messages in both directions, the oldest first."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        states = [*(_DEAD if dead else ()), *(_WITHHELD if withheld else ())]
        all_of_them = not parked and not states
        came = "1 = 1" if all_of_them else "r.state = 'parked'"
        went = "m.direction = 'out'" + (f" AND m.state IN ({', '.join(states)})" if states else "")
        inbound = await _pages(store, _IN, "r.id", came) if parked or all_of_them else []
        outbound = await _pages(store, _OUT, "m.id", went) if states or all_of_them else []
        return sorted([*inbound, *outbound], key=lambda row: int(row["id"]))

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(found)
        return
    keys: tuple[str, ...] = ("id", "direction", "channel", "state", "tries", "ticket", "received_at", "reason")
    if withheld:
        keys = ("id", "channel", "to", "ticket", "received_at", "reason", "text")
        found = [
            row | {"text": _short(row["text"])} if "text" in row else row | {"to": "", "text": ""} for row in found
        ]
    printing.columns([key.upper() for key in keys], [[row[key] for key in keys] for row in found])


@app.command()
def retry(message_id: str, config: options.Config = None) -> None:
    """Put a parked inbound, a dead or a withheld outbound message back in line."""

    async def act(store: Store, settings: Any) -> None:
        wanted = options.whole(message_id)
        if wanted is None:
            raise errors.Invalid(f"{message_id!r} is not a message id; `centrala messages list --parked` shows them")
        if settings.quiet and await _is_withheld(store, wanted):
            raise errors.Conflict(f"{message_id} was withheld, and it is still quiet; centrala go-live ends that first")
        async with store.unit() as work:
            done = await intake.retry(work, wanted) or await outbox.requeue(work, wanted)
        if not done:
            said = f"no parked, dead or withheld message has the id {message_id}. Nothing was done."
            raise errors.NotFound(f"{said} `centrala messages list --parked --dead --withheld` shows them")

    options.on_store(config, act)
    print(f"{message_id} is back in line.")


@app.command()
def raw(message_id: str, config: options.Config = None) -> None:
    """Print what came in, byte for byte, as the far side sent it."""

    async def act(store: Store, settings: Any) -> bytes:
        wanted = options.whole(message_id)
        found = (
            None
            if wanted is None
            else await intake.body(store.reading(), files.FileStore(settings.data / "files"), wanted)
        )
        if found is None:
            raise errors.NotFound(
                f"no message that came in has the id {message_id}; `centrala messages list` shows them"
            )
        return found

    sys.stdout.buffer.write(mapped.payload(options.on_store(config, act)))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"


async def _pages(store: Store, select: str, key: str, where: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    while page := await store.reading().fetch(
        f"{select} WHERE {key} > ? AND {where} ORDER BY {key} LIMIT {PAGE}", after
    ):
        found += [_row(row) for row in page]
        after = page[-1]["id"]
    return found


async def _is_withheld(store: Store, message_id: int) -> bool:
    found = await store.reading().one("SELECT state FROM messages WHERE id = ?", message_id)
    return found is not None and found["state"] == "withheld"


def _row(row: rows.Row) -> dict[str, Any]:
    return _plain(row) | (_words(row) if row["state"] == "withheld" else {})


def _words(row: rows.Row) -> dict[str, Any]:
    """What an operator decides by before he goes live: to whom, and the words."""
    return {"to": printing.masked(row["address"]), "subject": row["subject"], "text": row["text"]}


def _plain(row: rows.Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "direction": row["direction"],
        "channel": row["channel"],
        "state": row["state"],
        "tries": row["tries"],
        "reason": row["reason"],
        "ticket": numbers.written(row["number"]) if row["number"] else None,
        "received_at": printing.utc(rows.instant(row["received_at"])),
        "dmarc": row["dmarc"],
    }
