"""Forms opened before somebody else changed the same thing: only what the sender changed is written, and never over
what he has not seen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from lxml import html

from kernel import rows
from tests.support import stage as stages
from tests.support.entering import entered
from tests.support.stage import Stage

SETTINGS = {
    "queues": {"cards": {"assign": "none"}},
    "states": [{"name": "supplier", "category": "waiting_us", "label": "Waiting for the supplier"}],
}
CASE = "/tickets/T1/case"
FIELDS = "//form[.//input[@name='act'][@value='{act}']]"


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path, **SETTINGS) as playing:
        yield playing


@pytest.fixture
async def anna(desk: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    async with entered(desk) as session:
        yield session


async def looked_at(session: aiohttp.ClientSession, path: str) -> html.HtmlElement:
    async with session.get(path) as answer:
        assert answer.status == 200
        return html.fromstring(await answer.text())


def form(tree: html.HtmlElement, way: str) -> dict[str, str]:
    """What a browser sends of the form that `way` leads to when nothing in it is touched."""
    [found] = tree.xpath(way)
    return {name: value or "" for name, value in found.form_values()}


async def sent(session: aiohttp.ClientSession, path: str, data: dict[str, str]) -> tuple[int, html.HtmlElement]:
    async with session.post(path, data=data) as answer:
        return answer.status, html.fromstring(await answer.text())


def read(tree: html.HtmlElement, way: str) -> str:
    return re.sub(r"\s+", " ", tree.xpath(f"string({way})")).strip()


SAVE = FIELDS.format(act="save")


async def test_an_old_case_page_takes_nothing_back_from_others(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """S5, reliability: Anna changes the tags of a page that is old; Marek's priority and state stay his."""
    await desk.customer("The pump took my card")
    page = form(await looked_at(anna, CASE), SAVE)
    await desk.staff("/prio T1 1", by=desk.marek)
    await desk.staff("/state T1 supplier", by=desk.marek)
    status, shown = await sent(anna, CASE, {**page, "tags": "pump"})
    assert status == 200
    assert read(shown, "//*[@id='said']") == "Saved."
    ticket = await desk.ticket()
    assert (ticket["priority"], ticket["own_state"], rows.json(ticket["tags"])) == (1, "supplier", ["pump"])


async def test_the_same_field_is_refused_with_what_it_is_now(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """S5: nothing is saved, the field says what stands there now, and a second look saves."""
    await desk.customer("The pump took my card")
    page = form(await looked_at(anna, CASE), SAVE)
    await desk.staff("/prio T1 1", by=desk.marek)
    before = await desk.effects()
    status, shown = await sent(anna, CASE, {**page, "priority": "4", "tags": "pump"})
    assert status == 409
    assert "Others have changed this meanwhile: Priority: P1." in read(shown, SAVE)
    assert "Saved meanwhile: P1" in read(shown, SAVE)
    assert await desk.effects() == before
    again = form(shown, SAVE)
    assert (again["priority"], again["tags"]) == ("4", "pump")
    status, _ = await sent(anna, CASE, again)
    assert (status, (await desk.ticket())["priority"]) == (200, 4)


async def test_a_field_of_a_former_kind_is_not_lost_silently(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """S1-8: the kind is another by now, and what was typed has no place: the form says so."""
    await desk.customer("The pump took my card")
    await desk.staff("/kind T1 complaint")
    page = form(await looked_at(anna, CASE), SAVE)
    await desk.staff("/kind T1 question", by=desk.marek)
    before = await desk.effects()
    status, shown = await sent(anna, CASE, {**page, "field-result": "a new card"})
    assert status == 409
    assert "Others have changed this meanwhile: Kind: Question." in read(shown, SAVE)
    assert await desk.effects() == before


async def test_a_form_that_does_not_tell_what_it_showed_is_refused(desk: Stage, anna: aiohttp.ClientSession) -> None:
    await desk.customer("The pump took my card")
    page = form(await looked_at(anna, CASE), SAVE)
    before = await desk.effects()
    bare = {name: value for name, value in page.items() if not name.startswith("was-")}
    status, shown = await sent(anna, CASE, {**bare, "tags": "pump"})
    assert status == 400
    assert "This form is not complete." in read(shown, SAVE)
    assert await desk.effects() == before


async def test_a_state_that_the_settings_have_lost_stays(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """S5: whoever saves the tags does not open the ticket with them."""
    await desk.customer("The pump took my card")
    await desk.staff("/state T1 supplier")
    desk.app.house.desk.states.own.pop("supplier")  # type: ignore[attr-defined]
    page = form(await looked_at(anna, CASE), SAVE)
    assert page["state"] == "supplier"
    status, _ = await sent(anna, CASE, {**page, "tags": "pump"})
    ticket = await desk.ticket()
    assert (status, ticket["own_state"], rows.json(ticket["tags"])) == (200, "supplier", ["pump"])


async def test_what_was_wrong_stands_beside_its_field(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """S0: the field and what was expected, whichever field it was."""
    await desk.customer("The pump took my card")
    page = form(await looked_at(anna, CASE), SAVE)
    before = await desk.effects()
    status, shown = await sent(anna, CASE, {**page, "state": "asleep"})
    assert status == 400
    assert read(shown, "//*[@id='wrong-state']").startswith("Expected: one of open, ")
    assert await desk.effects() == before


@pytest.mark.parametrize(
    ("way", "field"),
    [(FIELDS.format(act="undo"), "change"), ("//form[contains(@action, '/call')]", "minutes")],
    ids=["a change", "minutes of a call"],
)
async def test_a_number_that_is_too_long_is_refused(
    desk: Stage, anna: aiohttp.ClientSession, way: str, field: str
) -> None:
    """S0: a page in words, never a trace."""
    await desk.customer("The pump took my card")
    await desk.staff("/prio T1 1")
    [contact] = await desk.rows("SELECT id FROM contacts")
    path = CASE if field == "change" else f"/contacts/{contact['id']}"
    page = form(await looked_at(anna, path), way)
    to = path if field == "change" else f"{path}/call"
    status, _ = await sent(anna, to, {**page, "text": "He rang", field: "9" * 5_000})
    assert status == 400


async def test_two_change_the_same_person(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """CRM: what another has written stays; where both changed the same field, it says what stands there by now."""
    for path, more in (("/companies/new", {"name": "Orlik"}), ("/companies/B1/people", {"name": "Jan Nowak"})):
        shown = await looked_at(anna, path)
        way = f"//form[@action='{path}'][.//input[@name='name']]"
        status, shown = await sent(anna, path, {**form(shown, way), **more})
        assert status == 200
    way = "//form[.//input[@name='was-name']]"
    [path] = [str(one) for one in shown.xpath(f"{way}/@action")]
    page = form(shown, way)
    assert (await sent(anna, path, {**page, "phone": "+48601234567", "key": "k" * 20}))[0] == 200
    status, shown = await sent(anna, path, {**page, "function": "buyer"})
    assert status == 200
    [row] = await desk.rows("SELECT phone, function FROM company_contacts")
    assert (row["phone"], row["function"]) == ("+48601234567", "buyer")
    status, shown = await sent(anna, path, {**page, "phone": "+48609999999", "key": "l" * 20})
    assert status == 409
    assert "Saved meanwhile: +48601234567" in read(shown, way)
    again = form(shown, way)
    assert (again["phone"], again["function"]) == ("+48609999999", "buyer")
    assert (await sent(anna, path, again))[0] == 200
    assert [row["phone"] for row in await desk.rows("SELECT phone FROM company_contacts")] == ["+48609999999"]


@pytest.mark.parametrize(
    ("act", "more"),
    [("close", {}), ("merge", {"other": "T2"}), ("split", {})],
    ids=["close", "merge", "split"],
)
async def test_an_old_page_does_not_act_on_what_has_changed(
    desk: Stage, anna: aiohttp.ClientSession, act: str, more: dict[str, str]
) -> None:
    """S5: the customer has written meanwhile; the page says so, and a second press does it."""
    await desk.customer("The pump took my card")
    await desk.customer("And the invoice is wrong")
    way = FIELDS.format(act=act)
    [last] = await desk.rows("SELECT max(id) AS id FROM entries WHERE kind = 'message'")
    part = {"entry": str(last["id"])}
    if act == "merge":
        split = form(await looked_at(anna, CASE), FIELDS.format(act="split"))
        assert (await sent(anna, CASE, split | part))[0] == 200
    page = form(await looked_at(anna, CASE), way) | more
    if act == "split":
        page |= part
    await desk.staff("/note T1 he rang and wants more")
    before = await desk.effects()
    status, shown = await sent(anna, CASE, page)
    assert status == 409
    assert "T1 has changed since you opened this page. Nothing was done." in read(shown, way)
    assert await desk.effects() == before
    again = page | {name: form(shown, way)[name] for name in ("seen", "key")}
    assert (await sent(anna, CASE, again))[0] == 200
    assert await desk.effects() != before
    bare = {name: value for name, value in again.items() if name != "seen"} | {"key": "n" * 20}
    assert (await sent(anna, CASE, bare))[0] == 400


async def test_watch_does_what_its_button_says_however_old_the_page(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """S5: two pages of the same colleague; the second press does not turn the first one round."""
    await desk.customer("The pump took my card")
    first, second = [await looked_at(anna, CASE) for _ in range(2)]
    way = FIELDS.format(act="watch")
    for page in (first, second):
        assert read(page, f"{way}//button") == "Watch"
        assert (await sent(anna, CASE, form(page, way)))[0] == 200
    assert len(await desk.rows("SELECT id FROM ticket_watchers")) == 1
    shown = await looked_at(anna, CASE)
    assert read(shown, f"{way}//button") == "Watch no more"
    assert (await sent(anna, CASE, form(shown, way)))[0] == 200
    assert await desk.rows("SELECT id FROM ticket_watchers") == []
