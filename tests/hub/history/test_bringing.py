"""Imports on a real database: silent, idempotent by constraint, resumable; and old numbers in later mail."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from channels import messages
from channels.email import content
from channels.messages import Arrived
from channels.outbox import Ref
from crmcore import contacts, timeline
from hub.history import bringing, files
from hub.history.bringing import Outcome
from hub.history.columns import Mapped
from hub.history.reading import Told
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Event, Store, Work
from tests.hub.history import exports
from tests.support import commands
from tests.tickets.letters import arrived
from tickets import happenings, imports, old_numbers, threads, visible
from tickets.events import TicketChanged, TicketOpened
from tickets.old_numbers import Patterns
from tickets.places import Letter, Place

DESK = Mapped(own=frozenset({"help@desk.example"}))
COMMON = old_numbers.patterns({})
EVERYTHING = ("contacts", "identities", "tickets", "entries", "timeline", "foreign_records")
SILENT = ("messages", "raw_messages", "clocks", "alerts", "reminders", "notices", "attempts")


async def bring(store: Store, path: Path, format_: str, *, dry_run: bool = False, name: str = "") -> Outcome:
    digest = files.digest([path], format_=format_, mapped=DESK)
    records = files.read([path], format_, DESK, content.understand, Told())
    return await bringing.bring(store, name or format_, digest, records, dry_run=dry_run)


async def zammad(store: Store, folder: Path, found: Any = None, *, dry_run: bool = False) -> Outcome:
    path = exports.put(folder, "z.json", orjson.dumps(found or exports.ZAMMAD))
    return await bring(store, path, "zammad", dry_run=dry_run)


async def counts(store: Store, tables: Sequence[str]) -> dict[str, int]:
    reader = store.reading()
    return {table: (await reader.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables}


async def write(store: Store, *found: Arrived, patterns: Patterns = COMMON) -> list[Place]:
    """What the intake does with letters."""
    async with store.unit() as work:
        people = await contacts.resolve(work, [one.inbound for one in found])
        letters = [Letter(one, person, conversational=False) for one, person in zip(found, people, strict=True)]
        places = await threads.place(work, letters, threads.Tokens(b""), patterns)
        await messages.record(work, found, [Ref("ticket", place.id) for place in places])
        await threads.write(work, places)
    return places


def mail(subject: str, *, sender: str = "eszter@example.hu", **said: Any) -> Arrived:
    return arrived(sender, "Again!", scheme="mailto", subject=subject, **said)


async def old(store: Store) -> visible.TicketView:
    [found] = [one for one in await visible.listed(store.reading()) if one.origin]
    return found


# -- silent history --------------------------------------------------------------------------------------------------


async def test_a_ticket_comes_in_closed_under_its_true_dates(store: Store, tmp_path: Path) -> None:
    """B-7: dates, authors, notes, and the contact's history; its number there is shown."""
    outcome = await zammad(store, tmp_path)
    assert outcome.tally == (1, 0, 0)
    found = await old(store)
    assert (found.state, found.origin, found.contact, found.subject) == (
        "closed",
        "Zammad 12345",
        "Eszter Nagy",
        "Card blocked",
    )
    assert found.created_at.isoformat() == "2024-02-01T10:00:00+00:00"
    entries = await visible.entries(store.reading(), found.id)
    assert [(one.at.hour, one.kind, one.author_kind, one.author, one.text) for one in entries] == [
        (10, "message", "customer", "Eszter Nagy", "My card\nis blocked."),
        (11, "message", "staff", "Ewa via Desk", "It works again."),
        (11, "note", "staff", "Ewa", "Ask SRF"),
    ]
    past = await timeline.of_contact(store.reading(), found.contact_id)
    assert [(one.at.hour, one.text) for one in past] == [(11, "It works again."), (10, "My card\nis blocked.")]


async def test_two_thousand_tickets_come_in_without_a_sound(store: Store, tmp_path: Path) -> None:
    """B-7, M-5: no message, clock, alert or reminder, no event, no loop woken; once more, and nothing changes."""
    heard: list[Event] = []
    poked: list[str] = []

    async def listen(work: Work, events: Sequence[Event]) -> None:
        heard.extend(events)

    store.handlers = {TicketOpened: (listen,), TicketChanged: (listen,)}
    store.poke = poked.append
    path = exports.put(tmp_path, "z.json", exports.many(2_000))
    assert (await bring(store, path, "zammad")).tally == (2_000, 0, 0)
    assert await counts(store, SILENT) == dict.fromkeys(SILENT, 0)
    assert (heard, poked) == ([], [])
    before = await counts(store, EVERYTHING)
    assert (before["tickets"], before["entries"], before["contacts"]) == (2_000, 4_000, 100)
    assert (await bring(store, path, "zammad")).tally == (0, 0, 2_000)
    assert await counts(store, EVERYTHING) == before


async def test_a_dry_run_counts_and_writes_nothing(store: Store, tmp_path: Path) -> None:
    """B-7: the same counts as the run that follows."""
    path = exports.put(tmp_path, "z.json", exports.many(250))
    tables = (*EVERYTHING, "import_runs")
    tried = await bring(store, path, "zammad", dry_run=True)
    assert await counts(store, tables) == dict.fromkeys(tables, 0)
    assert (await bring(store, path, "zammad")).tally == tried.tally == (250, 0, 0)


async def test_a_later_export_adds_what_is_new(store: Store, tmp_path: Path) -> None:
    """M-5: the same ticket with one more article is updated; what was there stays once."""
    await zammad(store, tmp_path)
    later = orjson.loads(orjson.dumps(exports.ZAMMAD))
    later["ticket_articles"].append(later["ticket_articles"][0] | {"id": 704, "created_at": "2024-02-03T10:00:00Z"})
    assert (await zammad(store, tmp_path, later)).tally == (0, 1, 0)
    assert (await zammad(store, tmp_path, later)).tally == (0, 0, 1)
    assert (await counts(store, ("tickets", "entries", "timeline"))) == {"tickets": 1, "entries": 4, "timeline": 3}


async def test_people_are_found_by_address_and_made_once(store: Store, tmp_path: Path) -> None:
    """B-7: Eszter wrote to us before; two desks and a folder of mail know her too."""
    [place] = await write(store, mail("Hello"))
    await zammad(store, tmp_path)
    await bring(store, exports.put(tmp_path, "f.json", orjson.dumps(exports.FREESCOUT)), "freescout")
    await bring(store, exports.put(tmp_path, "m.mbox", exports.FOLDER), "mbox")
    reader = store.reading()
    own = await reader.fetch("SELECT count(*) AS n FROM tickets WHERE contact_id = ?", place.contact_id)
    assert own[0]["n"] == 4
    assert (await counts(store, ("contacts", "identities"))) == {"contacts": 2, "identities": 2}


async def test_bad_records_are_left_out_and_the_rest_comes_in(store: Store, tmp_path: Path) -> None:
    path = exports.put(
        tmp_path,
        "c.csv",
        "number,email,created\n1,a@a.example,2024-01-01\n2,nobody,2024-01-01\n3,b@a.example,2024-01-01\n",
    )
    outcome = await bring(store, path, "csv")
    assert outcome.tally == (2, 0, 0)
    assert [one.where for one in outcome.bad] == ["c.csv, line 3"]


async def test_a_large_ticket_goes_alone_and_whole(store: Store, tmp_path: Path) -> None:
    lines = "".join(f"1,a@a.example,2024-01-01,{number}\n" for number in range(500))
    path = exports.put(tmp_path, "c.csv", f"number,email,created,text\n{lines}2,b@a.example,2024-01-01,x\n")
    assert (await bring(store, path, "csv")).tally == (2, 0, 0)
    assert await counts(store, ("entries",)) == {"entries": 501}


# -- broken off ------------------------------------------------------------------------------------------------------


async def test_a_run_that_was_broken_off_goes_on_where_it_stood(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-5: what a unit has written and how far it came are one; the sum is that of one run."""
    path = exports.put(tmp_path, "z.json", exports.many(300))
    whole = bringing.history.bring
    calls = 0

    async def breaks(work: Work, system: str, records: Any) -> Any:
        nonlocal calls
        calls += 1
        tally = await whole(work, system, records)
        if calls == 3:
            raise OSError("the power went")
        return tally

    monkeypatch.setattr(bringing.history, "bring", breaks)
    with pytest.raises(OSError, match="power"):
        await bring(store, path, "zammad")
    monkeypatch.setattr(bringing.history, "bring", whole)
    half = (await counts(store, ("tickets",)))["tickets"]
    assert 0 < half < 300
    outcome = await bring(store, path, "zammad")
    assert (outcome.resumed_at, outcome.tally) == (half, (300, 0, 0))
    assert await counts(store, ("tickets", "entries")) == {"tickets": 300, "entries": 600}


async def test_two_at_once_do_not_write_it_twice(store: Store, tmp_path: Path) -> None:
    """M-5: the cursor row says who goes on; the other is told."""
    path = exports.put(tmp_path, "z.json", exports.many(10))
    digest = files.digest([path], format_="zammad", mapped=DESK)
    async with store.unit() as work:
        run = await imports.start(work, "zammad", digest)
    await bring(store, path, "zammad")
    with pytest.raises(errors.Conflict):
        async with store.unit() as work:
            await imports.advance(work, run, 10)


async def test_a_customer_who_writes_for_the_first_time_meanwhile_is_one_contact(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-5: his address became his between our look and our write; the unit is done once more and finds him."""
    await write(store, mail("Hello"))
    look = bringing.history.figures.owned
    blind = 1

    async def looks(reader: Any, addresses: Any) -> Any:
        nonlocal blind
        blind -= 1
        return {} if blind >= 0 else await look(reader, addresses)

    monkeypatch.setattr(bringing.history.figures, "owned", looks)
    assert (await zammad(store, tmp_path)).tally == (1, 0, 0)
    assert await counts(store, ("contacts", "identities")) == {"contacts": 1, "identities": 1}


@pytest.mark.kill
async def test_a_killed_import_is_resumed(store: Store, database_url: str, tmp_path: Path) -> None:
    """M-5: SIGKILL in the middle; the second run ends it, and nothing is there twice."""
    exports.put(tmp_path, "z.json", exports.many(2_000))
    config = exports.put(tmp_path, "centrala.toml", f'[database]\nurl = "{database_url}"\n')
    words = ["history", "import", str(tmp_path / "z.json"), "--from", "zammad", "--config", str(config), "--json"]
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", *words, stdout=subprocess.DEVNULL)
    while not (half := (await counts(store, ("tickets",)))["tickets"]):
        assert running.returncode is None, "it ended before anything was seen of it"
        await asyncio.sleep(0.01)
    running.kill()
    await running.wait()
    assert half < 2_000
    done = await asyncio.to_thread(commands.run, *words)
    told = orjson.loads(done.stdout)
    assert (told["created"], told["unchanged"], told["bad"]) == (2_000, 0, 0)
    assert told["resumed_at"] >= half
    assert await counts(store, ("tickets", "entries")) == {"tickets": 2_000, "entries": 4_000}
    again = await asyncio.to_thread(commands.run, *words)
    assert orjson.loads(again.stdout)["unchanged"] == 2_000


# -- old numbers in later mail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"subject": "Re: [Ticket#12345] Card blocked"}, id="the number in brackets"),
        pytest.param({"subject": "AW: Ticket #12345 once more"}, id="the number in words"),
        pytest.param({"subject": "Something else", "references": ("<x@y>", "<second@desk.example>")}, id="a reference"),
    ],
)
async def test_a_mail_with_the_old_name_is_a_new_ticket_linked_to_the_old(
    store: Store, tmp_path: Path, said: dict[str, Any]
) -> None:
    """B-7: the old one stays closed, the new one shows what it goes on with, and the next mail joins the new one."""
    await zammad(store, tmp_path)
    before = await old(store)
    [place] = await write(store, mail(**said))
    found = await visible.by_id(store.reading(), place.id)
    assert found is not None and (found.state, found.continues) == ("open", "Zammad 12345")
    assert await old(store) == before
    [second] = await write(store, mail(**said | {"subject": f"{said['subject']}, and more"}))
    assert second.id == place.id


async def test_a_stranger_who_knows_the_number_gets_nothing_of_it(store: Store, tmp_path: Path) -> None:
    """B-7: only the old ticket's own people go on with it."""
    await zammad(store, tmp_path)
    [place] = await write(store, mail("[Ticket#12345] let me in", sender="obcy@else.example"))
    found = await visible.by_id(store.reading(), place.id)
    assert found is not None and (found.continues, found.contact) == ("", "obcy@else.example")


async def test_whoever_wrote_in_the_old_ticket_goes_on_with_it(store: Store, tmp_path: Path) -> None:
    found = orjson.loads(orjson.dumps(exports.ZAMMAD))
    found["ticket_articles"].append(
        found["ticket_articles"][0] | {"id": 705, "from": "Béla <bela@example.hu>", "message_id": ""}
    )
    await zammad(store, tmp_path, found)
    [place] = await write(store, mail("Re: [Ticket#12345]", sender="bela@example.hu"))
    seen = await visible.by_id(store.reading(), place.id)
    assert seen is not None and seen.continues == "Zammad 12345"


async def test_an_own_pattern_takes_the_place_of_the_common_ones(store: Store, tmp_path: Path) -> None:
    await zammad(store, tmp_path)
    own = old_numbers.patterns({"zammad": ["Vorgang {number}"]})
    common, meant = [
        (await write(store, mail(subject), patterns=own))[0].previous_id
        for subject in ("[Ticket#12345] a", "Vorgang 12345 b")
    ]
    assert (common, meant) == (None, (await old(store)).id)


async def test_history_never_takes_a_message_however_young_it_is(store: Store, tmp_path: Path, clock: Clock) -> None:
    """B-7: closed yesterday, of the same subject: reopened it would alert and be answered; and it hides no open one."""
    [open_] = await write(store, mail("Still open"))
    yesterday = (clock.now() - timedelta(days=1)).isoformat()
    found = orjson.loads(orjson.dumps(exports.ZAMMAD))
    found["tickets"] = [
        found["tickets"][0] | {"id": 100 + number, "number": str(number), "close_at": yesterday} for number in range(30)
    ]
    await zammad(store, tmp_path, found)
    [same] = await write(store, mail("Card blocked"))
    assert same.is_new and not same.is_past
    [joined] = await write(store, mail("Re: Still open"))
    assert joined.id == open_.id


async def test_who_proves_another_address_keeps_his_old_tickets(store: Store, tmp_path: Path) -> None:
    """B-7: tickets go over to the contact he proved to be, and so does the right to go on with them."""
    await zammad(store, tmp_path)
    [place] = await write(store, mail("Hello", sender="eszter@new.example"))
    async with store.unit() as work:
        await happenings.hand_over(work, (await old(store)).contact_id, place.contact_id)
    [second] = await write(store, mail("[Ticket#12345]", sender="eszter@new.example"))
    assert second.previous_id == (await old(store)).id


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: [Ticket#12345] x", {"12345"}),
        ("[#77] x", {"77"}),
        ("ticket#1 TICKET #2", {"1", "2"}),
        ("Order #99, ticket 5", set()),
        (f"[#{'9' * 21}]", set()),
        ("", set()),
    ],
)
def test_numbers_are_read_where_a_desk_puts_them(subject: str, expected: set[str]) -> None:
    assert {number for _, number in COMMON.read(subject)} == expected


@pytest.mark.parametrize("written", ["{number}", "Ticket", "a {number} b {number}", ""])
def test_a_pattern_without_its_place_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="number"):
        old_numbers.patterns({"zammad": [written]})
