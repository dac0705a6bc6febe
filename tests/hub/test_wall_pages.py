"""The wall before the pages: every route, tried by each who has no right to it. Made from the routes themselves."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import codes
from bot.commands import registry
from bot.entrance import Entrance
from channels import attachments, fetched
from channels.contract import File
from channels.fetched import Drawn
from console import app as console
from console import links, ranks, session
from console.live import Live
from crmcore import staff
from crmcore.access import Role
from hub import office
from hub.settings import Web
from kernel.clock import Clock
from tests.hub.test_wall import TYPED, buttons
from tests.hub.walled import CYRIL, SECRET, Wall, compared, furnished, leaks

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
KEY = "a-key-of-one-form-0123456789"
# What a form leaves behind that does nothing else: the answer it got, and the message it came as.
QUIET = {("form_answers", "added")}


@dataclass(frozen=True, slots=True)
class Case:
    """How a route is asked. `is_hidden`: it is about a ticket of another queue, its customer or his company, and 404 to
    who may not see that; `to_his`: what an empty form is answered where he may (400: its fields are wrong);
    `to_strange`: what a form is answered that is not ours (404: nothing of it was read, as there is no such link)."""

    path: str
    is_open: bool = False
    is_hidden: bool = False
    to_his: int = 200
    to_strange: int = 403


ROUTES = {
    ("GET", "/"): Case("/"),
    ("GET", "/my"): Case("/my"),
    ("GET", "/queues"): Case("/queues"),
    ("GET", "/queues/{name}"): Case("/queues/cards", is_hidden=True),
    ("GET", "/tickets/{name}"): Case("/tickets/T3", is_hidden=True),
    ("POST", "/tickets/{name}"): Case("/tickets/T3", is_hidden=True),
    ("GET", "/tickets/{name}/case"): Case("/tickets/T3/case", is_hidden=True),
    ("POST", "/tickets/{name}/case"): Case("/tickets/T3/case", is_hidden=True, to_his=400),
    ("POST", "/tickets/{name}/measure"): Case("/tickets/T3/measure", is_hidden=True),
    ("POST", "/orders"): Case("/orders"),
    ("GET", "/files/{id}"): Case("/files/FILE", is_hidden=True),
    ("GET", "/files/{id}/thumb"): Case("/files/FILE/thumb", is_hidden=True),
    ("GET", "/contacts"): Case("/contacts"),
    ("GET", "/contacts/{id}"): Case("/contacts/ESZTER", is_hidden=True),
    ("POST", "/contacts/{id}/call"): Case("/contacts/ESZTER/call", is_hidden=True, to_his=400),
    ("POST", "/contacts/{id}/company"): Case("/contacts/ESZTER/company", is_hidden=True, to_his=400),
    ("POST", "/contacts/{id}/plan"): Case("/contacts/ESZTER/plan", is_hidden=True, to_his=400),
    ("GET", "/contacts/{id}/call"): Case("/contacts/ESZTER/call", is_hidden=True),
    ("GET", "/contacts/{id}/company"): Case("/contacts/ESZTER/company", is_hidden=True),
    ("GET", "/contacts/{id}/plan"): Case("/contacts/ESZTER/plan", is_hidden=True),
    ("GET", "/companies/{code}/archive"): Case("/companies/B1/archive", is_hidden=True),
    ("GET", "/companies/{code}/people"): Case("/companies/B1/people", is_hidden=True),
    ("GET", "/companies/{code}/people/{id}"): Case("/companies/B1/people/ESZTER", is_hidden=True),
    ("GET", "/companies"): Case("/companies"),
    ("GET", "/companies/new"): Case("/companies/new"),
    ("POST", "/companies/new"): Case("/companies/new"),
    ("GET", "/companies/{code}"): Case("/companies/B1", is_hidden=True),
    ("GET", "/companies/{code}/edit"): Case("/companies/B1/edit", is_hidden=True),
    ("POST", "/companies/{code}/edit"): Case("/companies/B1/edit", is_hidden=True, to_his=400),
    ("POST", "/companies/{code}/archive"): Case("/companies/B1/archive", is_hidden=True, to_his=400),
    ("POST", "/companies/{code}/people"): Case("/companies/B1/people", is_hidden=True, to_his=400),
    ("POST", "/companies/{code}/people/{id}"): Case("/companies/B1/people/ESZTER", is_hidden=True, to_his=400),
    ("POST", "/companies/{code}/people/{id}/end"): Case("/companies/B1/people/ESZTER/end", is_hidden=True, to_his=400),
    ("GET", "/find"): Case("/find?q=gehei"),
    ("GET", "/reports"): Case("/reports"),
    ("GET", "/reports/tickets"): Case("/reports/tickets?column=opened"),
    ("GET", "/events"): Case("/events"),
    ("GET", "/account"): Case("/account"),
    ("GET", "/account/code.svg"): Case("/account/code.svg"),
    ("POST", "/account/password"): Case("/account/password"),
    ("POST", "/account/password/remove"): Case("/account/password/remove"),
    ("POST", "/sign-out"): Case("/sign-out"),
    ("POST", "/language"): Case("/language", is_open=True),
    ("GET", "/sign-in"): Case("/sign-in", is_open=True),
    ("POST", "/sign-in"): Case("/sign-in", is_open=True),
    ("GET", "/sign-in/link/{token}"): Case("/sign-in/link/" + "x" * 43, is_open=True),
    ("POST", "/sign-in/link/{token}"): Case("/sign-in/link/" + "x" * 43, is_open=True),
    ("GET", "/rate/{token}"): Case("/rate/" + "x" * 43, is_open=True),
    ("POST", "/rate/{token}"): Case("/rate/" + "x" * 43, is_open=True),
    ("GET", "/u/{token}"): Case("/u/" + "x" * 22, is_open=True),
    ("POST", "/u/{token}"): Case("/u/" + "x" * 22, is_open=True, to_strange=404),
    ("GET", "/static/{name}"): Case("/static/desk.css", is_open=True),
}
CLOSED = {key: case for key, case in ROUTES.items() if not case.is_open}
POSTS = {key: case for key, case in ROUTES.items() if key[0] == "POST"}
HIDDEN = {key: case for key, case in ROUTES.items() if case.is_hidden}


@dataclass(slots=True)
class Desk:
    """The console over a furnished wall, and browsers signed in to it."""

    wall: Wall
    app: web.Application
    client: TestClient[web.Request, web.Application]
    eszter: int
    file: int

    async def sign_in(self, name: str) -> None:
        """This browser is `name`'s from now on."""
        async with self.wall.store.unit() as work:
            who = await work.one("SELECT id FROM staff WHERE name = ?", name)
            token = await session.open_one(work, who["id"] if who else 0, agent="", now=datetime.now(UTC))
        self.client.session.cookie_jar.update_cookies({"centrala": token})

    async def ask(self, method: str, path: str, **data: str) -> aiohttp.ClientResponse:
        return await self.client.request(method, self.meant(path), data=data or None, allow_redirects=False)

    def meant(self, path: str) -> str:
        return path.replace("ESZTER", str(self.eszter)).replace("FILE", str(self.file))

    async def csrf(self, path: str = "/my") -> str:
        return CSRF.findall(await (await self.ask("GET", path)).text())[0]


def nowhere(path: str) -> str:
    """The same of something that is not there."""
    for there, none in (("T3", "T99"), ("cards", "nowhere"), ("ESZTER", "99"), ("FILE", "99"), ("B1", "B99")):
        path = path.replace(there, none)
    return path


@pytest.fixture
async def desk(template: Any, database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Desk]:
    async with furnished(template, database_url, tmp_path, clock) as wall:
        app = web.Application()
        entrance, live = Entrance(wall.house, registry()), Live(wall.store, wall.house.desk)
        console.mount(app, office.furnish(wall.store, entrance, live, Web(), files=wall.files))
        file = await enclose(wall)
        jar = aiohttp.CookieJar(unsafe=True)
        async with TestClient(TestServer(app), cookie_jar=jar) as client:
            yield Desk(wall, app, client, await wall.one("SELECT contact_id FROM tickets WHERE number = 3"), file)


async def enclose(wall: Wall) -> int:
    """A picture with Eszter's message on T3, looked at; returns its id."""
    message_id = await wall.one(
        "SELECT min(e.message_id) FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id WHERE t.number = 3"
    )
    kept = await wall.files.keep(SECRET.encode())
    async with wall.store.unit() as work:
        await attachments.record(work, [("chat:1", message_id, [File("card.png", "image/png", 6, kept=kept)])])
        [found] = await work.fetch("SELECT id FROM attachments")
        await fetched.draw(work, [Drawn(found["id"], message_id, 8, 8, kept)])
    return int(found["id"])


async def test_every_route_has_a_case(desk: Desk) -> None:
    """S20: who adds a page says here who may not see it; those for higher ranks: tests/console/test_ranks.py."""
    there = {(route.method, route.resource.canonical) for route in desk.app.router.routes() if route.resource}
    for_all = {key for key in there if key[0] != "HEAD" and ranks.least(*key) is Role.AGENT}
    assert for_all == set(ROUTES)


@pytest.mark.parametrize(("method", "route"), CLOSED, ids=lambda part: part)
async def test_a_stranger_is_sent_to_sign_in(desk: Desk, method: str, route: str) -> None:
    """S20: with no session, a made-up one, and that of a colleague who has left since."""
    before = await desk.wall.snapshot()
    for cookie in ("", "x" * 43):
        desk.client.session.cookie_jar.update_cookies({"centrala": cookie})
        answer = await desk.ask(method, ROUTES[(method, route)].path)
        assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/sign-in")
    await desk.sign_in("Cyril")
    answer = await desk.ask(method, ROUTES[(method, route)].path)
    assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/sign-in"), CYRIL
    assert set(compared(before, await desk.wall.snapshot()).changes) == {("sessions", "added")}


@pytest.mark.parametrize(("method", "route"), HIDDEN, ids=lambda part: part)
async def test_what_is_not_his_is_not_there(desk: Desk, method: str, route: str) -> None:
    """S20: to an agent of no queue it is as if there were none; one of the queue sees it."""
    path = ROUTES[(method, route)].path
    await desk.sign_in("Anna")
    csrf = await desk.csrf()
    refused = await desk.ask(method, path, **({"csrf": csrf} if method == "POST" else {}))
    none = await desk.ask(method, nowhere(path), **({"csrf": csrf} if method == "POST" else {}))
    assert (refused.status, await refused.text()) == (
        404,
        (await none.text()).replace("T99", "T3").replace("nowhere", "cards"),
    )
    await desk.sign_in("Bela")
    csrf = await desk.csrf()
    answer = await desk.ask(method, path, **({"csrf": csrf} if method == "POST" else {}))
    assert answer.status == ROUTES[(method, route)].to_his


async def test_no_page_shows_an_agent_of_no_queue_anything_of_it(desk: Desk) -> None:
    """S20: lists, counts and forms."""
    await desk.sign_in("Anna")
    for method, route in CLOSED:
        if method == "GET" and route != "/events":
            answer = await desk.ask(method, ROUTES[(method, route)].path)
            assert not leaks([await answer.text()]), route
            assert answer.status < 500, route
    assert "cards" not in await (await desk.ask("GET", "/queues")).text()
    await desk.sign_in("Bela")
    for path in (
        "/queues/cards",
        "/companies",
        "/companies/B1",
        "/contacts/ESZTER",
        "/contacts?q=eszt",
        "/find?q=gehei",
    ):
        assert leaks([await (await desk.ask("GET", path)).text()]), path


@pytest.mark.parametrize(("method", "route"), POSTS, ids=lambda part: part)
async def test_a_form_that_is_not_ours_does_nothing(desk: Desk, method: str, route: str) -> None:
    """S20: without the session's word, with another session's, and from another site's page."""
    await desk.sign_in("Marek")
    others = await desk.csrf()
    await desk.sign_in("Bela")
    own = await desk.csrf()
    case = ROUTES[(method, route)]
    path = case.path
    form = {"how": "command", "words": "/close T3", "key": KEY, "language": "pl"}
    before = await desk.wall.snapshot()
    for csrf in ("", others, "żółć"):
        assert (await desk.ask(method, path, **form, csrf=csrf)).status == case.to_strange
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = await desk.client.post(
            desk.meant(path), data={**form, "csrf": own}, headers=headers, allow_redirects=False
        )
        assert answer.status == case.to_strange
    counted = {("sign_in_tries", "added")} if case.to_strange == 404 else set()  # who asks for what there is not
    assert set(compared(before, await desk.wall.snapshot()).changes) == counted


Sent = tuple[str, str, str]  # how, words, and the ticket on whose page


def orders(pressed: list[tuple[str, str]]) -> dict[str, list[Sent]]:
    """Verb → its orders: all of them on his own page, and on a page of a ticket its commands and a button of its own.

    Before the page of a ticket he may not see nobody looks at what the button is about. Pure.
    """
    found: dict[str, list[Sent]] = {}
    for ticket in ("", "T3", "T99"):
        for verb, case in TYPED.items():
            found.setdefault(verb, []).extend(("command", line, ticket) for line in case.lines if case.by)
        for how in ("reply", "note"):
            found.setdefault(f"words of a {how}", []).append((how, "Send me money", ticket))
        for verb, code in pressed:
            if not ticket or code == codes.write(verb, 3):
                found.setdefault(f"button {verb}", []).append(("press", code, ticket))
    return {verb: sent for verb, sent in found.items() if sent}


async def test_orders_of_an_agent_of_no_queue_do_nothing(desk: Desk) -> None:
    """S20: every verb and every button, on his own page and on that of a ticket he may not see.

    The tables are compared once a verb, and each different answer is looked at on its page once: both cost more than
    the order itself.
    """
    await desk.sign_in("Anna")
    csrf = await desk.csrf()
    before = await desk.wall.snapshot()
    seen: set[str] = set()
    for verb, group in orders(await buttons(desk.wall)).items():
        landed = {}
        for number, (how, words, ticket) in enumerate(group):
            key = f"{KEY}-{verb.replace(' ', '-')}-{number}"
            sent = {"csrf": csrf, "how": how, "words": words, "key": key, "ticket": ticket}
            answer = await desk.ask("POST", "/orders", **sent, back="/my")
            assert answer.status == 303, sent
            path = answer.headers["Location"].split("#")[0]
            landed[path.partition("?form=")[2]] = (path, words)
        after = await desk.wall.snapshot()
        assert set(compared(before, after).changes) <= QUIET, verb
        answers = {row["key"]: row["answer"] for row in after["form_answers"].values() if row["key"] in landed}
        assert answers.keys() == landed.keys()
        for key in {text: key for key, text in answers.items() if text not in seen}.values():
            path, words = landed[key]
            shown = await (await desk.ask("GET", path)).text()
            assert not leaks([shown.replace(html.escape(words), "")]), "what he typed stands in its box again, no more"
        seen |= set(answers.values())
        before = after
    assert len(seen) > 10


async def test_a_link_is_spent_once_and_not_after_its_colleague_has_left(desk: Desk) -> None:
    """S3-23: of two presses one gets in; a new link ends the one before."""
    async with desk.wall.store.unit() as work:
        bela = await staff.named(work, "Bela")
        old = await links.issue(work, bela.id, now=datetime.now(UTC))
        new = await links.issue(work, bela.id, now=datetime.now(UTC))
        marek = await links.issue(work, (await staff.named(work, "Marek")).id, now=datetime.now(UTC))
    csrf = await desk.csrf("/sign-in")
    found = [(await desk.ask("POST", path, csrf=csrf)).status for path in (old, new, new)]
    assert found == [404, 303, 404]
    async with desk.wall.store.unit() as work:
        await staff.remove(work, "Marek")
    desk.client.session.cookie_jar.clear()
    assert (await desk.ask("POST", marek, csrf=await desk.csrf("/sign-in"))).status == 404
