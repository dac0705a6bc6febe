"""The search against a plain scan of every text, on either engine; its wall; and what keeps the index right."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcore import staff
from crmcore.access import Role, Scope, StaffId
from kernel import errors, ids
from kernel.unit import Store
from tests.tickets import searched
from tests.tickets.searched import found, write
from tickets.case_models import TicketWatcher
from tickets.search import finding, index, query, rebuild, views
from tickets.search.query import Query, Term

NOBODY = StaffId(999)


def scope(*queues: str, everything: bool = False, staff_id: StaffId = NOBODY) -> Scope:
    return Scope(everything, frozenset(queues), staff_id)


# -- what was typed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        pytest.param("Łódź fakt", Query((Term(("lodz",)), Term(("fakt",), True))), id="the last word is open"),
        pytest.param('"zaległa faktura"', Query((Term(("zalegla", "faktura")),)), id="quoted words stand in a row"),
        pytest.param("faktura -kopia", Query((Term(("faktura",)),), (Term(("kopia",)),)), id="without"),
        pytest.param("t-1042", Query((Term(("t1042",)),)), id="a ticket, however written"),
        pytest.param("1042", Query((Term(("1042",), True),)), id="digits are found from any of them on"),
        pytest.param("+48 600 123 456", Query((Term(("48600123456",), True),)), id="a phone in groups"),
        pytest.param("tel 600-123-456", Query((Term(("tel",)), Term(("600123456",), True))), id="a phone and a word"),
        pytest.param("a@b.pl", Query((Term(("a", "b", "pl"), True),)), id="an address is words in a row"),
        pytest.param("in:T12 x", Query((Term(("x",)),), (), ("t=12",)), id="in a ticket"),
        pytest.param("from:Żaneta", Query((), (), ("f=zaneta",)), id="from somebody"),
        pytest.param('queue:"big cards"', Query((), (), ("n=big_20_cards",)), id="in a queue"),
        pytest.param("2026-03-10", Query((Term(("2026", "03", "10"), True),)), id="a day is no phone"),
    ],
)
def test_what_was_typed_is_read_as(typed: str, read: Query) -> None:
    assert query.read(typed) == read


def test_days_are_of_the_readers_zone_and_after_means_the_day_behind() -> None:
    asked = query.read("after:2026-03-10 before:2026-03-12 x")
    assert asked.since == datetime(2026, 3, 11, tzinfo=UTC)
    assert asked.until == datetime(2026, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["", "-faktura", "...", "before:soon", "in:me", "after:9999-12-31"])
def test_what_cannot_be_looked_for_is_named(typed: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        query.read(typed)
    assert refused.value.problems[0].expected


# -- the oracle --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("looked_at", "limit"), [pytest.param(32, 20, id="by stretches"), pytest.param(0, 7, id="by words")]
)
async def test_the_index_finds_what_a_scan_finds_in_the_same_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, seed: int, looked_at: int, limit: int
) -> None:
    """Issue 5: ł, ё, digits in numbers and phones; paged by place; inside the wall. Both ways through the index."""
    monkeypatch.setattr("tickets.search.finding.MOST_IN_ALL", looked_at)
    chance = random.Random(seed)
    texts = searched.texts(seed, 150)
    said = await write(store, [(chance.choice(["inbox", "cards", "sales"]), text) for text in texts])
    hits = 0
    for _ in range(40):
        parts, without = searched.asked(chance)
        typed = " ".join([*(f"-{part}" for part in without), *parts])
        for seen in (None, scope(everything=True), scope("cards"), scope("none")):
            wanted = searched.scan(said, parts, without, seen)
            assert await found(store, typed, seen, limit=limit) == wanted, (typed, seen)
            hits += len(wanted)
    assert hits > 200


# What people type, and what nobody would: filters, quotes that do not end, signs of the engines' own languages.
_PIECES = """
before:2026-03-31 after:2026-01-01 before:0001-01-01 queue:cards queue:"" queue:Żółta from:anna0 from:... in:T2
-queue:cards karta -karta -łódź "karta -"a "" - 600123456 -600-123-456 * a* NOT OR AND NEAR( ' "a'|'b ! & <-> ( ) : ²
Ⅷ ไทย
"""
PIECES = st.sampled_from(_PIECES.split())
TYPED = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=6).map(" ".join)


@pytest.mark.parametrize("looked_at", [pytest.param(32, id="by stretches"), pytest.param(0, id="by words")])
async def test_whatever_can_be_read_can_be_asked(store: Store, monkeypatch: pytest.MonkeyPatch, looked_at: int) -> None:
    """S1-4: days alone, or only what must not be there; on either engine, by every way through the index."""
    monkeypatch.setattr("tickets.search.finding.MOST_IN_ALL", looked_at)
    await write(store, [(("inbox", "cards")[number % 2], text) for number, text in enumerate(searched.texts(3, 40))])
    loop = asyncio.get_running_loop()
    asked = 0

    async def ask(typed: str) -> None:
        nonlocal asked
        try:
            read = query.read(typed)
        except errors.Invalid:
            return
        asked += 1
        for seen, kind in ((None, ""), (scope(everything=True), "entry"), (scope("cards"), ""), (None, "contact")):
            await finding.find(store.reading(), read, seen, kind=kind)

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(TYPED)
    def every(typed: str) -> None:
        asyncio.run_coroutine_threadsafe(ask(typed), loop).result(30)

    await asyncio.to_thread(every)
    assert asked > 50


@pytest.mark.parametrize("looked_at", [pytest.param(32, id="by stretches"), pytest.param(0, id="by words")])
@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        pytest.param("before:2026-03-11", [6, 5, 4, 3, 2, 1], id="days alone"),
        pytest.param("after:2026-03-10", [], id="days without anything"),
        pytest.param("after:2026-03-01 -invoice", [6, 5, 4, 2], id="only what must not be there"),
        pytest.param("after:2026-03-01 -invoice -card", [6, 5], id="two of them"),
        pytest.param("before:2026-03-11 invoice", [3, 1], id="days and a word"),
    ],
)
async def test_days_are_enough_to_look_for(
    store: Store, monkeypatch: pytest.MonkeyPatch, looked_at: int, typed: str, numbers: list[int]
) -> None:
    """S1-4: all of those days, inside the wall."""
    monkeypatch.setattr("tickets.search.finding.MOST_IN_ALL", looked_at)
    texts = ["an invoice", "a card", "one invoice more", "card", "nothing", "nothing"]
    said = await write(store, [(("inbox", "cards")[number % 2], text) for number, text in enumerate(texts)])
    entries = {one.entry_id for one in said}
    for seen, kept in ((None, {0, 1}), (scope(everything=True), {0, 1}), (scope("cards"), {1}), (scope("none"), set())):
        wanted = [said[number - 1].entry_id for number in numbers if (number - 1) % 2 in kept]
        assert [one for one in await found(store, typed, seen, limit=4) if one in entries] == wanted


async def test_a_stranger_finds_nothing_of_anything(store: Store) -> None:
    """S0-1: whatever the words, nothing of queues that are not his, not even that it is there."""
    said = await write(store, [("cards", text) for text in searched.texts(9, 120)])
    await searched.person(store, "Eszter Nagy", ("tel", "+36301234567"))
    everything = {word for one in said for word in one.text.split() if searched.split(word)}
    for word in sorted(everything):
        typed = word.lstrip("-#")
        assert await found(store, typed, scope("inbox")) == [], typed
        assert (await views.page(store.reading(), query.read(typed), scope("inbox"))).found == ()


# -- what is found -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["600123456", "+48 600 123 456", "0123", "eszter", "nagy esz", "eszter@pelda.hu", "ESZTÉR", "pelda"]
)
async def test_a_customer_is_found_by_name_address_and_digits(store: Store, typed: str) -> None:
    eszter = await searched.person(store, "Eszter Nagy", ("tel", "+48600123456"), ("mailto", "eszter@pelda.hu"))
    await searched.person(store, "Jan Kowalski", ("tel", "+48111222333"))
    assert await found(store, typed, scope("none")) == [eszter]


async def test_a_ticket_is_found_by_its_number_however_written(store: Store) -> None:
    await write(store, [("inbox", "x")] * 12)
    for typed in ("T12", "t-12", "#T12", "12", "т12"):
        page = await views.page(store.reading(), query.read(typed), scope("inbox"))
        assert ("ticket", "T12") in [(one.kind, one.code) for one in page.found], typed


async def test_filters_narrow(store: Store) -> None:
    said = await write(store, [("inbox", "karta a"), ("cards", "karta b"), ("inbox", "karta c")])
    [yellow] = await write(store, [("Żółta linia", "karta d")])
    for typed in ('queue:"Żółta linia"', 'queue:"zolta LINIA"', 'queue:"żółta linia" karta'):
        assert await found(store, typed) == [yellow.entry_id]
    assert await found(store, "in:T2 karta") == [said[1].entry_id]
    assert await found(store, "queue:cards karta") == [said[1].entry_id]
    assert await found(store, "from:anna0 karta") == [said[2].entry_id]
    day = said[0].at.date()
    assert await found(store, f"after:{day} karta") == []
    assert len(await found(store, f"before:{day + timedelta(days=1)} karta")) == 4


async def test_the_found_words_are_marked_and_nothing_else(store: Store) -> None:
    await write(store, [("inbox", "w <b>Łodzi</b> i łódzkie zakłady")])
    [one] = (await views.page(store.reading(), query.read("lod"), scope("inbox"))).found
    assert [text for text, is_meant in one.pieces if is_meant] == ["Łodzi", "łódzkie"]
    assert "".join(text for text, _ in one.pieces) == "w <b>Łodzi</b> i łódzkie zakłady"


# -- upkeep ------------------------------------------------------------------------------------------------------------


async def test_a_changed_text_is_found_by_its_new_words_only(store: Store) -> None:
    [said] = await write(store, [("inbox", "stare")])
    async with store.unit() as work:
        await work.change("UPDATE entries SET text = ? WHERE id = ?", "nowe", said.entry_id)
    await searched.catch_up(store)
    assert await found(store, "stare") == []
    assert await found(store, "nowe") == [said.entry_id]


async def test_a_ticket_that_moves_takes_its_words_behind_the_other_wall(store: Store) -> None:
    """Before the index follows, too: the wall is asked of the rows themselves."""
    [said] = await write(store, [("inbox", "karta")])
    async with store.unit() as work:
        await work.change("UPDATE tickets SET queue = ? WHERE number = ?", "cards", said.number)
    assert await found(store, "karta", scope("inbox")) == []
    await searched.catch_up(store)
    assert await found(store, "karta", scope("inbox")) == []
    assert await found(store, "karta", scope("cards")) == [said.entry_id]


async def test_an_entry_is_seen_by_the_ticket_that_it_stands_on(store: Store) -> None:
    """S0-1: moved behind another wall, from that moment; the index follows later."""
    mine, theirs = await write(store, [("inbox", "karta"), ("cards", "kon")])
    async with store.unit() as work:
        ticket = await work.one("SELECT ticket_id FROM entries WHERE id = ?", theirs.entry_id)
        assert ticket is not None
        await work.change("UPDATE entries SET ticket_id = ? WHERE id = ?", ticket["ticket_id"], mine.entry_id)
    assert await found(store, "karta", scope("inbox")) == []
    await searched.catch_up(store)
    assert await found(store, "karta", scope("inbox")) == []
    assert await found(store, "karta", scope("cards")) == [mine.entry_id]


async def test_what_is_assigned_to_him_is_found_wherever_it_stands(store: Store) -> None:
    async with store.unit() as work:
        bela = StaffId(await staff.add(work, "Bela", Role.AGENT, []))
    [said] = await write(store, [("cards", "karta")])
    async with store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ? WHERE number = ?", bela, said.number)
    await searched.catch_up(store)
    assert await found(store, "karta", scope("inbox", staff_id=bela)) == [said.entry_id]


@pytest.mark.parametrize("walked", [4_000, 1], ids=["among the newest", "by its words"])
async def test_what_is_watched_is_found_wherever_it_stands(
    store: Store, walked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S5: by himself or by his queue, as far as he sees it; and no more once nobody watches."""
    monkeypatch.setattr(finding, "WALKED", walked)
    own, lent, other = await write(store, [("fleet", "pilne one"), ("fleet", "pilne two"), ("fleet", "pilne three")])
    anna = Scope(False, frozenset({"cards"}), StaffId(7))
    assert await found(store, "pilne", anna) == []
    async with store.unit() as work:
        for number, staff_id, queue in ((own.number, 7, ""), (lent.number, 0, "cards"), (other.number, 8, "")):
            row = await work.one("SELECT id FROM tickets WHERE number = ?", number)
            assert row is not None
            new = {"id": ids.new(), "ticket_id": row["id"], "staff_id": staff_id, "queue": queue}
            await work.insert(TicketWatcher, [{**new, "created_at": work.now}])
    assert await found(store, "pilne", anna) == [lent.entry_id, own.entry_id]
    async with store.unit() as work:
        await work.change("DELETE FROM ticket_watchers WHERE staff_id = 7")
    assert await found(store, "pilne", anna) == [lent.entry_id]


async def test_long_texts_are_indexed_a_few_at_a_time(store: Store) -> None:
    """S1-4: as they change and as the index is built anew; no unit takes the loop or the writer for long."""
    long = "żółw " * 8_000 + "koniec " + "dalej " * 200_000
    said = await write(store, [("inbox", text) for text in ("krótki", long, long, long, "krótki", "krótki")])
    async with store.unit() as work:
        await work.change("UPDATE entries SET text = text WHERE id > 0")
    steps = []
    while await index.waiting(store.reading()):
        async with store.unit() as work:
            steps.append(await index.catch_up(work))
    assert steps == [2, 1, 1, 2]
    assert await found(store, "krotki") == [said[number].entry_id for number in (5, 4, 0)]
    assert await found(store, "zolw") == [said[number].entry_id for number in (3, 2, 1)]
    assert await found(store, "koniec") == [], "beyond what is looked at"
    async with store.unit() as work:
        await work.change("DELETE FROM search_rows")
        await rebuild.begin(work)
    done = [now := await _step(store)]
    while not now.is_over:
        done.append(now := await _step(store))
    entries = [one.done - before.done for before, one in pairwise(done) if before.kind == one.kind == "entry"]
    assert entries == [3, 1, 1, 1]
    assert len(await found(store, "zolw")) == 3


async def _step(store: Store) -> rebuild.Progress:
    async with store.unit() as work:
        return await rebuild.step(work)


async def test_what_is_rolled_back_is_not_indexed(store: Store) -> None:
    [said] = await write(store, [("inbox", "stare")])
    with pytest.raises(RuntimeError):
        async with store.unit() as work:
            await work.change("UPDATE entries SET text = ? WHERE id = ?", "nowe", said.entry_id)
            assert await index.waiting(work) == 1
            raise RuntimeError
    assert await index.waiting(store.reading()) == 0


async def test_a_rebuild_finds_what_was_there_before_the_index(store: Store) -> None:
    said = await write(store, [("inbox", "karta")] * 450)
    async with store.unit() as work:
        await work.change("DELETE FROM search_rows")
    assert await found(store, "karta") == []
    done = await searched.build(store)
    assert (done.percent, done.done) == (100, done.total)
    assert await found(store, "karta") == [one.entry_id for one in said][::-1]
    async with store.unit() as work:
        row = await work.one("SELECT count(*) AS n FROM search_rows WHERE kind = 'entry'")
    assert row == {"n": 450}
