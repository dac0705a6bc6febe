"""Rules picked from sentences, put in order, taken out and tried, on a real file; and what cannot be taken out."""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path

import pytest

from crmcore.access import Role
from kernel.unit import Store
from tests.console.test_settings_pages import FILE, STAMP, Shelf, shelf  # noqa: F401 - a fixture
from tests.routing.test_deeds import desk, handle
from tests.support import visiting
from tests.tickets import letters
from tests.tickets.letters import arrived

READY = "/settings/rules/ready"
MAIL = {"key": "mail-to", "of": "", "address": "Billing@desk.example", "queue": "cards", "name": "", "stop": ""}


@pytest.fixture
async def lead(shelf: Shelf) -> Shelf:  # noqa: F811
    """A shift leader before the same pages."""
    await shelf.visitor.hire(Role.LEAD)
    await shelf.visitor.enter("lead")
    return shelf


async def pick(found: Shelf, **sent: str) -> tuple[int, str]:
    """Look, then save what was seen."""
    given = {**MAIL, **sent}
    path = f"{READY}?name={given['of']}" if given["of"] else f"{READY}?key={given['key']}"
    status, page = await found.visitor.post(READY, shown=path, **given, step="look")
    assert status == 200, page
    [stamp] = STAMP.findall(page)
    named = {"name": html.unescape(re.findall(r'name="name" value="([^"]*)"', page)[0])}
    return await found.visitor.post(READY, shown=path, **{**given, **named}, step="save", stamp=stamp)


async def test_a_shift_leader_picks_a_rule_and_it_is_the_sentence_again(lead: Shelf) -> None:
    """M-6: written as any rule is, taken up at once; edited by hand it is an advanced one."""
    assert len(re.findall(r'id="ready-', (await lead.visitor.get(READY))[1])) >= 10
    assert await pick(lead) == (303, "/settings/rules?saved=1#saved")
    rule = lead.values()["rules"][2]
    assert rule == {
        "name": "Mail to „Billing@desk.example” goes to the queue „cards”.",
        "ready": "mail-to",
        "blanks": {"address": "Billing@desk.example", "queue": "cards"},
        "when": '"billing@desk.example" in message.to',
        "queue": "cards",
    }
    assert lead.text().startswith("# Ours, since spring")
    assert lead.visitor.office.desk.rules[2].queue == "cards"
    page = (await lead.visitor.get("/settings/rules"))[1]
    assert f"{READY}?name=2" in page and page.count(">advanced<") == 2 and "/settings/edit" not in page
    assert await pick(lead, of="2", name="Bills", queue="inbox") == (303, "/settings/rules?saved=1#saved")
    changed = lead.values()["rules"]
    assert len(changed) == 3 and (changed[2]["name"], changed[2]["queue"]) == ("Bills", "inbox")
    lead.file.write_text(lead.text().replace(" in message.to", " in message.to && true"))
    assert (await lead.visitor.get(f"{READY}?name=2"))[0] == 404


async def test_what_is_wrong_stands_beside_its_blank(lead: Shelf) -> None:
    status, page = await lead.visitor.post(
        READY, shown=f"{READY}?key=mail-to", **{**MAIL, "address": "nobody", "queue": "gone"}, step="look"
    )
    assert status == 400 and 'id="wrong-address"' in page and 'id="wrong-queue"' in page and "nobody" in page
    assert lead.text() == FILE


async def test_it_is_tried_on_last_month_before_it_is_saved(lead: Shelf) -> None:
    """M-6: nothing is written for it."""
    await handle(lead.visitor.store, desk(), arrived("one", "x", recipients=("billing@desk.example",)))
    status, page = await lead.visitor.post(READY, shown=f"{READY}?key=mail-to", **MAIL, step="try")
    assert status == 200 and "held on 1 message." in page and "1 ticket would be" in page
    assert 'href="/tickets/T1"' in page and "queue cards instead of inbox" in page and lead.text() == FILE


async def test_rules_change_places_with_their_comments(lead: Shelf) -> None:
    """M-6: each press is one place; a page that is out of date moves nothing."""
    lead.file.write_text(FILE.replace('[[rules]]\nname = "shouting"', '# LOUD\n[[rules]]\nname = "shouting"  # !'))
    page = (await lead.visitor.get("/settings/rules"))[1]
    [stamp, *_] = STAMP.findall(page)
    sent = {"of": "1", "to": "up", "stamp": stamp}
    moved = await lead.visitor.post("/settings/rules/move", shown="/settings/rules", **sent)
    assert moved == (303, "/settings/rules?saved=1#rule-0")
    assert [rule["name"] for rule in lead.values()["rules"]] == ["shouting", "cards"]
    assert [rule.name for rule in lead.visitor.office.desk.rules] == ["shouting", "cards"]
    assert '# LOUD\n[[rules]]\nname = "shouting"  # !' in lead.text() and "# more in summer" in lead.text()
    assert (await lead.visitor.post("/settings/rules/move", shown="/settings/rules", **sent))[0] == 409
    [stamp, *_] = STAMP.findall((await lead.visitor.get("/settings/rules"))[1])
    sent = {"of": "0", "to": "up", "stamp": stamp}
    assert (await lead.visitor.post("/settings/rules/move", shown="/settings/rules", **sent))[0] == 404


async def remove(found: Shelf, path: str, of: str = "") -> tuple[int, str]:
    shown = f"{path}?name={of}" if of else path
    status, page = await found.visitor.get(shown)
    if status != 200:
        return status, page
    [stamp] = STAMP.findall(page)
    return await found.visitor.post(path, shown=shown, of=of, stamp=stamp)


async def test_a_rule_is_taken_out_and_the_others_stay_as_they_are(shelf: Shelf) -> None:  # noqa: F811
    assert await remove(shelf, "/settings/rules/0/remove") == (303, "/settings/rules?saved=1#saved")
    start, end = FILE.index('[[rules]]\nname = "cards"'), FILE.index('[[rules]]\nname = "shouting"')
    assert shelf.text() == FILE[:start] + FILE[end:]
    assert [rule.name for rule in shelf.visitor.office.desk.rules] == ["shouting"]


async def test_a_shift_leader_takes_out_no_rule_written_by_hand(lead: Shelf) -> None:
    await pick(lead)
    assert (await lead.visitor.get("/settings/rules/0/remove"))[0] == 404
    assert await remove(lead, "/settings/rules/2/remove") == (303, "/settings/rules?saved=1#saved")
    assert lead.values() == tomllib.loads(FILE)


CHANGED = "The file has changed meanwhile. Look again. Nothing was written."


def linked(page: str, start: str) -> str:
    """The first link of the page that begins so."""
    return next(one for one in map(html.unescape, re.findall(r'href="([^"]+)"', page)) if one.startswith(start))


def swap(found: Shelf) -> None:
    """Somebody puts the last two rules the other way round, by hand."""
    start, *rules = found.text().split("[[rules]]\n")
    found.file.write_text(
        "[[rules]]\n".join((start, *(f"{one.rstrip()}\n\n" for one in (*rules[:-2], rules[-1], rules[-2]))))
    )


async def test_a_form_of_a_rule_that_has_changed_places_says_so(lead: Shelf) -> None:
    """M-6: from the list to the form, and from the form to what it changes: no press acts on another rule."""
    await pick(lead)
    await pick(lead, address="Cards@desk.example", name="Second")
    shown = (await lead.visitor.get("/settings/rules"))[1]
    old = linked(shown, f"{READY}?name=3")
    form = (await lead.visitor.get(old))[1]
    assert "Cards@desk.example" in form
    [stamp] = STAMP.findall(form)
    swap(lead)
    before = lead.text()
    given = {**MAIL, "of": "3", "queue": "inbox", "name": "Second"}
    status, page = await lead.visitor.post(READY, shown=old, **given, step="look", stamp=stamp)
    assert status == 200 and CHANGED in page
    assert STAMP.findall((await lead.visitor.get(old))[1]) == [stamp], "as the reader of the list had it"
    status, page = await lead.visitor.post(READY, shown=old, **given, step="save", stamp=stamp)
    assert status == 200 and CHANGED in page and lead.text() == before
    fresh = linked((await lead.visitor.get("/settings/rules"))[1], f"{READY}?name=3")
    [stamp] = STAMP.findall((await lead.visitor.get(fresh))[1])
    page = (await lead.visitor.post(READY, shown=fresh, **given, step="look", stamp=stamp))[1]
    assert CHANGED not in page


async def test_a_removal_from_an_old_list_says_what_has_changed(shelf: Shelf) -> None:  # noqa: F811
    """M-6: the list named a rule by its place, and another stands there by now."""
    shown = (await shelf.visitor.get("/settings/rules"))[1]
    old, edit = linked(shown, "/settings/rules/0/remove"), linked(shown, "/settings/edit/rule?name=0")
    assert CHANGED not in (await shelf.visitor.get(old))[1]
    swap(shelf)
    before = shelf.text()
    status, page = await shelf.visitor.get(old)
    assert status == 200 and CHANGED in page and "Remove shouting" in page
    status, page = await shelf.visitor.post("/settings/rules/0/remove", shown=old, of="0", stamp="old")
    assert status == 200 and CHANGED in page and shelf.text() == before
    given = {**await shelf.fields(edit), "queue": "cards"}
    status, page = await shelf.visitor.post("/settings/edit/rule", shown=edit, **given)
    assert status == 200 and CHANGED in page and shelf.text() == before


async def test_what_is_used_stays_and_the_page_says_by_what(shelf: Shelf) -> None:  # noqa: F811
    """M-6: open tickets, rules, queues; in this order it can go."""
    await letters.ticket(shelf.visitor.store)
    async with shelf.visitor.store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'cards'")
    status, page = await remove(shelf, "/settings/remove/queue", "cards")
    assert status == 409 and "1 open ticket stands in the queue cards" in page
    async with shelf.visitor.store.unit() as work:
        await work.change("UPDATE tickets SET state = 'closed', closed_at = ?", work.now)
    status, page = await remove(shelf, "/settings/remove/queue", "cards")
    assert status == 409 and "These rules name cards: cards." in page
    status, page = await remove(shelf, "/settings/remove/calendar", "office")
    assert status == 409 and "go by the calendar office: cards" in page
    assert shelf.text() == FILE
    await remove(shelf, "/settings/rules/0/remove")
    assert await remove(shelf, "/settings/remove/queue", "cards") == (303, "/settings/queues?saved=1#saved")
    assert await remove(shelf, "/settings/remove/calendar", "office") == (303, "/settings/calendars?saved=1#saved")
    assert set(shelf.values()) == {"quiet", "database", "rules"}
    assert list(shelf.visitor.office.desk.queues) == ["inbox"] and not shelf.visitor.office.desk.calendars


async def test_a_variable_that_stands_above_the_file_is_named_before_saving(
    shelf: Shelf,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CENTRALA_QUEUES__CARDS__MANAGER", "Marek")
    page = (await shelf.visitor.get("/settings/edit/queue?name=cards"))[1]
    assert page.count("CENTRALA_QUEUES__CARDS__MANAGER") == 1
    page = (await shelf.draft("queue", "cards", manager="Anna"))[1]
    assert "CENTRALA_QUEUES__CARDS__MANAGER" in page
    assert "CENTRALA" not in (await shelf.draft("queue", "cards", first_response="2h"))[1]


async def test_each_number_of_last_month_is_its_list(shelf: Shelf) -> None:  # noqa: F811
    """M-6: with what would be other."""
    await handle(shelf.visitor.store, desk(), arrived("one", "card"), arrived("two", "card"), arrived("three", "x"))
    page = (await shelf.visitor.get("/settings/rules/past"))[1]
    figures = re.findall(r'href="(/settings/rules/past/[^"]+)" data-figure="(\d+)"', page)
    assert [int(count) for _, count in figures] == [2, 2, 2, 0, 0, 0]
    for href, count in figures:
        assert (await shelf.visitor.get(href))[1].count('<li class="tone-') == int(count)
    assert "queue cards instead of inbox" in (await shelf.visitor.get("/settings/rules/past/0/changed"))[1]
    for path in ("9/changed", "0/nothing", "x/changed"):
        assert (await shelf.visitor.get(f"/settings/rules/past/{path}"))[0] == 404


async def test_without_a_file_nothing_is_picked(store: Store, tmp_path: Path) -> None:
    async with visiting.visiting(store, tmp_path, {}) as visitor:
        await visitor.hire(Role.LEAD)
        await visitor.enter("lead")
        assert (await visitor.get(f"{READY}?key=mail-to"))[0] == 404
        assert (await visitor.get("/settings/rules/0/remove"))[0] == 404
        assert READY not in (await visitor.get("/settings/rules"))[1]
