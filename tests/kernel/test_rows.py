"""Set-based SQL gives back what went in, on both engines, however many rows there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels.models import HubRun, Message, RawMessage
from crmcore.models.people import Contact
from kernel import ids, rows
from kernel.unit import Store
from tests.conftest import START
from tickets.models import Counter

WORDS = "Zażółć gęślą jaźń · Árvíztűrő · Ёжик · 😀 · 'quoted' \"twice\" · ? $1 %s {x} \\ \n\t"


def contact(number: int = 0, **changed: Any) -> rows.Row:
    return {
        "id": ids.new(),
        "name": f"Contact {number}",
        "language": "hu",
        "created_at": START,
        "archived_at": None,
    } | changed


def message(**changed: Any) -> rows.Row:
    return {
        "id": ids.new(),
        "direction": "out",
        "channel": "telegram",
        "account": "telegram:1",
        "address": "4711",
        "operation": "send",
        "purpose": "reply",
        "subject": "",
        "text": "",
        "buttons": None,
        "state": "queued",
        "priority": 1,
        "tries": 0,
        "created_at": START,
    } | changed


async def test_what_is_inserted_reads_back(store: Store) -> None:
    """M-5: text, JSON, times, bytes and absent values survive the store."""
    at = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    buttons = [[["Odpowiedz ✍", "r:12"], ["?", "$1"]], []]
    one = message(text=WORDS, subject=WORDS[:100], buttons=buttons, due_at=at, stale_at=None, reason=None)
    raw = {
        "id": ids.new(),
        "channel": "webhook",
        "account": "hook:erp",
        "external_key": "k",
        "address": "ő" * 320,
        "body": bytes(range(256)),
        "file": None,
        "received_at": at,
        "state": "waiting",
        "tries": 0,
        "due_at": at,
    }
    async with store.unit() as work:
        await work.insert(Message, [one])
        await work.insert(RawMessage, [raw])
    got = await store.reading().one("SELECT * FROM messages WHERE id = ?", one["id"])
    assert got is not None
    assert (got["text"], got["subject"], got["stale_at"]) == (WORDS, WORDS[:100], None)
    assert rows.json(got["buttons"]) == buttons
    assert rows.instant(got["due_at"]) == at
    kept = await store.reading().one("SELECT address, body, file FROM raw_messages")
    assert kept == {"address": "ő" * 320, "body": bytes(range(256)), "file": None}


async def test_more_rows_than_a_statement_takes_are_inserted_in_their_order(store: Store) -> None:
    count = rows.MAX_VARIABLES // 5 + 1_000
    new = [contact(number) for number in range(count)]
    async with store.unit() as work:
        kept = await work.insert(Contact, new, returning="id")
    assert [row["id"] for row in kept] == [row["id"] for row in new]
    found = await store.reading().one("SELECT count(*) AS n FROM contacts")
    assert found == {"n": count}


async def test_more_rows_than_a_statement_takes_are_updated_by_their_id(store: Store) -> None:
    count = rows.MAX_VARIABLES // 3 + 500
    new = [contact(number) for number in range(count)]
    async with store.unit() as work:
        await work.insert(Contact, new)
        changed = [{"id": row["id"], "name": f"{row['name']} ✓", "archived_at": None} for row in new]
        won = await work.update(Contact, changed, returning="id")
    assert {row["id"] for row in won} == {row["id"] for row in new}
    last = await store.reading().one("SELECT name FROM contacts WHERE id = ?", new[-1]["id"])
    assert last == {"name": f"Contact {count - 1} ✓"}


async def test_a_double_is_passed_over_and_the_answer_names_the_new_ones(store: Store) -> None:
    """M-5: idempotent by constraint, not by memory."""
    first, second = contact(), contact()
    async with store.unit() as work:
        await work.insert(Contact, [first])
        kept = await work.insert(
            Contact, [first, second, second], conflict="ON CONFLICT (id) DO NOTHING", returning="id"
        )
    assert [row["id"] for row in kept] == [second["id"]]


async def test_an_update_changes_only_what_its_condition_holds_for(store: Store) -> None:
    """State changes are conditional updates: the rows that come back say who won."""
    old, new = message(state="leased", tries=1), message(state="queued", tries=1)
    async with store.unit() as work:
        await work.insert(Message, [old, new])
        won = await work.update(
            Message,
            [{"id": one["id"], "tries": 2, "due_at": None, "buttons": [["x"]]} for one in (old, new)],
            where="t.state = 'leased' AND t.tries < v.tries",
            returning="id, tries",
        )
    assert won == [{"id": old["id"], "tries": 2}]
    found = await store.reading().fetch("SELECT tries FROM messages ORDER BY id")
    assert found == [{"tries": 2}, {"tries": 1}]


async def test_an_update_can_make_a_value_absent_in_one_row_and_set_it_in_the_next(store: Store) -> None:
    one, two = message(due_at=START), message(due_at=None)
    later = START + timedelta(hours=1)
    async with store.unit() as work:
        await work.insert(Message, [one, two])
        await work.update(Message, [{"id": one["id"], "due_at": None}, {"id": two["id"], "due_at": later}])
    found = await store.reading().fetch("SELECT due_at FROM messages ORDER BY id")
    assert [rows.maybe_instant(row["due_at"]) for row in found] == [None, later]


async def test_nothing_to_write_is_no_statement(store: Store) -> None:
    async with store.unit() as work:
        assert await work.insert(Contact, []) == []
        assert await work.update(Contact, []) == []


async def test_a_change_says_how_many_rows_it_changed(store: Store) -> None:
    async with store.unit() as work:
        await work.insert(Contact, [contact(), contact()])
        assert await work.change("UPDATE contacts SET language = ?", "sk") == 2
        assert await work.change("UPDATE contacts SET language = ? WHERE language = ?", "pl", "hu") == 0
        assert await work.change("DELETE FROM contacts WHERE language = ?", "sk") == 2


async def test_a_whole_second_and_a_broken_one_keep_their_order(store: Store) -> None:
    """SQLite keeps times as text: "12:00:00" and "12:00:00.5" must compare as the instants they are."""
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    times = [noon + timedelta(microseconds=micros) for micros in (-1, 0, 1, 500_000, 999_999, 1_000_000)]
    async with store.unit() as work:
        await work.insert(
            HubRun, [{"id": place, "started_at": at, "stopped_at": None} for place, at in enumerate(times)]
        )
    found = await store.reading().fetch("SELECT id FROM hub_runs ORDER BY started_at")
    assert [row["id"] for row in found] == list(range(len(times)))


async def test_a_row_can_be_named_by_a_word(store: Store) -> None:
    async with store.unit() as work:
        await work.insert(
            Counter,
            [{"name": "invoices", "value": 2**60}],
            conflict="ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        found = await work.one("SELECT value FROM counters WHERE name = ?", "invoices")
    assert found == {"value": 2**60}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param("2026-03-10 09:00:00+00:00", START, id="text with zone"),
        pytest.param("2026-03-10 09:00:00", START, id="text without"),
        pytest.param(START.astimezone(ZoneInfo("Europe/Warsaw")), START, id="another zone"),
    ],
)
def test_a_stored_time_is_an_aware_instant(stored: Any, expected: datetime) -> None:
    assert rows.instant(stored) == expected
    assert rows.instant(stored).tzinfo is UTC


def test_marks_are_as_many_as_the_values() -> None:
    assert (rows.marks([1, 2, 3]), rows.marks([])) == ("?, ?, ?", "")
