"""The pages of the reports: every number leads to its tickets, an agent sees his own, and each language is spoken."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from console import charts
from crmcore.access import Role
from crmcore.models.companies import CallNote, Company, Group, Owner
from kernel import ids
from kernel.clock import Clock
from kernel.unit import Store
from routing.models import Reminder
from tests.conftest import START
from tests.hub.filled import FILLED
from tests.support import visiting
from tests.support.visiting import Visitor
from tests.tickets import letters
from tickets import surveys, values
from tickets.models import TermsRow
from tickets.reports.asking import BREAKDOWNS, By
from tickets.reports.targets import Target

LINK = re.compile(r'<a href="(/reports/tickets[^"]*)"')
LENGTH = re.compile(r'<span class="left"><b>([^<]+)</b>')
NUMBER = re.compile(r'<a href="(/reports/tickets[^"]+)" aria-label="[^"]+" data-figure="(\d+)"')
NAME = re.compile(r'<span class="number">(T\d+)</span>')
HOUR = timedelta(hours=1)
FIRST = "SELECT id FROM tickets WHERE number = 1"
DEALT = re.compile(r'data-dealt="(\w+)"')
COLUMN = re.compile(r"column=(\w+)")
NAME_OF_TICKET = re.compile(r">(T\d+)<")


@pytest.fixture
async def desk(store: Store, tmp_path: Path, clock: Clock) -> AsyncIterator[Visitor]:
    """Three tickets: one the agent's and open, one the lead's and closed, one nobody's."""
    async with visiting.visiting(store, tmp_path, {"queues": {"cards": {}}}) as visitor:
        await visitor.hire(Role.AGENT, Role.LEAD)
        for number in range(3):
            await letters.ticket(store, f"person{number}", due_at=START + HOUR)
        async with store.unit() as work:
            await work.change("UPDATE tickets SET assignee_id = ? WHERE number = 1", visitor.staff["agent"])
            await work.change(
                "UPDATE tickets SET assignee_id = ?, queue = 'cards' WHERE number = 2", visitor.staff["lead"]
            )
            await work.change("UPDATE clocks SET state = 'met', ended_at = ?", START + HOUR)
            gold = {"digest": "gold", "policy": "gold", "body": "{}", "created_at": START}
            await work.insert(TermsRow, [gold])
            await work.change(f"UPDATE clocks SET terms = 'gold' WHERE ticket_id = ({FIRST})")
            await work.change("UPDATE tickets SET kind = 'complaint' WHERE number = 1")
            [first] = await work.fetch(FIRST)
            for name, value in (("cause", "card"), ("accepted", "no")):
                await values.write(work, first["id"], name, value)
            assert await surveys.asked(work, first["id"], 1, "telegram:1", "2001")
            question = await surveys.by_number(work, 1)
            assert question is not None and await surveys.answer(work, question, 2)
        clock.push(2 * HOUR)
        await letters.close(store, 2, START + HOUR)
        yield visitor


async def numbers(desk: Visitor, path: str) -> list[tuple[str, int]]:
    status, page = await desk.get(path)
    assert status == 200, path
    return [(html.unescape(href), int(count)) for href, count in NUMBER.findall(page)]


@pytest.mark.parametrize("report", [one for one in BREAKDOWNS if one != "calls"], ids=str)
async def test_every_number_leads_to_exactly_so_many_tickets(desk: Visitor, report: str) -> None:
    """S0-14: a number that its list does not bear out is worse than none. One message a ticket here."""
    await desk.enter("lead")
    found = [one for by in BREAKDOWNS[report] for one in await numbers(desk, f"/reports?report={report}&by={by}")]
    assert bool(found) == (report != "response")  # nobody has answered
    for href, count in found:
        status, page = await desk.get(href)
        assert (status, len(NAME.findall(page))) == (200, count), href


async def test_a_length_leads_to_what_it_was_computed_from(desk: Visitor) -> None:
    """S0-14: half and nine of ten, of a queue and of all: the same tickets as are counted, the longest first."""
    await desk.enter("lead")
    status, page = await desk.get("/reports?report=resolution&by=queue")
    links = [html.unescape(one) for one in LINK.findall(page)]
    timed = [one for one in links if "column=median_s" in one or "column=p90_s" in one]
    assert status == 200 and len(timed) == 4 and len(links) == 6, "of the queue and of all"
    for one in timed:
        counted = one.replace("median_s", "resolution").replace("p90_s", "resolution")
        whole, led = (await desk.get(counted))[1], (await desk.get(one))[1]
        assert sorted(NAME.findall(led)) == sorted(NAME.findall(whole)) != [], one
        assert "The longest first" in led and LENGTH.findall(led) and not LENGTH.findall(whole)


async def test_a_share_leads_to_what_it_is_a_share_of(desk: Visitor) -> None:
    """S0-22: promises kept and broken, complaints that were accepted or not, all ratings."""
    await desk.enter("lead")
    for report, column in (
        ("sla", "met_percent"),
        ("sla", "first_response_percent"),
        ("complaints", "accepted_percent"),
        ("ratings", "mean"),
        ("ratings", "low_percent"),
    ):
        page = (await desk.get(f"/reports?report={report}&by=queue"))[1]
        links = [html.unescape(one) for one in LINK.findall(page) if one.endswith(f"column={column}")]
        assert links, (report, column)
        assert NAME.findall((await desk.get(links[0]))[1]), (report, column)


async def test_a_complaint_counts_under_its_cause_in_the_readers_words(desk: Visitor) -> None:
    """S0-22, S1-8: by cause, and whether the customer accepts the result."""
    await desk.enter("lead")
    page = (await desk.get("/reports?report=complaints"))[1]
    assert "Fuel card" in page and "Accepted, %" in page
    found = await numbers(desk, "/reports?report=complaints")
    assert {count for href, count in found if "column=refused" in href and "key=card" in href} == {1}
    assert "Karta paliwowa" in (await desk.get("/reports?report=complaints", **{"Accept-Language": "pl"}))[1]


async def test_ratings_are_told_with_their_mean_and_the_part_of_low_ones(desk: Visitor) -> None:
    """S0-14, M-8: in the reader's words; an agent sees those of his own tickets."""
    await desk.enter("lead")
    page = (await desk.get("/reports?report=ratings&by=person"))[1]
    assert "Average rating" in page and ">2<" in page and ">100<" in page
    assert "Średnia ocena" in (await desk.get("/reports?report=ratings", **{"Accept-Language": "pl"}))[1]
    await desk.enter("agent")
    assert {count for _, count in await numbers(desk, "/reports?report=ratings&by=queue")} == {1}


async def test_promises_are_told_by_their_policy(desk: Visitor) -> None:
    """S0-22: and those that began before policies were kept under a line of their own."""
    await desk.enter("lead")
    found = await numbers(desk, "/reports?report=sla&by=policy")
    assert {count for href, count in found if "column=met" in href and "key=gold" in href} == {1}
    assert {count for href, count in found if "column=met" in href and "key=&" in f"{href}&"} == {2}


async def test_calls_visits_and_letters_lead_to_their_rows(desk: Visitor, store: Store) -> None:
    """S4-1, S0-14: each number to exactly its rows; a plan counts once done; who may see a company reads its name."""
    made = await dealt(store, desk.staff)
    await desk.enter("lead")
    found = await numbers(desk, "/reports?report=calls")
    total = {column: n for href, n in found if "key=" not in href for column in [COLUMN.findall(href)[0]]}
    assert total == {"calls_in": 2, "calls_out": 1, "visits": 1, "letters": 1, "minutes": 12}
    for href, count in found:
        page = (await desk.get(href))[1]
        shown = len(DEALT.findall(page))
        assert shown == count or "column=minutes" in href, href
        assert "column=calls_out" in href or made in page or "column=visits" in href or "column=letters" in href
    whole = (await desk.get("/reports/tickets?report=calls&by=person&column=letters"))[1]
    assert "T1" in NAME_OF_TICKET.findall(whole)
    await desk.enter("agent")
    page = (await desk.get("/reports/tickets?report=calls&by=person&column=calls_in"))[1]
    assert len(DEALT.findall(page)) == 1 and made not in page
    own = {COLUMN.findall(href)[0]: n for href, n in await numbers(desk, "/reports?report=calls") if "key=" not in href}
    assert own == {"calls_in": 1, "minutes": 5}
    other = f"/reports/tickets?report=calls&by=person&column=calls_out&key={desk.staff['lead']}"
    assert DEALT.findall((await desk.get(other))[1]) == []


async def dealt(store: Store, staff: Mapping[str, int]) -> str:
    """Calls of both, and a visit and a letter of the lead; returns the name of a company that the agent may not see."""
    name, at = "Behind the wall", START
    async with store.unit() as work:
        [row] = await work.fetch("SELECT id, contact_id FROM tickets WHERE number = 1")
        company = {**FILLED["companies"], "name": name, "group_id": None, "responsible_id": None}
        for model, needed in ((Owner, FILLED["owners"]), (Group, FILLED["groups"]), (Company, company)):
            await work.insert(model, [needed])
        calls = [
            {"by_id": staff["agent"], "direction": "in", "minutes": 5, "company_id": company["id"]},
            {"by_id": staff["lead"], "direction": "in", "minutes": 7, "company_id": company["id"]},
            {"by_id": staff["lead"], "direction": "out", "minutes": None, "contact_id": row["contact_id"]},
        ]
        bare = {"company_id": None, "contact_id": None, "text": "", "at": at, "created_at": at}
        await work.insert(CallNote, [{"id": ids.new(), **bare, **one} for one in calls])
        plan = {
            **FILLED["reminders"],
            "staff_id": staff["lead"],
            "created_by_id": staff["lead"],
            "ticket_id": row["id"],
        }
        for number, (kind, state) in enumerate((("visit", "done"), ("mail", "done"), ("visit", "waiting"))):
            more = {"id": ids.new(), "number": number + 1, "kind": kind, "state": state, "ended_at": at}
            await work.insert(Reminder, [{**plan, **more}])
    return name


async def test_the_numbers_are_right(desk: Visitor) -> None:
    """S0-14, S0-22: by queue; and the backlog holds what is not done."""
    await desk.enter("lead")
    by_queue = dict(await numbers(desk, "/reports?report=volumes&by=queue"))
    assert {count for href, count in by_queue.items() if "column=opened" in href and "key=cards" in href} == {1}
    assert {count for href, count in by_queue.items() if "column=opened" in href and "key=inbox" in href} == {2}
    assert {count for href, count in by_queue.items() if "column=opened" in href and "key=" not in href} == {3}
    backlog = await numbers(desk, "/reports?report=backlog&by=person")
    assert [count for href, count in backlog if "column=open" in href and "key=" not in href] == [2]
    assert "<rect" in (await desk.get("/reports?report=volumes&by=queue"))[1]
    assert "Half within" in (await desk.get("/reports?report=resolution"))[1]


async def test_an_agent_sees_his_own(desk: Visitor) -> None:
    """S3-23: his numbers, and his tickets behind them, whatever he writes into the address."""
    await desk.enter("agent")
    for report in ("volumes", "backlog", "load"):
        page = (await desk.get(f"/reports?report={report}&by=person"))[1]
        assert "These are your own numbers." in page and "Lead" not in page
        totals = [
            (href, count) for href, count in await numbers(desk, f"/reports?report={report}") if "key=" not in href
        ]
        assert totals and all(count == 1 for _, count in totals)
    other = f"/reports/tickets?report=volumes&by=person&column=opened&key={desk.staff['lead']}"
    assert NAME.findall((await desk.get(other))[1]) == []


async def test_a_wrong_day_is_told_beside_its_field(desk: Visitor) -> None:
    await desk.enter("lead")
    status, page = await desk.get("/reports?from=2026-13-01&to=soon")
    assert status == 400 and 'id="wrong-from"' in page and 'id="wrong-to"' in page
    assert "Expected: a day like 2026-03-31." in page
    assert (await desk.get("/reports?from=2026-03-10&to=2026-03-01"))[0] == 400


@pytest.mark.parametrize(
    "path",
    (
        "?report=all",
        "/tickets?column=median_s&report=volumes",
        "/tickets?column=met_percent&report=ratings&by=nobody&from=x",
        "/tickets?column=x",
        "/tickets?column=opened&from=x",
        "/tickets?report=volumes&by=day&column=opened&key=nonsense",
    ),
)
async def test_what_is_not_there_is_not_found(desk: Visitor, path: str) -> None:
    await desk.enter("lead")
    assert (await desk.get(f"/reports{path}"))[0] == 404


@pytest.mark.parametrize("language", ("pl", "sk", "hu", "ru"))
async def test_the_pages_speak_the_readers_language(desk: Visitor, language: str) -> None:
    await desk.enter("lead")
    for report, breakdowns in BREAKDOWNS.items():
        for by in breakdowns:
            address = f"/reports?report={report}&by={by}"
            status, page = await desk.get(address, **{"Accept-Language": language})
            assert (
                status == 200
                and "All together" not in page
                and "By person" not in page
                and "Show the report" not in page
            )


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50), st.integers(1, 2))
def test_columns_stay_in_their_box_and_beside_each_other(values: list[float], series: int) -> None:
    drawn = charts.columns([str(place) for place in range(len(values))], [("n", values)] * series)
    if max(values) <= 0:
        assert drawn is None
        return
    assert drawn is not None and len(drawn.columns) == series * len(values)
    for one in drawn.columns:
        assert 0 <= one.x <= one.x + one.width <= charts.WIDTH + 0.05
        assert one.y >= -0.05 and one.y + one.height == pytest.approx(charts.HEIGHT, abs=0.05)
    ordered = sorted(drawn.columns, key=lambda one: one.x)
    assert all(left.x + left.width <= right.x + 0.05 for left, right in itertools.pairwise(ordered))


async def test_leads_see_the_targets_and_what_was_found(desk: Visitor) -> None:
    """S0-4, S0-14: planned beside found; each number leads to its report; a colleague of no rank has no such page."""
    late = Target("Answered at once", "response.median", 900, at_most=True, by=By.QUEUE, key="cards")
    few = Target("Little is open", "backlog.open", 1, at_most=True)
    kept = Target("Promises are kept", "sla.met", 90, at_most=False)
    force_setattr(desk.office, "targets", (late, few, kept))
    await desk.enter("lead")
    status, page = await desk.get("/reports/targets")
    assert status == 200 and re.findall(r'<td class="(\w+)">', page) == ["none", "missed", "met"]
    assert "at most 15 min" in page and 'href="/reports?report=backlog' in page
    assert "najwy\u017cej" in (await desk.get("/reports/targets", **{"Accept-Language": "pl"}))[1]
    assert (await desk.get("/reports/targets?from=yesterday"))[0] == 400
    assert 'href="/reports/targets?' in (await desk.get("/reports"))[1]
    await desk.enter("agent")
    assert (await desk.get("/reports/targets"))[0] == 404
    assert "/reports/targets" not in (await desk.get("/reports"))[1]
