"""Orders, incidents, removals, channels, trials, and the pages for who is not signed in, sent wrong: never a trace.

What is said is the reader's own, names what was expected, and what was typed is still there.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import aiohttp
import pytest
from msgspec.structs import force_setattr

from channels.intake import Accepted
from console.connecting import Connections, Found, Known
from console.receiving import FILE_LIMIT, MOST_FILES, Receiving
from crmcore.access import Actor, Role, StaffId
from kernel import errors, texts
from routing import incidents
from tests.console.test_settings_pages import Shelf, shelf  # noqa: F401 - a fixture
from tests.console.test_wrong_input import LANGUAGES, desk, left_in_english, reads  # noqa: F401 - a fixture
from tests.support.visiting import CSRF, Visitor
from tickets import surveys, uploads, visible

KEY = "k" * 20
# What no keyboard writes, too long, too large, of another kind, and what looks like a place to be filled.
NASTY = ("", "\x00", "x" * 5_000, "²", "9" * 19, "9" * 400, "{x}", "2026-13-44", "<b>")
# Path → its fields, and what a right one of some of them is.
FORMS: dict[str, tuple[str, ...]] = {
    "/orders": ("how", "words", "key", "ticket", "seen", "back", "files"),
    "/settings/remove/queue": ("of", "stamp"),
    "/settings/remove/calendar": ("of", "stamp"),
    "/settings/remove/nothing": ("of",),
    "/settings/rules/0/remove": ("of", "stamp"),
    "/settings/channels": ("channel", "do"),
    "/settings/rules/test": ("channel", "from", "subject", "text", "name", "language", "to", "company"),
    "/settings/rules/move": ("of", "to", "stamp"),
    "/settings/staff/invite": ("name", "role", "queue", "key"),
    "/settings/staff/remove": ("id",),
    "/account/password": ("password", "again", "code"),
    "/tickets/T1": ("words", "macro", "key"),
    "/tickets/T1/measure": ("words",),
    "/tickets/T1/case": ("act", "key", "seen", "tags", "change", "entry", "other"),
    "/companies/new": ("name", "owner", "key"),
    "/companies/B1/archive": ("reason", "key"),
    "/contacts/PERSON/plan": ("when", "text", "ticket", "key"),
    "/incidents/I-1": ("words", "next", "action", "key"),
    "/incidents/I-99": ("words",),
    "/language": ("language", "to"),
    "/sign-in": ("name", "password", "code", "to"),
}
RIGHT = {"how": "command", "action": "update", "act": "save", "do": "test", "role": "agent", "of": "cards"}
PAGES = ("/companies?q=", "/contacts?q=", "/find?q=", "/companies?area=", "/my?form=", "/settings/edit/queue?name=")


class Connected:
    """One channel that can be tried; implements console.connecting.Connections."""

    def known(self, language: str) -> Sequence[Known]:
        return (Known("chat", "Chat"),)

    def may_change(self) -> bool:
        return True

    async def tried(self, name: str, language: str) -> Sequence[Found]:
        if name != "chat":
            raise errors.NotFound
        return ()

    def door(self, name: str, *, staff_id: int, language: str) -> str:
        raise errors.NotFound


async def refuse(raw: object) -> Accepted:
    raise errors.TryLater


@pytest.fixture
async def office(desk: Shelf) -> AsyncIterator[Visitor]:  # noqa: F811
    """With an incident that is open, and what takes files and tries channels."""
    visitor = desk.visitor
    force_setattr(visitor.office, "connections", cast(Connections, Connected()))
    force_setattr(visitor.office, "receiving", Receiving(refuse))
    visitor.office.desk.tokens.key = b"k" * 32
    async with visitor.store.unit() as work:
        ticket = await visible.by_number(work, 1)
        assert ticket is not None
        found = await incidents.propose(work, "Pumps are down", [ticket.id])
        assert found is not None
        await incidents.begin(work, marek(visitor), found)
    yield visitor


def marek(visitor: Visitor) -> Actor:
    return Actor(StaffId(visitor.staff["manager"]), "Manager", Role.MANAGER, "UTC", frozenset())


async def csrf_of(visitor: Visitor, path: str = "/my") -> str:
    return CSRF.findall((await visitor.get(path))[1])[0]


async def test_no_form_answers_with_a_trace_whatever_is_sent(office: Visitor) -> None:
    """S0-12: each field of each form, with what no page of ours sends; a file where words go as well."""
    csrf, number = await csrf_of(office), 0
    for path, fields in FORMS.items():
        to = path.replace("PERSON", str(office.staff["person"]))
        for field in fields:
            for nasty in (*NASTY, None):
                number += 1
                right = {name: RIGHT[name] for name in fields if name in RIGHT}
                data: dict[str, Any] = {**right, "key": f"{number:0>20}", "csrf": csrf, field: nasty}
                if nasty is None:
                    data[field] = io.BytesIO(b"words")
                answer = await office.client.post(to, data=data, allow_redirects=False)
                assert answer.status < 500, (path, field, nasty)
    for path in PAGES:
        for nasty in NASTY:
            answer = await office.client.get(path.split("?")[0], params={path.split("?")[1][:-1]: nasty})
            assert answer.status < 500, (path, nasty)


async def test_what_is_no_form_at_all_is_refused_as_one_that_is_not_complete(office: Visitor) -> None:
    """S0-12: letters that nobody knows, a form cut short, a form that says nothing of its parts."""
    for kind, body in (
        ("application/x-www-form-urlencoded; charset=klingon", b"csrf=a"),
        ("application/x-www-form-urlencoded; charset=utf-8", b"csrf=\xff\xfe"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\na'),
        ("multipart/form-data", b"--x"),
        ("application/json", b"{"),
    ):
        for path in ("/orders", "/settings/staff/remove", "/sign-in", "/language"):
            answer = await office.client.post(path, data=body, headers={"Content-Type": kind}, allow_redirects=False)
            assert answer.status in (400, 403), (path, kind)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_character_that_cannot_be_kept_is_named_with_its_field(office: Visitor, language: str) -> None:
    """S0-12, M-8: on both engines alike, before anything is done."""
    reads_(office, language)
    status, page = await office.post("/companies/new", name="Or\x00lik", key=KEY)
    assert status == 400 and "U+0000" in page and "name" in page and left_in_english(page, language) == []
    status, page = await office.get("/companies?q=%00")
    assert status == 400 and "U+0000" in page


def reads_(visitor: Visitor, language: str) -> None:
    visitor.client.session.cookie_jar.update_cookies({"language": language})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_refused_order_is_answered_in_the_readers_language(office: Visitor, language: str) -> None:
    """S0-12, M-8: where the form stood; the words of an answer are still in the box."""
    reads_(office, language)
    for number, words in enumerate(
        ("/close T99", "/prio T1 7", "/snooze T1 never", "/clsoe T1", "/remind soon x", "/move T1 nowhere")
    ):
        sent = {"how": "command", "words": words, "key": f"{number:0>20}", "ticket": "1", "back": "/tickets/T1"}
        status, to = await office.post("/orders", shown="/my", **sent)
        assert status == 303 and to.startswith("/tickets/T1?form="), words
        page = (await office.get(to.split("#")[0]))[1]
        assert 'id="said" class="bad"' in page and left_in_english(page, language) == [], words
    sent = {"how": "reply", "words": "{{ kept }}", "key": "r" * 20, "ticket": "99", "back": "//evil.example/x"}
    status, to = await office.post("/orders", shown="/my", **sent)
    assert (status, to.split("?")[0]) == (303, "/")
    status, page = await office.post("/orders", shown="/my", how="shout", words="x", key=KEY)
    assert status == 400 and left_in_english(page, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_news_of_an_incident_that_cannot_be_told_stay_in_the_box(office: Visitor, language: str) -> None:
    """S0-12, B-8: what was expected stands at the field, and nothing was sent."""
    reads_(office, language)
    for number, (sent, field) in enumerate(
        [
            ({"action": "update", "words": "", "next": "2h"}, "words"),
            ({"action": "update", "words": "Pumps restart", "next": "2026-01-01 10:00"}, "next"),
            ({"action": "update", "words": "y" * 1_001, "next": ""}, "words"),
        ]
    ):
        status, page = await office.post("/incidents/I-1", key=f"{number:0>20}", **sent)
        assert status == 400, sent
        wrong = page.split(f'name="{field}"')[1].split("</p>")[0]
        assert 'aria-invalid="true"' in wrong and 'class="warn"' in wrong, sent
        assert sent["words"] in page and f'value="{sent["next"]}"' in page, "what was typed"
        assert left_in_english(page, language) == [], sent
    assert (await office.post("/incidents/I-1", action="shout", key=KEY))[0] == 400
    assert (await office.post("/incidents/I-99", shown="/my", action="update", key=KEY))[0] == 404


@pytest.mark.parametrize("language", LANGUAGES)
async def test_removals_channels_and_trials_sent_wrong(office: Visitor, language: str) -> None:
    """S0-12, M-8: what is not there, what is still used, and a message that no rule can read anything of."""
    reads_(office, language)
    for path, sent, expected in (
        ("/settings/remove/queue", {"of": "nowhere"}, 404),
        ("/settings/remove/queue", {"of": "cards"}, 409),  # a rule names it
        ("/settings/remove/calendar", {"of": "office"}, 409),
        ("/settings/rules/1/remove", {"stamp": "old"}, 200),  # shown again, as the file is now
        ("/settings/rules/9/remove", {"stamp": "old"}, 404),
        ("/settings/channels", {"channel": "fax", "do": "test"}, 404),
        ("/settings/channels", {"channel": "chat", "do": "burn"}, 400),
        ("/settings/channels", {"channel": "chat", "do": "change"}, 404),
        ("/settings/rules/test", {"channel": "fax", "text": "card {x}", "company": "B99", "language": "xx"}, 200),
        ("/settings/rules/test", {}, 200),
        ("/settings/rules/move", {"of": "9", "to": "up"}, 404),
    ):
        status, page = await office.post(path, shown="/my", **sent)
        assert status == expected, (path, sent)
        assert left_in_english(page, language) == [], (path, sent)
    assert "card {x}" in (await office.post("/settings/rules/test", shown="/my", text="card {x}"))[1], "what was typed"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_rating_that_is_none_keeps_the_words_beside_it(office: Visitor, language: str) -> None:
    """S0-12, S1-8: in the customer's language, whatever his browser asks for."""
    async with office.store.unit() as work:
        row = await work.one("SELECT ticket_id AS id, message_id FROM entries WHERE message_id IS NOT NULL")
        assert row is not None
        await surveys.asked(work, row["id"], row["message_id"], "chat:1", "person")
        await work.change("UPDATE contacts SET language = ?", language)
    link = f"/rate/{office.office.desk.tokens.issue_rating(1)}"
    for score in ("", "6", "²", "five"):
        status, page = await office.post(link, score=score, comment="Zu <langsam>")
        assert status == 400 and "Zu &lt;langsam&gt;</textarea>" in page, score
        assert 'id="wrong"' in page and left_in_english(page, language) == []
        assert texts.say(language, "Choose a number from 1 to 5.") in page
    status, page = await office.get(f"{link[:-2]}zz")
    assert status == 404


@pytest.mark.parametrize("language", LANGUAGES)
async def test_files_that_cannot_be_taken_leave_the_words_in_the_form(office: Visitor, language: str) -> None:
    """S0-12: none, too many, too large, cut short; the link is still good."""
    async with office.store.unit() as work:
        await work.change("UPDATE contacts SET language = ?", language)
        ticket = await visible.by_number(work, 1)
        assert ticket is not None
        link = f"/u/{await uploads.issue(work, marek(office), ticket)}"
    small, large = b"small", b"x" * (FILE_LIMIT + 1)
    for files, expected in (((), 400), ((small,) * (MOST_FILES + 1), 400), ((large,), 413)):
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("csrf", await csrf_of(office, link))
        form.add_field("comment", "Blurred, <sorry>")
        for number, body in enumerate(files):
            form.add_field("files", io.BytesIO(body), filename=f"{number}.png", content_type="image/png")
        answer = await office.client.post(link, data=form)
        page = await answer.text()
        assert answer.status == expected and 'id="wrong"' in page, len(files)
        assert "Blurred, &lt;sorry&gt;</textarea>" in page and left_in_english(page, language) == []
    answer = await office.client.post(link, data=b"--x", headers={"Content-Type": "multipart/form-data; boundary=x"})
    page = await answer.text()
    assert answer.status == 400 and 'id="wrong"' in page and left_in_english(page, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_signing_in_wrong_says_what_to_do_and_not_which_word_it_was(office: Visitor, language: str) -> None:
    """S0-12, B-11: the name stays, the secrets do not; a used link says where a new one comes from."""
    office.client.session.cookie_jar.clear()
    reads_(office, language)
    sent = {"name": "Nobody <x>", "password": "horse staple", "code": "12"}
    said = set()
    for _ in range(6):
        status, page = await office.post("/sign-in", **sent)
        assert status in (403, 429) and 'value="Nobody &lt;x&gt;"' in page and "horse staple" not in page
        assert left_in_english(page, language) == []
        said.add(status)
    assert said == {403, 429}
    status, page = await office.get("/sign-in/link/" + "x" * 43)
    assert status == 404 and left_in_english(page, language) == []
