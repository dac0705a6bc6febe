"""Every form of the console sent wrong, in each language: what it says is the reader's own, but for other programs'."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import pytest
from lxml import html

from console import ready_words
from crmcore import companies, owners, persons
from crmcore.access import Role
from kernel import texts
from routing import ready
from tests.console.test_settings_pages import FILE, Shelf, shelf  # noqa: F401 - a fixture
from tests.console.test_spoken import marked
from tests.support import expecting, wording
from tests.tickets import letters

LANGUAGES = [language for language in texts.LANGUAGES if language != "en"]
LONG = "x" * 400
CEL = r"found|expecting|extraneous|mismatched|no viable|Syntax|token|[Uu]nexpected|[Nn]o such|[Oo]verload|[Dd]ivi"
ELSEWHERE = """
[bot]
hold_s = "long"
language = "xx"
[digest]
morning = "mon 08:00"
[hooks.sources.a]
[[chains]]
name = "night"
steps = [{ who = "nobody" }, { who = "duty:fuel" }, { webhook = "pager" }]
[kinds.BAD]
fields = [{ name = "A", type = "choice" }, { name = "b", type = "codebook" }]
[[targets]]
name = "t"
measure = "none"
[macros."two words"]
text = { xx = "…" }
[shifts.early]
calendar = "none"
[channels.fax]
"""

# Of the settings: the kind of form, what it is of, and what is sent.
SETTINGS: list[tuple[str, str, dict[str, str]]] = [
    ("queue", "", {"name": "a.b"}),
    ("queue", "", {"name": "cards"}),
    ("queue", "cards", {"first_response": "soon"}),
    ("queue", "cards", {"first_response": "90000h"}),
    ("queue", "cards", {"capacity": "many"}),
    ("queue", "cards", {"capacity": "fax = 3, email = no"}),
    ("queue", "cards", {"capacity": "email ="}),
    ("queue", "cards", {"calendar": "none"}),
    ("queue", "cards", {"assign": "dice"}),
    (
        "calendar",
        "office",
        {"zone": "Europe/Nowhere", "holidays": "XX", "mon": "8-16", "tue": "08:00-12:00, 11:00-13:00"},
    ),
    ("calendar", "", {"name": "closed", "zone": "Europe/Warsaw"}),
    ("calendar", "office", {"special": "soon"}),
    ("calendar", "office", {"special": "2026-12-24 8-12"}),
    ("calendar", "office", {"special": "2026-13-44 08:00-12:00"}),
    ("rule", "0", {"when": "shop.open && message.colour == 'red'"}),
    ("rule", "0", {"when": "1 + 1"}),
    ("rule", "0", {"queue": "none", "kind": "none", "hook": "none", "tags": LONG, "reply": "{x}"}),
    ("rule", "0", {"priority": "9", "note": "x" * 1_999}),
    ("rule", "0", {"set": "cause"}),
    ("rule", "0", {"set": "colour = red", "kind": "complaint"}),
    ("rule", "0", {"set": "accepted = perhaps"}),
    ("rule", "0", {"name": "", "when": ""}),
    ("policy", "", {"name": "fast"}),
    (
        "policy",
        "",
        {"name": LONG[:100], "resolution": "soon", "queue": "none", "priority": "9, x", "warn": "0, 100, x"},
    ),
    ("policy", "", {"name": "fast", "resolution": "1h", "calendar": "none", "holds": "never", "from": "soon"}),
]
# What is found in CEL is CEL's to say.
ENGINES: list[tuple[str, str, dict[str, str]]] = [
    ("rule", "0", {"when": "message.text ==="}),
    ("rule", "0", {"when": "1 / 0 == 1"}),
]
# Of customers and colleagues: where it is sent, the page it stands on, what is sent.
FORMS: list[tuple[str, str, dict[str, str]]] = [
    ("/companies/new", "/companies/new", {"name": ""}),
    ("/companies/new", "/companies/new", {"name": LONG}),
    (
        "/companies/B1/edit",
        "/companies/B1/edit",
        {
            "version": "1",
            **{f"was-{name}": "" for name in ("name", "country", "tax_number", "phone", "mail", "web", "segment")},
            **{"name": "", "country": "Poland", "tax_number": "526", "phone": "12", "mail": "a@", "web": "a b"},
            "segment": LONG,
        },
    ),
    (
        "/companies/B1/edit",
        "/companies/B1/edit",
        {
            "version": "1",
            "was-relation": "",
            "relation": "byuer",
            "was-language": "",
            "language": "xx",
            "was-area": "",
            "area": "?",
        },
    ),
    (
        "/companies/B1/people",
        "/companies/B1",
        {"name": "", "phone": "1", "fax": "1", "mail": "a", "web": "a b", "function": LONG},
    ),
    (
        "/companies/B1/people/PERSON",
        "/companies/B1",
        {f"{was}{name}": "" for was in ("was-", "") for name in (*persons.FIELDS, "name")},
    ),
    ("/companies/B1/archive", "/companies/B1", {"reason": ""}),
    ("/contacts/PERSON/call", "/contacts/PERSON", {"text": "", "minutes": "long"}),
    ("/contacts/PERSON/call", "/contacts/PERSON", {"text": "", "minutes": "9999"}),
    ("/contacts/PERSON/plan", "/contacts/PERSON", {"when": "", "text": "x"}),
    ("/contacts/PERSON/plan", "/contacts/PERSON", {"when": "never", "text": "x"}),
    ("/contacts/PERSON/company", "/contacts/PERSON", {"name": ""}),
    ("/contacts/PERSON/company", "/contacts/PERSON", {"name": "B99"}),
    ("/settings/staff/invite", "/settings/staff", {"name": "", "role": "agent", "queue": ""}),
    ("/settings/staff/invite", "/settings/staff", {"name": "Agent", "role": "agent", "queue": ""}),
    (
        "/settings/staff/change",
        "/settings/staff",
        {"id": "AGENT", "was-role": "agent", "role": "agent", "was-zone": "UTC", "zone": "Nowhere"},
    ),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "save", "was-tags": "", "tags": f"{LONG}"}),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "save", "was-kind": "question", "kind": "nothing"}),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "save", "was-state": "open", "state": "nothing"}),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "save", "was-queue": "inbox", "queue": "nothing"}),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "merge", "other": "T99", "seen": "1"}),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "snooze", "when": "never"}),
    ("/tickets/T1/case", "/tickets/T1/case", {"act": "close", "reason": "nothing"}),
    ("/settings/rules/move", "/settings/rules", {"of": "1", "to": "up", "stamp": "old"}),
    ("/account/password", "/account", {"password": "a", "again": "b"}),
]


@pytest.fixture
async def desk(shelf: Shelf) -> Shelf:  # noqa: F811
    """A ticket, its customer and his company."""
    store = shelf.visitor.store
    await letters.ticket(store)
    async with store.unit() as work:
        owner_id = await owners.add(work, "Us", {})
        company, _ = await companies.register(work, None, "Orlik", owner_id=owner_id)
        row = await work.one("SELECT contact_id FROM tickets")
        assert row is not None
        await persons.link(work, None, company, row["contact_id"])
    shelf.visitor.staff["person"] = row["contact_id"]
    return shelf


def reads(shelf: Shelf, language: str) -> None:  # noqa: F811
    shelf.visitor.client.session.cookie_jar.update_cookies({"language": language})


def left_in_english(page: str, language: str) -> list[str]:
    """What is marked as English, and our own sentences that stand there without the mark."""
    shown = " ".join(str(html.fromstring(page).text_content()).split())
    return [*marked(page), *(one for one in whole(language) if one in shown)]


@cache
def whole(language: str) -> frozenset[str]:
    """Sentences that read otherwise in that language."""
    known = {one.text for one in wording.said() if len(one.text) > 15 and not wording.places(one.text)}
    return frozenset(one for one in known if texts.translated(language, one) is not None)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_form_of_the_settings_says_what_it_expected(desk: Shelf, language: str) -> None:
    """S0-12, M-8: beside the fields, each wrong input of every kind."""
    reads(desk, language)
    for kind, of, sent in SETTINGS:
        status, page = await desk.draft(kind, of, **sent)
        assert status == 400, (kind, sent)
        assert 'class="bad"' in page and left_in_english(page, language) == [], (kind, sent)
    assert desk.text() == FILE


@pytest.mark.parametrize("language", LANGUAGES)
async def test_only_an_engines_own_words_stay(desk: Shelf, language: str) -> None:
    """M-8: CEL says in English what is wrong with an expression; the sentence around it is the reader's."""
    reads(desk, language)
    for kind, of, sent in ENGINES:
        status, page = await desk.draft(kind, of, **sent)
        left = left_in_english(page, language)
        assert status == 400 and left and all(re.search(CEL, one) for one in left), left


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_wrong_elsewhere_in_the_file_is_said(desk: Shelf, language: str) -> None:
    """M-8: a form that is right beside a file that another has spoilt; keys of the file are names."""
    reads(desk, language)
    fields = await desk.fields("/settings/edit/queue?name=cards")
    desk.file.write_text(FILE + ELSEWHERE)
    sent = {**fields, "of": "cards", "first_response": "2h"}
    status, page = await desk.visitor.post("/settings/edit/queue", shown="/my", **sent)
    assert status == 400 and page.count('class="bad"') > 10
    assert left_in_english(page, language) == []
    assert "<code>bot.hold_s</code>" in page


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_ready_made_sentence_says_what_its_blanks_want(desk: Shelf, language: str) -> None:
    """M-8: each sentence, with nothing in its blanks, and with nonsense."""
    reads(desk, language)
    for key in ready.READY:
        for nonsense in ("", ", "):
            sent = {"key": key, **dict.fromkeys(ready.READY[key].blanks, nonsense)}
            status, page = await desk.visitor.post("/settings/rules/ready", shown="/settings/rules", **sent)
            if status != 400:
                assert set(ready.READY[key].blanks) <= {"answer"} or key == "new-queue", key
                continue
            assert left_in_english(page, language) == [], key
            assert ready_words.expected(language, ready.READY[key].blanks[0])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_other_form_says_what_it_expected(desk: Shelf, language: str) -> None:
    """S0-12, M-8: of companies, people, calls, plans, colleagues, tickets, rules and passwords."""
    reads(desk, language)
    for number, (path, shown, sent) in enumerate(FORMS):
        names = {"PERSON": str(desk.visitor.staff["person"]), "AGENT": str(desk.visitor.staff[Role.AGENT.value])}
        path, shown = (_filled(one, names) for one in (path, shown))
        given: dict[str, Any] = {
            "key": f"{number:0>20}",
            **{name: _filled(value, names) for name, value in sent.items()},
        }
        status, page = await desk.visitor.post(path, shown=shown, **given)
        assert status >= 400, (path, sent, status, page[:200])
        assert left_in_english(page, language) == [], (path, sent)


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def test_the_phrases_are_among_the_texts_that_are_looked_for() -> None:
    said = {one.text for one in wording.said()}
    source = (wording.ROOT / "hub/desk.py").read_text()
    assert {one.text for one in expecting.of(ast.parse(source), "hub/desk.py")} <= said
