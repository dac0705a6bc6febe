"""Settings read, tried and changed on a real file: shown first, its comments kept, taken up at once, refused whole."""

from __future__ import annotations

import asyncio
import html
import re
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import force_setattr

from crmcore import audit
from crmcore.access import Role
from hub import settings
from hub.book import SettingsBook
from kernel.unit import Store
from tests.support import visiting
from tests.support.visiting import Visitor
from tests.tickets import letters

FILE = """\
# Ours, since spring
quiet = false

[database]
url = "sqlite://never-shown.db"

[calendars.office]  # Budapest
zone = "Europe/Budapest"
holidays = "HU"
hours.mon = ["08:00-12:00", "12:30-16:00"]
hours.tue = ["08:00-16:00"]

[queues.cards]
members = ["Agent"]  # more in summer
calendar = "office"
first_response = "1h"

[[rules]]
name = "cards"
when = 'message.text.contains("card")'
queue = "cards"
stop = true

[[rules]]
name = "shouting"
when = 'message.subject == "NOW"'
priority = 1
tags = ["loud"]
"""
STAMP = re.compile(r'name="stamp" value="(\w+)"')
PLUS = re.compile(r'<code class="plus">\+(.*?)</code>')
MINUS = re.compile(r'<code class="minus">-(.*?)</code>')
OUTCOME = re.compile(r'id="outcome".*?</section>', re.DOTALL)


@dataclass(slots=True)
class Shelf:
    """A visitor before the pages, and the file behind them."""

    visitor: Visitor
    file: Path

    async def draft(self, kind: str, of: str, /, **sent: str) -> tuple[int, str]:
        """Send the form of `of` with these fields, the others as they stand in it."""
        path = f"/settings/edit/{kind}" + (f"?name={of}" if of else "")
        return await self.visitor.post(f"/settings/edit/{kind}", shown=path, **{**await self.fields(path), **sent})

    async def fields(self, path: str) -> dict[str, str]:
        page = (await self.visitor.get(path))[1].split('action="/settings/edit')[1].split("</form>")[0]
        found = dict(re.findall(r'<input (?:type="hidden" )?name="(\w+)"(?: maxlength="2000")? value="([^"]*)"', page))
        found |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', page))
        for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page):
            chosen = re.findall(r'value="([^"]*)" selected', options)
            found[name] = chosen[0] if chosen else ""
        return {name: html.unescape(value) for name, value in found.items() if name != "csrf"}

    async def change(self, kind: str, of: str, **sent: str) -> tuple[int, str]:
        """Both steps: look, and save what was seen."""
        status, page = await self.draft(kind, of, **sent)
        assert status == 200, page
        [stamp] = STAMP.findall(page)
        return await self.draft(kind, of, **sent, step="save", stamp=stamp)

    def values(self) -> dict[str, Any]:
        return tomllib.loads(self.text())

    def text(self) -> str:
        return self.file.read_text()


@pytest.fixture
async def shelf(store: Store, tmp_path: Path) -> AsyncIterator[Shelf]:
    file = tmp_path / "centrala.toml"
    file.write_text(FILE)
    found = settings.load(file)
    async with visiting.visiting(store, tmp_path, tomllib.loads(FILE)) as visitor:
        desk = visitor.office.desk
        desk.take_up(found.queues, found.rules, found.policies, found.calendars)
        force_setattr(visitor.office, "book", SettingsBook(found, desk))
        await visitor.hire(Role.AGENT, Role.MANAGER, Role.ADMIN)
        await visitor.enter("admin")
        yield Shelf(visitor, file)


async def test_queues_show_their_people_and_count_as_their_lists_do(shelf: Shelf) -> None:
    """M-6: the numbers are those of the overview's lists."""
    for number in range(3):
        await letters.ticket(shelf.visitor.store, f"person{number}")
    async with shelf.visitor.store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'cards' WHERE number < 3")
    page = (await shelf.visitor.get("/settings/queues"))[1]
    assert "<dd>Agent</dd>" in page and "<dd>office</dd>" in page and "<dd>1h</dd>" in page
    figures = re.findall(r'href="(/manager/[^"]+)" data-figure="(\d+)"', page)
    assert len(figures) == 4
    for href, count in figures:
        assert (await shelf.visitor.get(href))[1].count('<li class="tone-') == int(count)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-03-09T11:59", "<b>Open</b>"),
        ("2026-03-09T12:00", "<b>Closed</b>"),  # between two stretches
        ("2026-03-11T09:00", "closed all day"),
        ("2026-10-23T09:00", "It is a holiday"),  # a Friday, and Hungary's
    ],
)
async def test_a_calendar_says_whether_it_is_open_and_why(shelf: Shelf, at: str, said: str) -> None:
    """M-6: by the calendar's own clock."""
    page = (await shelf.visitor.get(f"/settings/calendars?calendar=office&at={at}"))[1]
    assert said in page
    assert "08:00-12:00" in page and "holidays this year and next" in page


async def test_special_days_and_later_hours_are_seen_and_changed(shelf: Shelf) -> None:
    """M-6: a day with hours of its own goes into the file as a person would write it; hours of later are shown."""
    ways = "2026-12-24 08:00-12:00\r\n2026-12-31"
    assert await shelf.change("calendar", "office", special=ways) == (303, "/settings/calendars?saved=1#saved")
    assert shelf.values()["calendars"]["office"]["special"] == {"2026-12-24": ["08:00-12:00"], "2026-12-31": []}
    page = (await shelf.visitor.get("/settings/calendars"))[1]
    assert "24 December 2026: 08:00-12:00" in page and "31 December 2026: closed all day" in page
    form = (await shelf.visitor.get("/settings/edit/calendar?name=office"))[1]
    assert "2026-12-24 08:00-12:00\n2026-12-31</textarea>" in form
    for wrong in ("24.12. 08:00-12:00", "2026-12-24 8-12", "2026-12-24\n2026-12-24 08:00-12:00", "2026-02-30"):
        status, page = await shelf.draft("calendar", "office", special=wrong)
        assert status == 400 and 'id="wrong-special"' in page


async def test_hours_of_later_stand_under_their_day(shelf: Shelf) -> None:
    """M-6: a calendar applies from a date; the page says which hours are next."""
    later = '\n[[calendars.office.changes]]\nfrom = 2027-01-01\nhours.mon = ["06:00-10:00"]\n'
    shelf.file.write_text(FILE + later)
    found = settings.load(shelf.file)
    shelf.visitor.office.desk.take_up(found.queues, found.rules, found.policies, found.calendars)
    await shelf.change("queue", "cards", first_response="2h")  # what stands in the file is taken up
    page = (await shelf.visitor.get("/settings/calendars"))[1]
    assert page.index("1 January 2027") < page.index("06:00-10:00")
    assert "2027-01-01" in shelf.text() and "06:00-10:00" in shelf.text()


async def test_a_time_that_is_none_is_refused(shelf: Shelf) -> None:
    status, page = await shelf.visitor.get("/settings/calendars?calendar=office&at=soon")
    assert status == 400 and "2026-03-10 09:30" in page


async def test_rules_are_tried_as_the_intake_asks_them(shelf: Shelf) -> None:
    """M-6: in order; one that stops keeps the later ones from being asked."""
    sent = {"channel": "telegram", "text": "my card", "subject": "NOW"}
    page = (await shelf.visitor.post("/settings/rules/test", shown="/settings/rules", **sent))[1]
    [outcome] = OUTCOME.findall(page)
    assert "A ticket in cards, priority 3" in outcome and "loud" not in outcome
    assert page.index("holds</span>") < page.index("not asked</span>")
    sent["text"] = "hello"
    page = (await shelf.visitor.post("/settings/rules/test", shown="/settings/rules", **sent))[1]
    [outcome] = OUTCOME.findall(page)
    assert "A ticket in inbox, priority 1" in outcome and "loud" in outcome and "no target" in outcome.lower()
    assert page.index("does not hold</span>") < page.index('badge well">holds')


async def test_a_change_is_shown_written_taken_up_and_noted(shelf: Shelf) -> None:
    """The file's comments stay; the next message is decided by it; who did it stands below."""
    status, page = await shelf.draft("queue", "cards", first_response="2h", members="Agent, Manager")
    assert status == 200 and shelf.text() == FILE  # only looked at
    assert sorted(html.unescape(one) for one in PLUS.findall(page)) == [
        'first_response = "2h"', 'members = ["Agent", "Manager"]  # more in summer'
    ]  # fmt: skip
    assert len(MINUS.findall(page)) == 2 and "never-shown" not in page
    assert await shelf.change("queue", "cards", first_response="2h") == (303, "/settings/queues?saved=1#saved")
    assert shelf.text() == FILE.replace('"1h"', '"2h"')
    queue = shelf.visitor.office.desk.queues["cards"]
    assert queue.first_response is not None and queue.first_response.total_seconds() == 7200
    [line] = await audit.of(shelf.visitor.store.reading(), "settings", 0)
    assert (line.field, line.before, line.after, line.by) == ("queues.cards.first_response", "1h", "2h", "Admin")
    page = (await shelf.visitor.get("/settings/queues"))[1]
    assert "<dd>2h</dd>" in page and "queues.cards.first_response" in page and "Restart needed" not in page


@pytest.mark.parametrize(
    ("kind", "of", "field", "value"),
    [
        ("queue", "cards", "first_response", "soon"),
        ("queue", "cards", "capacity", "many"),
        ("queue", "cards", "capacity", "email = lots"),
        ("queue", "cards", "capacity", "email = 3, 4"),
        ("queue", "cards", "capacity", "fax = 3"),
        ("calendar", "office", "zone", "Mars/Base"),
        ("calendar", "office", "wed", "9 to 5"),
        ("rule", "0", "when", "message.txt"),
        ("rule", "0", "when", "1 +"),
        ("queue", "", "name", "a.b"),
        ("queue", "", "name", "cards"),
    ],
)
async def test_what_would_not_hold_together_is_refused_beside_its_field(
    shelf: Shelf, kind: str, of: str, field: str, value: str
) -> None:
    """Nothing is written, and what was typed stays."""
    status, page = await shelf.draft(kind, of, **{field: value})
    assert status == 400 and f'id="wrong-{field}"' in page and value in html.unescape(page)
    assert shelf.text() == FILE


async def test_how_much_a_colleague_is_given_is_a_number_or_one_by_channel(shelf: Shelf) -> None:
    """The running hub gives by it at once; the history reads as the form did; empty takes it out again."""
    for written, total, by_channel in (
        ("10", 10, {}),
        ("email = 10, telegram = 3", None, {"email": 10, "telegram": 3}),
        ("", None, {}),
    ):
        assert (await shelf.change("queue", "cards", capacity=written))[0] == 303
        capacity = shelf.visitor.office.desk.queues["cards"].giving.capacity
        assert (capacity.total, dict(capacity.by_channel)) == (total, by_channel)
        page = html.unescape((await shelf.visitor.get("/settings/queues"))[1])
        assert f"<dd>{written or '–'}</dd>" in page
        assert f'value="{written}"' in (await shelf.visitor.get("/settings/edit/queue?name=cards"))[1]
    lines = await audit.of(shelf.visitor.store.reading(), "settings", 0)
    assert [one.after for one in lines] == ["", "email = 10, telegram = 3", "10"]
    assert shelf.text() == FILE


async def test_queues_calendars_and_rules_are_added(shelf: Shelf) -> None:
    """The settings stay ones that `centrala run` reads."""
    await shelf.change("calendar", "", name="nights", zone="Europe/Warsaw", fri="20:00-24:00")
    await shelf.change("queue", "", name="north & south", calendar="nights")
    await shelf.change("queue", "", name="plain")
    await shelf.change("rule", "", name="nights", when='message.text == "night"', queue="north & south", priority="2")
    await shelf.change("rule", "0", stop="")
    await shelf.change("queue", "inbox", assign="none")
    values = shelf.values()
    assert values["calendars"]["nights"] == {"zone": "Europe/Warsaw", "hours": {"fri": ["20:00-24:00"]}}
    assert values["queues"]["north & south"] == {"calendar": "nights"} and "plain" in values["queues"]
    assert values["rules"][2] == {
        "name": "nights", "when": 'message.text == "night"', "queue": "north & south", "priority": 2
    }  # fmt: skip
    assert "stop" not in values["rules"][0] and values["queues"]["inbox"] == {"assign": "none"}
    assert settings.load(shelf.file).queues.keys() == shelf.visitor.office.desk.queues.keys()
    assert "# Ours, since spring" in shelf.text() and "# more in summer" in shelf.text()
    sent = {"channel": "telegram", "text": "night"}
    page = (await shelf.visitor.post("/settings/rules/test", shown="/settings/rules", **sent))[1]
    assert "A ticket in north &amp; south, priority 2" in page


async def test_nothing_different_writes_nothing(shelf: Shelf) -> None:
    for kind, of in (("queue", "cards"), ("calendar", "office"), ("rule", "0"), ("queue", "inbox")):
        assert (await shelf.draft(kind, of))[0] == 303
    assert shelf.text() == FILE


async def test_a_file_changed_meanwhile_is_looked_at_again(shelf: Shelf) -> None:
    """Two administrators, or an editor beside the page: nobody's change is lost unseen."""
    _, page = await shelf.draft("queue", "cards", first_response="2h")
    [stamp] = STAMP.findall(page)
    shelf.file.write_text(FILE.replace("# Ours", "# Theirs").replace('["08:00-16:00"]', '["09:00-16:00"]'))
    status, page = await shelf.draft("queue", "cards", first_response="2h", step="save", stamp=stamp)
    assert status == 200 and "has changed meanwhile" in page and '"2h"' not in shelf.text()
    assert "Restart needed" in page and "calendars." in page
    [stamp] = STAMP.findall(page)
    assert (await shelf.draft("queue", "cards", first_response="2h", step="save", stamp=stamp))[0] == 303
    assert "# Theirs" in shelf.text() and '"2h"' in shelf.text()
    assert "Restart needed" not in (await shelf.visitor.get("/settings/queues"))[1]  # it was taken up with it


async def test_what_only_a_restart_takes_up_is_said_until_it_is_done(shelf: Shelf) -> None:
    shelf.file.write_text(FILE.replace("never-shown", "another"))
    for _ in range(2):
        assert "in: database." in (await shelf.visitor.get("/settings/queues"))[1]
        await shelf.change("queue", "cards", manager="Manager")
        await shelf.change("queue", "cards", manager="")


async def test_the_same_change_twice_at_once_is_one_file(shelf: Shelf) -> None:
    """Both were shown the same file: one is written, the other looks again."""
    _, page = await shelf.draft("queue", "cards", first_response="2h")
    [stamp] = STAMP.findall(page)
    both = [shelf.draft("queue", "cards", first_response=to, step="save", stamp=stamp) for to in ("2h", "3h")]
    answers = await asyncio.gather(*both)
    assert sorted(status for status, _ in answers) in ([200, 303], [303, 409])
    assert shelf.values()["queues"]["cards"]["first_response"] in ("2h", "3h")


async def test_without_a_file_all_is_read_and_nothing_changed(store: Store, tmp_path: Path) -> None:
    async with visiting.visiting(store, tmp_path, {"queues": {"cards": {}}}) as visitor:
        await visitor.hire(Role.ADMIN)
        await visitor.enter("admin")
        for part in ("queues", "calendars", "rules", "channels"):
            status, page = await visitor.get(f"/settings/{part}")
            assert status == 200 and "/settings/edit" not in page
        assert (await visitor.get("/settings/edit/queue?name=cards"))[0] == 404


async def test_a_manager_reads_and_tries_and_changes_nothing(shelf: Shelf) -> None:
    await shelf.visitor.enter("manager")
    for part in ("queues", "calendars", "rules", "channels"):
        status, page = await shelf.visitor.get(f"/settings/{part}")
        assert status == 200 and "/settings/edit" not in page
    assert (await shelf.visitor.get("/settings/edit/queue?name=cards"))[0] == 404
    assert (await shelf.visitor.post("/settings/edit/queue", shown="/my", of="cards", first_response="9h"))[0] == 404
    assert shelf.text() == FILE


async def test_names_that_are_nowhere_are_not_found(shelf: Shelf) -> None:
    for path in ("queue?name=gone", "rule?name=2", "rule?name=x", "calendar?name=inbox", "user?name=1"):
        assert (await shelf.visitor.get(f"/settings/edit/{path}"))[0] == 404, path


async def test_a_form_that_was_opened_before_another_saved_says_so_at_once(shelf: Shelf) -> None:
    """M-6: a rule's place may be another rule's by now; whoever looks at what changes reads it."""
    old = await shelf.fields("/settings/edit/queue?name=cards")
    await shelf.change("queue", "cards", first_response="3h")
    status, page = await shelf.visitor.post(
        "/settings/edit/queue", shown="/settings/edit/queue?name=cards", **{**old, "manager": "Manager"}
    )
    assert status == 200 and "has changed meanwhile" in page
    assert "has changed meanwhile" not in (await shelf.draft("queue", "cards", manager="Manager"))[1]
