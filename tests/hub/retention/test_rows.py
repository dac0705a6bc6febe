"""Which rows go and which never do: every mix of state, age and payload against an oracle, on both engines."""

from __future__ import annotations

import itertools
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels import intake
from channels.contract import Raw
from channels.files import FileStore
from channels.intake import Acceptor
from hub import database
from hub.retention import kinds, walking
from kernel.errors import NotFound
from kernel.unit import Store
from tests.hub import schema
from tests.hub.retention.rows_of import REPEATS, days_before, ids, look, put, run, sweep

STATES = ("waiting", "done", "parked")
AGES = (0.5, 29, 31, 89.9, 90.1, 399, 401)
CHANNELS = ("webhook", "telegram", "email")


async def raws(store: Store) -> dict[int, tuple[str, float, str, bool]]:
    """One raw message of every state, age and channel, with a payload and without: id → what it is."""
    found = {}
    mixes = itertools.product(STATES, AGES, CHANNELS, (True, False))
    for number, (state, age, channel, is_full) in enumerate(mixes, 100):
        body = b"{}" if is_full else None
        at = days_before(store, age)
        await put(store, "raw_messages", number, state=state, channel=channel, body=body, received_at=at, due_at=at)
        found[number] = (state, age, channel, is_full)
    return found


async def test_payloads_of_handled_messages_go_and_their_rows_stay(store: Store, tmp_path: Path) -> None:
    """M-5: what a repeat is known by outlives the payload; parked and waiting ones keep theirs whatever their age."""
    there = await raws(store)
    went = await run(sweep(store, tmp_path, raw_days=90))
    expected = [one for one, (state, age, _, full) in there.items() if full and (state != "done" or age < 90)]
    assert await ids(store, "raw_messages", "body IS NOT NULL") == expected
    assert await ids(store, "raw_messages") == list(there)
    assert went == {"payloads": 9}


@pytest.mark.parametrize(("raw_days", "keys_days"), [(90, 400), (90, 30), (0, 400), (400, 30)])
async def test_keys_go_once_nobody_repeats_and_never_of_a_channel_that_may_for_ever(
    store: Store, tmp_path: Path, raw_days: int, keys_days: int
) -> None:
    there = await raws(store)
    await run(sweep(store, tmp_path, raw_days=raw_days, keys_days=keys_days))

    def goes(state: str, age: float, channel: str, is_full: bool) -> bool:
        kept = max(keys_days, raw_days, REPEATS[channel].days) if channel in REPEATS else 10_000
        return state == "done" and age > kept and (raw_days > 0 or not is_full)

    assert await ids(store, "raw_messages") == [one for one, mix in there.items() if not goes(*mix)]


async def test_nothing_goes_where_everything_is_kept(store: Store, tmp_path: Path) -> None:
    there = await raws(store)
    assert await run(sweep(store, tmp_path, raw_days=0)) == {}
    assert await ids(store, "raw_messages", "body IS NOT NULL") == [one for one, mix in there.items() if mix[3]]


async def test_a_dry_run_counts_the_same_and_removes_nothing(store: Store, tmp_path: Path) -> None:
    await raws(store)
    await schema.put(store.direct(), "contacts", schema.FILLED["contacts"])
    at = days_before(store, 40)
    await put(store, "link_codes", 41, created_at=at, expires_at=at + timedelta(minutes=10))
    made = sweep(store, tmp_path, raw_days=90, keys_days=400)
    before = await schema.counts(store.direct())
    seen = await look(made)
    assert await schema.counts(store.direct()) == before
    assert seen == {"payloads": 9, "codes": 1, "keys": 4}
    assert await run(made) == seen
    assert await run(made) == {}


@pytest.mark.parametrize(
    ("state", "goes"),
    [("queued", False), ("leased", False), ("sent", True), ("delivered", True), ("failed", True), ("maybe_sent", True)],
)
async def test_attempts_go_of_messages_that_are_settled(store: Store, tmp_path: Path, state: str, goes: bool) -> None:
    old, young = days_before(store, 91), days_before(store, 89)
    await put(store, "messages", 3, state=state, direction="out")
    await put(store, "attempts", 4, at=old)
    await put(store, "attempts", 5, number=2, at=young)
    await run(sweep(store, tmp_path))
    assert await ids(store, "attempts") == ([5] if goes else [4, 5])


async def test_what_waited_for_a_yes_goes_a_day_after_it_ended(store: Store, tmp_path: Path) -> None:
    """S9: words that a colleague never confirmed are nobody's any more; those that may still be are kept."""
    await schema.put(store.direct(), "staff", schema.FILLED["staff"])
    for number, hours in ((1, 49), (2, 47), (3, 1)):
        at = store.clock.now() - timedelta(hours=hours)
        await put(store, "staff_orders", number, created_at=at, expires_at=at + timedelta(hours=24))
    assert await run(sweep(store, tmp_path)) == {"orders": 1}
    assert await ids(store, "staff_orders") == [2, 3]


@pytest.mark.parametrize(("state", "goes"), [("waiting", False), ("sent", True), ("failed", True), ("void", True)])
async def test_what_other_systems_were_told_goes_once_it_is_settled(
    store: Store, tmp_path: Path, state: str, goes: bool
) -> None:
    """M-5: with the payloads of what came in; what still waits is kept whatever its age."""
    await behind(store, "hook_posts")
    for number, age in ((1, 91), (2, 89)):
        await put(store, "alert_steps", 80 + number, lap=number, state="sent")
        await put(store, "hook_posts", number, step_id=80 + number, created_at=days_before(store, age), state=state)
    assert await run(sweep(store, tmp_path)) == ({"posts": 1} if goes else {})
    assert await ids(store, "hook_posts") == ([2] if goes else [1, 2])
    assert await run(sweep(store, tmp_path, raw_days=0)) == {}


async def test_that_one_was_told_of_a_day_is_forgotten_after_a_month(store: Store, tmp_path: Path) -> None:
    await behind(store, "digests")
    for number, age in ((1, 31), (2, 29)):
        await put(store, "digests", number, at=days_before(store, age), day=number)
    assert await run(sweep(store, tmp_path)) == {"digests": 1}
    assert await ids(store, "digests") == [2]


async def test_lines_of_the_audit_go_after_their_days_and_changes_of_companies_never(
    store: Store, tmp_path: Path
) -> None:
    """S20: what colleagues had no right to is kept for a year and a while; 0 keeps it for good."""
    await schema.put(store.direct(), "staff", schema.FILLED["staff"])
    for number, kind, age in ((1, "refused", 401), (2, "company", 401), (3, "refused", 399), (4, "code", 4_000)):
        await put(store, "alterations", number, kind=kind, at=days_before(store, age))
    assert await run(sweep(store, tmp_path, refused_days=0)) == {}
    made = sweep(store, tmp_path)
    assert await look(made) == {"refused": 1} == await run(made)
    assert await ids(store, "alterations") == [2, 3, 4]
    assert await run(sweep(store, tmp_path, refused_days=398)) == {"refused": 1}


async def behind(store: Store, table: str) -> None:
    """All rows that stand before `table` in the order in which one leads to another."""
    for name, row in schema.FILLED.items():
        if name == table:
            return
        await schema.put(store.direct(), name, row)


async def test_spent_codes_go_after_a_month(store: Store, tmp_path: Path) -> None:
    await schema.put(store.direct(), "contacts", schema.FILLED["contacts"])
    for number, age in ((1, 31), (2, 29)):
        at = days_before(store, age)
        await put(store, "link_codes", number, created_at=at, expires_at=at + timedelta(minutes=10), used_at=at)
    assert await run(sweep(store, tmp_path)) == {"codes": 1}
    assert await ids(store, "link_codes") == [2]


async def talk(store: Store, **ticket: Any) -> None:
    """A ticket with a customer's message, a reply and a card, all a hundred days old."""
    at = days_before(store, 100)
    for table in ("contacts", "staff"):
        await schema.put(store.direct(), table, schema.FILLED[table])
    await put(store, "tickets", 8, created_at=at, updated_at=at, **ticket)
    await put(store, "messages", 3, created_at=at, subject="Card", text="My card is blocked")
    await put(store, "messages", 4, created_at=at, direction="out", state="delivered", text="It works again")
    await put(store, "messages", 5, created_at=at, direction="out", state="sent", ref_kind="ticket", ref_id=8)
    await put(store, "messages", 6, created_at=at, direction="out", state="failed", text="Lost", ref_kind="ticket")
    await put(store, "messages", 7, created_at=days_before(store, 80), direction="out", state="sent")
    for number in (3, 4):
        await put(store, "entries", number, message_id=number, at=at)


async def test_words_of_a_ticket_closed_long_ago_go_and_everything_else_about_them_stays(
    store: Store, tmp_path: Path
) -> None:
    """B-4. What failed can still be sent again, so it keeps its words."""
    await talk(store, state="closed", closed_at=days_before(store, 95))
    before = await schema.counts(store.direct())
    assert await run(sweep(store, tmp_path, messages_days=90)) == {"words": 3}
    after = await schema.counts(store.direct())
    assert after.pop("search_waiting") > before.pop("search_waiting"), "the search forgets the words, too"
    assert after == before
    assert await ids(store, "messages", f"text = '{kinds.WORDS_GONE}' AND subject = ''") == [3, 4, 5]
    assert await run(sweep(store, tmp_path, messages_days=90)) == {}


@pytest.mark.parametrize("alive", ["open", "closed lately"])
async def test_words_of_a_living_ticket_stay(store: Store, tmp_path: Path, alive: str) -> None:
    await talk(store, **({} if alive == "open" else {"state": "closed", "closed_at": days_before(store, 20)}))
    assert await run(sweep(store, tmp_path, messages_days=90)) == {}


async def test_words_stay_unless_a_number_of_days_is_set(store: Store, tmp_path: Path) -> None:
    await talk(store, state="closed", closed_at=days_before(store, 95))
    assert await run(sweep(store, tmp_path)) == {}


async def test_a_message_that_comes_again_after_its_payload_has_gone_is_a_repeat(store: Store, tmp_path: Path) -> None:
    """M-5: exactly once, as long as its sender may repeat himself."""
    acceptor = Acceptor(store, FileStore(tmp_path / "files"))
    acceptor.start()
    raw = Raw("webhook", "hook:erp", "evt-1", "4711", b"{}", days_before(store, 95))
    first = await acceptor.accept(raw)
    async with store.unit() as work:
        await work.change("UPDATE raw_messages SET state = 'done'")
    assert await run(sweep(store, tmp_path)) == {"payloads": 1}
    again = await acceptor.accept(raw)
    await acceptor.stop()
    assert (first.fresh, again.fresh, again.id) == (True, False, first.id)
    with pytest.raises(NotFound, match="raw_days"):
        await intake.body(store.reading(), FileStore(tmp_path / "files"), first.id)


async def test_a_long_list_goes_in_short_units(store: Store, tmp_path: Path) -> None:
    """Law 5: at most 200 rows a unit; begun again after a stop it goes on with what is left."""
    at = days_before(store, 91)
    for number in range(1, 451):
        await put(store, "raw_messages", number, state="done", received_at=at, due_at=at)
    made = sweep(store, tmp_path)
    steps = made.run()
    assert await anext(steps) == ("payloads", walking.UNIT)
    await steps.aclose()
    left = [count async for kind, count in made.run() if kind == "payloads"]
    assert left == [walking.UNIT, 50]


async def test_a_row_that_changed_between_the_look_and_the_unit_stays(store: Store, tmp_path: Path) -> None:
    at = days_before(store, 91)
    await put(store, "raw_messages", 1, state="done", received_at=at, due_at=at)
    [kind] = [one for one in kinds.kinds(sweep(store, tmp_path).rules, store.clock.now(), {}) if one.name == "payloads"]
    found = [some async for some in walking.going(store, kind)]
    async with store.unit() as work:
        await work.change("UPDATE raw_messages SET state = 'parked'")
    assert found == [[1]]
    assert await walking.let_go(store, kind, [1]) == 0


async def test_a_full_database_stays_whole(store: Store, tmp_path: Path) -> None:
    """Everything as strict and as late as can be: foreign keys hold, and no table loses what others point at."""
    await schema.fill(store.direct())
    store.clock.push(timedelta(days=4_000))
    await run(sweep(store, tmp_path, raw_days=1, keys_days=30, messages_days=30))
    await database._check_keys(store.direct())
    counts = await schema.counts(store.direct())
    gone = {table for table, count in counts.items() if count == 0}
    assert gone == {
        "attempts",
        "digests",
        "link_codes",
        "staff_orders",
    }  # the raw message still waits, the ticket is open


@pytest.mark.parametrize("closed_days", [95, 20])
async def test_files_of_a_ticket_closed_long_ago_go_with_its_words(
    store: Store, tmp_path: Path, closed_days: int
) -> None:
    """B-4: bytes and small picture; the name stays. Of a ticket closed lately nothing goes."""
    await talk(store, state="closed", closed_at=days_before(store, closed_days))
    files = FileStore(tmp_path / "files")
    kept, thumb = await files.keep(b"receipt"), await files.keep(b"small")
    at = days_before(store, 100)
    await put(store, "attachments", 70, state="held", file=kept, thumb_file=thumb, due_at=None, created_at=at)
    for name in (kept, thumb):
        os.utime(files.path(name), (0, 0))
    goes = closed_days > 90
    found = await run(sweep(store, tmp_path, messages_days=90))
    assert found.get("enclosed", 0) == int(goes)
    assert files.names() == ([] if goes else sorted([kept, thumb], key=files.names().index))
    [row] = await store.reading().fetch("SELECT name, state FROM attachments")
    assert (row["name"], row["state"]) == ("bon.png", "removed" if goes else "held")
