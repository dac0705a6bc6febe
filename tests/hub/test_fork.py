"""The fork's rules of failure: whose fault it is, what waits, what passes, and what is set aside."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from asyncpg.exceptions import ConnectionDoesNotExistError

from channels.contract import Address, Inbound, Raw
from channels.events import MessageParked
from channels.models import RawMessage
from channels.quiet import Quiet
from crmcore import staff
from crmcore.models.staff import Role
from hub import health, inbound
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.hub.forked import HOOK, Bench, other_poison, poison, text
from tickets.events import TicketOpened

PARKING = (1, 5, 25, 120)


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return Bench(store, tmp_path / "files")


class Killed(BaseException):
    """What a process that dies looks like from inside: nothing catches it."""


def deaf(error: BaseException) -> Any:
    """A handler that fails for the message that says so."""

    async def fail(work: Work, events: Sequence[TicketOpened]) -> None:
        for event in events:
            row = await work.one("SELECT text FROM messages WHERE id = ?", event.message_id)
            if row and row["text"] == "deadly":
                raise error

    return {TicketOpened: (fail,)}


async def test_one_bad_message_of_a_batch_fails_alone(bench: Bench) -> None:
    """M-4: the batch is halved until that one stands alone; the others become tickets."""
    said = [(f"a{n}", poison() if n == 13 else text(f"m{n}")) for n in range(40)]
    stored = await bench.arrive(*said)
    await bench.fork.turn()
    assert await bench.raw(stored[13]) == ("waiting", 1)
    assert sorted(await bench.texts()) == sorted(f"m{n}" for n in range(40) if n != 13)
    assert not bench.fork.fault_is_ours


async def test_a_poisonous_message_is_parked_after_five_tries_and_an_operator_is_told(
    bench: Bench, store: Store, clock: Clock
) -> None:
    parked: list[MessageParked] = []

    async def told(work: Work, events: Sequence[MessageParked]) -> None:
        parked.extend(events)

    store.handlers = {MessageParked: (told,)}
    [bad] = await bench.arrive(("a", poison()))
    for number, wait_s in enumerate(PARKING, 1):
        await bench.turns(2)
        assert await bench.raw(bad) == ("waiting", number)
        await bench.arrive((f"b{number}", text(f"healthy {number}")))
        await bench.fork.turn()
        clock.push(timedelta(seconds=wait_s))
    await bench.fork.turn()
    assert await bench.raw(bad) == ("parked", 5)
    assert [one.raw_id for one in parked] == [bad]
    assert "Error at " in parked[0].reason
    assert await bench.texts() == [f"healthy {number}" for number in range(1, 5)]
    assert not bench.fork.fault_is_ours


async def test_later_messages_of_the_address_wait_and_go_on_once_it_is_parked(bench: Bench, clock: Clock) -> None:
    """M-4: order is kept per address, also within the batch in which the first one failed."""
    await bench.arrive(("a", poison()), ("a", text("second")), ("b", text("other")), ("a", text("third")))
    for wait_s in PARKING:
        await bench.turns(2)
        assert await bench.texts() == ["other"]
        clock.push(timedelta(seconds=wait_s))
    await bench.turns(2)
    assert await bench.texts() == ["other", "second", "third"]


async def test_two_addresses_that_fail_differently_are_two_bad_messages(bench: Bench) -> None:
    stored = await bench.arrive(("a", poison()), ("b", other_poison()))
    await bench.turns(3)
    assert await bench.raws(stored) == [("waiting", 1), ("waiting", 1)]
    assert not bench.fork.fault_is_ours


async def test_two_addresses_that_fail_alike_are_a_fault_of_ours(
    bench: Bench, clock: Clock, aiohttp_client: Any
) -> None:
    """Nothing is parked, readiness says so, the healthy pass; once mended all is handled in order."""
    bad = await bench.arrive(("a", poison()), ("b", poison()), ("b", text("after b")))
    for _ in range(30):
        await bench.fork.turn()
        clock.push(timedelta(seconds=200))
    assert bench.fork.fault_is_ours
    assert [state for state, _ in await bench.raws(bad)] == ["waiting"] * 3
    assert (await bench.raw(bad[1]))[1] == 0
    assert await bench.fork.turn() >= 1.0
    await bench.arrive(("c", text("healthy")))
    await bench.fork.turn()
    assert await bench.texts() == ["healthy"]
    status, body = await readiness(bench, aiohttp_client)
    assert (status, body["status"]) == (503, "down")
    assert any(line.startswith("intake") for line in body["down"])
    mended = bench.fork.parsers["chat"]
    bench.fork.parsers = {"chat": lambda raw: mended(_healed(raw))}
    await bench.turns(2)
    assert await bench.texts() == ["healthy", "poison", "poison", "after b"]
    assert not bench.fork.fault_is_ours
    assert (await readiness(bench, aiohttp_client))[0] == 200


async def readiness(bench: Bench, aiohttp_client: Any) -> tuple[int, dict[str, Any]]:
    server = web.Application()
    app: Any = SimpleNamespace(
        store=bench.store,
        is_migrated=True,
        is_running=True,
        fork=bench.fork,
        adapters=[],
        loops=[],
        house=SimpleNamespace(quiet=Quiet()),
    )
    server.add_routes(health.routes(app, token=""))
    client = await aiohttp_client(server)
    response = await client.get("/readyz")
    return response.status, await response.json()


def _healed(raw: Any) -> Any:
    return type(raw)(
        raw.channel,
        raw.account,
        raw.external_id,
        raw.address,
        bytes(raw.body).replace(b'["x"]', b'""'),
        raw.received_at,
    )


async def test_lines_that_fail_alike_do_not_fill_the_intake(bench: Bench, clock: Clock) -> None:
    """M-4: two senders whose hundreds of messages cannot be handled hold up nobody else."""
    waiting = [("b", text(f"b{number}")) for number in range(300)]
    await bench.arrive(("a", poison()), ("b", poison()), *waiting, ("c", text("healthy")))
    for _ in range(3):
        await bench.fork.turn()
        clock.push(timedelta(seconds=200))
    assert bench.fork.fault_is_ours
    assert await bench.texts() == ["healthy"]


async def test_two_faults_below_the_same_statement_are_two(bench: Bench) -> None:
    """The place that counts is who asked the store, not the line where every error of the store is raised."""
    await bench.arrive(("a", poison()), ("b", text("other", external_id=["x"])))
    await bench.turns(3)
    assert not bench.fork.fault_is_ours


async def test_a_press_at_an_account_that_is_gone_stops_nobody(bench: Bench, store: Store) -> None:
    """The bot got a new token: what still waits of the old one cannot be answered, and colleagues work on."""
    await hire_anna(store)
    stored = await bench.arrive(("x", text("", kind="press", code="t:tk", query="q")), account="chat:old")
    stored += await bench.arrive(("x", text("/my", group=True)), account="chat:old")
    stored += await bench.arrive(("anna", text("/my")))
    await bench.fork.turn()
    assert [state for state, _ in await bench.raws(stored)] == ["done"] * 3


async def hire_anna(store: Store) -> None:
    async with store.unit() as work:
        await staff.add(work, "Anna", Role.ADMIN, [Address("chat", "anna")])


async def test_a_customer_who_writes_after_the_closing_is_not_closed_unanswered(bench: Bench, store: Store) -> None:
    """M-4: of one batch too, things happen in the order in which they were said."""
    await hire_anna(store)
    await bench.arrive(("eszter", text("hello")))
    await bench.fork.turn()
    await bench.arrive(("anna", text("/close T1")), ("eszter", text("it still does not work")))
    await bench.fork.turn()
    assert await store.reading().fetch("SELECT number, state FROM tickets") == [{"number": 1, "state": "open"}]


async def test_careful_or_not_a_store_that_goes_away_counts_no_try(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it goes away before the message's own unit begins."""

    async def away(*asked: Any) -> Any:
        raise ConnectionDoesNotExistError("gone")

    [waiting] = await bench.arrive(("a", text("hello")))
    bench.started(careful=True)
    monkeypatch.setattr(inbound.staff, "recognise", away)
    for _ in range(6):
        with pytest.raises(ConnectionDoesNotExistError):
            await bench.fork.turn()
        clock.push(timedelta(seconds=200))
    assert await bench.raw(waiting) == ("waiting", 0)


async def test_a_retried_message_of_a_channel_that_is_gone_keeps_nobody_busy(bench: Bench, clock: Clock) -> None:
    await bench.arrive(("a", poison()))
    await bench.fork.turn()
    bench.fork.parsers = {}
    clock.push(timedelta(hours=1))
    assert await bench.fork.turn() == inbound.IDLE_S


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError("disk full"), id="disk"),
        pytest.param(errors.TryLater(), id="a neighbour"),
        pytest.param(TimeoutError(), id="a deadline"),
    ],
)
async def test_the_surroundings_fault_counts_no_try(bench: Bench, store: Store, error: Exception) -> None:
    store.handlers = deaf(error)
    stored = await bench.arrive(("a", text("deadly")), ("b", text("healthy")))
    for _ in range(7):
        with pytest.raises(errors.TryLater):
            await bench.fork.turn()
    assert await bench.raws(stored) == [("waiting", 0), ("waiting", 0)]
    store.handlers = {}
    await bench.fork.turn()
    assert await bench.texts() == ["deadly", "healthy"]


async def test_a_message_that_kills_the_process_is_found_and_parked(bench: Bench, store: Store, clock: Clock) -> None:
    """After an unclean stop messages are taken one by one, the try on disk before it is made."""
    parked: list[MessageParked] = []

    async def told(work: Work, events: Sequence[MessageParked]) -> None:
        parked.extend(events)

    store.handlers = deaf(Killed()) | {MessageParked: (told,)}
    before, deadly, after = await bench.arrive(("a", text("before")), ("b", text("deadly")), ("c", text("after")))
    for number in range(1, 5):
        bench.started(careful=True)
        with pytest.raises(Killed):
            await bench.fork.turn()
        assert await bench.raw(deadly) == ("waiting", number)
        clock.push(timedelta(seconds=120))
    bench.started(careful=True)
    await bench.fork.turn()
    assert await bench.raws([before, deadly, after]) == [("done", 1), ("parked", 5), ("done", 1)]
    assert await bench.texts() == ["before", "after"]
    assert [one.raw_id for one in parked] == [deadly]


async def test_a_crash_counts_nothing_by_itself(bench: Bench, store: Store) -> None:
    store.handlers = deaf(Killed())
    [deadly] = await bench.arrive(("a", text("deadly")))
    with pytest.raises(Killed):
        await bench.fork.turn()
    assert await bench.raw(deadly) == ("waiting", 0)


async def test_careful_or_not_a_fault_of_ours_parks_nothing(bench: Bench, clock: Clock) -> None:
    """An update that breaks the intake and a power cut on the same day: the messages stay in line."""
    bad = await bench.arrive(("a", poison()), ("b", poison()), ("c", poison()))
    bench.started(careful=True)
    for _ in range(20):
        await bench.fork.turn()
        clock.push(timedelta(seconds=200))
    assert bench.fork.fault_is_ours
    assert [state for state, _ in await bench.raws(bad)] == ["waiting"] * 3


async def test_careful_or_not_the_surroundings_fault_counts_no_try(bench: Bench, store: Store, clock: Clock) -> None:
    store.handlers = deaf(OSError("disk full"))
    [deadly] = await bench.arrive(("a", text("deadly")))
    bench.started(careful=True)
    for _ in range(7):
        with pytest.raises(errors.TryLater):
            await bench.fork.turn()
        clock.push(timedelta(seconds=200))
    assert await bench.raw(deadly) == ("waiting", 0)


async def test_being_careful_ends(bench: Bench) -> None:
    bench.started(careful=True)
    await bench.arrive(*((f"a{n}", text(f"m{n}")) for n in range(300)))
    await bench.turns(2)
    assert len(await bench.texts()) == 300
    found = await bench.store.reading().one("SELECT count(*) AS n FROM raw_messages WHERE tries > 0")
    assert found == {"n": 256}


@pytest.mark.parametrize("is_there", [pytest.param(False, id="gone"), pytest.param(True, id="cannot be read")])
async def test_a_message_whose_file_is_gone_is_parked_and_stops_nobody(
    bench: Bench, tmp_path: Path, clock: Clock, is_there: bool
) -> None:
    large, _ = await bench.arrive(("a", text("x" * 70_000)), ("b", text("small")))
    [path] = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    path.unlink()
    if is_there:
        path.mkdir()  # any error of reading will do
    for wait_s in (*PARKING, 0):
        await bench.fork.turn()
        clock.push(timedelta(seconds=wait_s))
    assert await bench.raw(large) == ("parked", 5)
    assert await bench.texts() == ["small"]


async def test_a_parser_that_breaks_its_promise_leaves_an_unreadable_ticket(bench: Bench) -> None:
    """M-5: no message is lost; somebody sees that it came."""
    await bench.arrive(("a", text("", breaks=True)), ("b", text("healthy")))
    await bench.fork.turn()
    found = await bench.store.reading().fetch("SELECT subject FROM tickets ORDER BY number")
    assert [row["subject"] for row in found] == ["(unreadable message)", "healthy"]


async def test_who_merely_claims_a_colleagues_address_is_a_customer(bench: Bench, store: Store) -> None:
    """Obcy types Anna's address into a web form: no command runs, and the intake goes on."""
    async with store.unit() as work:
        await staff.add(work, "Anna", Role.ADMIN, [Address("mailto", "anna@desk.example")])
    claimed = text("/close T1", scheme="mailto", **{"as": "anna@desk.example"})
    await bench.arrive(("x", claimed), ("y", text("healthy")), account=HOOK)
    await bench.fork.turn()
    assert await bench.texts() == ["/close T1", "healthy"]


async def test_a_paused_fork_takes_nothing(bench: Bench) -> None:
    await bench.arrive(("a", text("hello")))
    bench.fork.is_paused = True
    await bench.fork.turn()
    assert await bench.texts() == []


async def test_nothing_is_handled_for_a_channel_that_is_not_ready(bench: Bench, store: Store) -> None:
    [waiting] = await bench.arrive(("a", text("hello")))
    bench.fork.parsers = {}
    assert await bench.fork.turn() > 0
    assert await bench.raw(waiting) == ("waiting", 0)
    async with store.unit() as work:
        assert await work.one(f"SELECT count(*) AS n FROM {RawMessage._meta.db_table}") == {"n": 1}


async def test_a_command_after_one_that_failed_waits_for_it(bench: Bench, store: Store) -> None:
    """M-4: order is kept per address for commands too, also within a batch."""
    await hire_anna(store)
    stored = await bench.arrive(("anna", text("/my", replies_to=["x"])), ("anna", text("/my")))
    await bench.fork.turn()
    assert await bench.raws(stored) == [("waiting", 1), ("waiting", 0)]


async def test_a_fault_that_was_parked_is_not_held_against_the_next(bench: Bench, clock: Clock) -> None:
    """One bad message last week and one today are two bad messages, not a fault of ours."""
    await bench.arrive(("a", poison()))
    for wait_s in (*PARKING, 0):
        await bench.fork.turn()
        clock.push(timedelta(seconds=wait_s))
    [later] = await bench.arrive(("b", poison()))
    await bench.fork.turn()
    assert not bench.fork.fault_is_ours
    assert await bench.raw(later) == ("waiting", 1)


async def test_what_a_channel_calls_heavy_is_understood_beside_the_loop(bench: Bench) -> None:
    """S17: small as it is. What is light is understood at once, which is ten times as fast."""
    threads: dict[str, int] = {}
    whole = bench.fork.parsers["chat"]

    def noting(raw: Raw) -> Inbound:
        found = whole(raw)
        threads[found.text] = threading.get_ident()
        return found

    bench.fork.parsers = {"chat": noting}
    bench.fork.weighing = {"chat": lambda raw: b"slow" in raw.body}
    await bench.arrive(("a", text("slow")), ("b", text("quick")))
    await bench.fork.turn()
    assert sorted(await bench.texts()) == ["quick", "slow"]
    assert threads["quick"] == threading.get_ident() != threads["slow"]
