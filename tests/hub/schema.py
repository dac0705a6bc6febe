"""What a database looks like from outside, on either engine; and a row in every table."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationTarget

from hub import database
from kernel import rows
from kernel.unit import WRITING
from tests.hub.schema_exchange import EXCHANGE
from tests.support.databases import ENGINE

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
# Parents before children; each row has a value in every column that must have one.
FILLED: dict[str, dict[str, Any]] = {
    "contacts": {"id": 1, "name": "Eszter Nagy", "language": "hu", "created_at": AT},
    "staff": {
        "id": 2,
        "name": "Anna",
        "folded": "anna",
        "role": "agent",
        "active": True,
        "zone": "UTC",
        "created_at": AT,
    },
    "raw_messages": {
        "id": 3,
        "channel": "webhook",
        "account": "hook:erp",
        "external_key": "k",
        "address": "4711",
        "body": b"{}",
        "received_at": AT,
        "state": "waiting",
        "tries": 0,
        "due_at": AT,
    },
    "messages": {
        "id": 3,
        "direction": "in",
        "channel": "webhook",
        "account": "hook:erp",
        "address": "4711",
        "operation": "send",
        "purpose": "message",
        "subject": "",
        "text": "Árvíztűrő",
        "state": "received",
        "priority": 1,
        "tries": 0,
        "created_at": AT,
    },
    "opt_outs": {"id": 40, "scheme": "tel", "value": "+36", "purpose": "notice", "since": AT},
    "attempts": {"id": 4, "message_id": 3, "number": 1, "at": AT, "outcome": "sent"},
    "identities": {"id": 5, "contact_id": 1, "scheme": "tel", "value": "+36", "verified": False, "created_at": AT},
    "staff_identities": {"id": 6, "staff_id": 2, "scheme": "tel", "value": "+48"},
    "hints": {"id": 7, "staff_id": 2, "key": "note"},
    "tickets": {
        "id": 8,
        "number": 1,
        "subject": "Card blocked",
        "state": "open",
        "kind": "question",
        "queue": "inbox",
        "priority": 3,
        "contact_id": 1,
        "assignee_id": 2,
        "channel": "webhook",
        "account": "hook:erp",
        "address": "4711",
        "scheme": "web",
        "version": 1,
        "created_at": AT,
        "updated_at": AT,
    },
    "entries": {
        "id": 9,
        "ticket_id": 8,
        "at": AT,
        "kind": "message",
        "author_kind": "customer",
        "author": "Eszter",
        "message_id": 3,
    },
    "clocks": {"id": 10, "ticket_id": 8, "kind": "first_response", "state": "running", "started_at": AT, "due_at": AT},
    "timeline": {"id": 11, "contact_id": 1, "at": AT, "kind": "message", "message_id": 3},
    "queue_members": {"id": 12, "queue": "cards", "staff_id": 2},
    "alerts": {"id": 13, "ticket_id": 8, "kind": "first_response", "state": "open", "run": 1, "created_at": AT},
    "stations": {
        "id": 15,
        "code": "0412",
        "name": "Gdynia",
        "address": "Morska 100",
        "region": "",
        "zone": "Europe/Warsaw",
        "services": "",
        "nearest": "",
        "created_at": AT,
        "updated_at": AT,
    },
    "subscribers": {
        "id": 16,
        "contact_id": 1,
        "company": "Orlik",
        "zone": "",
        "prefers": "",
        "every_station": False,
        "created_at": AT,
    },
    "subscriptions": {"id": 17, "contact_id": 1, "station_id": 15, "created_at": AT},
    "outages": {
        "id": 18,
        "number": 1,
        "state": "announced",
        "planned": True,
        "for_good": False,
        "starts_at": AT,
        "why": "",
        "note": "",
        "source": "staff",
        "source_key": "4711",
        "revision": 1,
        "created_at": AT,
        "updated_at": AT,
    },
    "outage_stations": {"id": 19, "outage_id": 18, "station_id": 15},
    "outage_revisions": {
        "id": 20,
        "outage_id": 18,
        "number": 1,
        "change": "announce",
        "state": "sent",
        "starts_at": AT,
        "why": "",
        "by_id": 2,
        "asked_id": 3,
        "cursor": 0,
        "told": 1,
        "left_out": 0,
        "created_at": AT,
    },
    "notices": {
        "id": 21,
        "outage_id": 18,
        "revision": 1,
        "contact_id": 1,
        "channel": "sms",
        "scheme": "tel",
        "address": "+36",
        "language": "hu",
        "why": "subscribed",
        "state": "queued",
        "reason": "",
        "message_id": 3,
        "created_at": AT,
    },
    "reminders": {
        "id": 22,
        "number": 1,
        "kind": "reminder",
        "state": "waiting",
        "staff_id": 2,
        "ticket_id": 8,
        "text": "Call him",
        "due_at": AT,
        "zone": "UTC",
        "created_by_id": 2,
        "created_at": AT,
        "late": False,
    },
    "hub_runs": {"id": 14, "started_at": AT},
    "link_codes": {
        "id": 41,
        "contact_id": 1,
        "scheme": "tel",
        "value": "+36",
        "digest": "d",
        "tries": 0,
        "created_at": AT,
        "expires_at": AT,
    },
    "foreign_records": {
        "id": 42,
        "system": "zammad",
        "kind": "ticket",
        "their_key": "77",
        "number": "12345",
        "ticket_id": 8,
        "digest": "d",
        "created_at": AT,
    },
    "import_runs": {
        "id": 43,
        "system": "zammad",
        "digest": "d",
        "position": 0,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "started_at": AT,
    },
    "invitations": {
        "id": 42,
        "kind": "colleague",
        "role": "agent",
        "name": "Bela",
        "queues": "[]",
        "digest": "d",
        "created_by_id": 2,
        "created_at": AT,
        "expires_at": AT,
    },
    "wrong_tokens": {"id": 43, "scheme": "telegram", "value": "3001", "at": AT},
    "staff_codes": {
        "id": 44,
        "staff_id": 2,
        "scheme": "tel",
        "value": "+48",
        "digest": "d",
        "tries": 0,
        "created_at": AT,
        "expires_at": AT,
    },
    "staff_groups": {
        "id": 45,
        "account": "telegram:1",
        "address": "-100",
        "said": "",
        "saved": False,
        "created_at": AT,
    },
    "sessions": {
        "id": 50,
        "digest": "d",
        "staff_id": 2,
        "csrf": "c",
        "agent": "Firefox",
        "created_at": AT,
        "seen_at": AT,
        "expires_at": AT,
    },
    "sign_in_links": {"id": 51, "digest": "d", "staff_id": 2, "created_at": AT, "expires_at": AT},
    "credentials": {"id": 52, "staff_id": 2, "password": "p", "totp": "t", "spent": 0, "created_at": AT},
    "sign_in_tries": {"id": 53, "key": "k", "at": AT},
    "form_answers": {"id": 54, "staff_id": 2, "key": "k", "created_at": AT},
    "keys": {"name": "reply tokens", "value": "00", "created_at": AT},
    "owners": {
        "id": 50,
        "name": "Centrum Paliw",
        "folded": "centrum paliw",
        "country": "PL",
        "tax_number": "",
        "address": "",
        "phone": "",
        "mail": "",
        "web": "",
        "created_at": AT,
    },
    "owner_members": {"id": 51, "owner_id": 50, "staff_id": 2},
    "groups": {"id": 52, "owner_id": 50, "name": "North", "folded": "north", "created_at": AT},
    "group_members": {"id": 53, "group_id": 52, "staff_id": 2},
    "companies": {
        "id": 54,
        "number": 1,
        "owner_id": 50,
        "group_id": 52,
        "responsible_id": 2,
        "name": "Orlik Trans",
        "folded": "orlik trans",
        "legal_form": "Sp. z o.o.",
        "state": "active",
        "relation": "buyer",
        "area": "",
        "activity": "",
        "segment": "",
        "sales_channel": "",
        "source": "",
        "country": "PL",
        "tax_number": "5261040828",
        "street": "",
        "city": "",
        "postcode": "",
        "phone": "",
        "mail": "",
        "web": "",
        "language": "pl",
        "payment_terms": "",
        "version": 1,
        "created_at": AT,
        "changed_at": AT,
    },
    "company_contacts": {
        "id": 55,
        "company_id": 54,
        "contact_id": 1,
        "function": "",
        "phone": "",
        "fax": "",
        "mail": "",
        "web": "",
        "created_at": AT,
    },
    "call_notes": {
        "id": 56,
        "company_id": 54,
        "contact_id": 1,
        "direction": "in",
        "minutes": 5,
        "text": "He asks for a card",
        "at": AT,
        "by_id": 2,
        "created_at": AT,
    },
    "alterations": {
        "id": 57,
        "kind": "company",
        "ref_id": 54,
        "field": "city",
        "before": "",
        "after": "Gdynia",
        "by_id": 2,
        "at": AT,
    },
    "codes": {
        "id": 58,
        "book": "area",
        "code": "pl",
        "labels": "{}",
        "place": 1,
        "active": True,
        "valid_from": "",
        "valid_to": "",
        "parent": "",
        "changed_at": AT,
    },
    **EXCHANGE,
    "counters": {"name": "contracts", "value": 7},
    "marks": {"key": "mailbox/1", "value": "{}"},
}


async def migrate(url: str, to: str) -> None:
    """Migrate up or down to the migration of that name."""
    async with TortoiseContext() as context:
        await context.init(config=database.config(url, migrating=True))
        executor = database.executor(context.connections.get(WRITING))
        await executor.migrate([MigrationTarget(database.APP, to)])


async def fill(connection: BaseDBAsyncClient, *, shift: int = 0) -> None:
    """A row in every table there is. `shift` moves every id: only the unique constraints can refuse the second."""
    there = await tables(connection)
    for table, row in FILLED.items():
        if table in there:
            await put(connection, table, _shifted(row, shift))


async def put(connection: BaseDBAsyncClient, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    await rows.change(connection, f"INSERT INTO {table} ({names}) VALUES ({rows.marks(row)})", *row.values())


def double(table: str) -> dict[str, Any]:
    """The table's row again, under another id."""
    return _shifted(FILLED[table], 1_000, keys=("id",))


def _shifted(row: dict[str, Any], by: int, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        name: value + by if name in keys or (not keys and (name == "id" or name.endswith("_id"))) else value
        for name, value in row.items()
    }


async def counts(connection: BaseDBAsyncClient) -> dict[str, int]:
    found = {}
    for table in FILLED:
        [row] = await rows.fetch(connection, f"SELECT count(*) AS n FROM {table}")
        found[table] = row["n"]
    return found


async def counts_of_those_there(connection: BaseDBAsyncClient) -> dict[str, int]:
    """As `counts`, of a database that may be of an earlier version."""
    found = {}
    for table in sorted(await tables(connection)):
        [row] = await rows.fetch(connection, f'SELECT count(*) AS n FROM "{table}"')
        found[table] = row["n"]
    return found


async def empty(url: str) -> None:
    """Take every table away."""
    await database.connect(url)
    connection = database.connection(WRITING)
    if ENGINE == "postgres":
        await rows.change(connection, "DROP SCHEMA public CASCADE")
        await rows.change(connection, "CREATE SCHEMA public")
        await database.close()
    else:
        await database.close()
        file = url.removeprefix("sqlite://")
        for rest in ("", "-wal", "-shm"):
            await asyncio.to_thread(Path(file + rest).unlink, missing_ok=True)


async def tables(connection: BaseDBAsyncClient) -> set[str]:
    sql = (
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        if ENGINE == "postgres"
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {row["name"] for row in await rows.fetch(connection, sql)}


async def indexes(connection: BaseDBAsyncClient) -> dict[str, bool]:
    """Name → is unique, of the indexes that a migration made by name."""
    if ENGINE == "postgres":
        found = await rows.fetch(connection, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return {row["indexname"]: "UNIQUE" in row["indexdef"] for row in found}
    found = await rows.fetch(connection, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return {row["name"]: "UNIQUE" in row["sql"] for row in found}


async def columns(connection: BaseDBAsyncClient, table: str) -> dict[str, bool]:
    """Name → may be absent."""
    if ENGINE == "postgres":
        found = await rows.fetch(
            connection, "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = ?", table
        )
        return {row["column_name"]: row["is_nullable"] == "YES" for row in found}
    found = await rows.fetch(connection, f"PRAGMA table_info({table})")
    return {row["name"]: not row["notnull"] for row in found}
