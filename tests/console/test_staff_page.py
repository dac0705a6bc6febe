"""Settings, staff: links that are shown once, colleagues who are out at once, and who may do what to whom."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.contract import Address
from console import forms, session
from crmcore import audit, contacts, invitations, staff
from crmcore.access import Role
from kernel.unit import Store
from tests.support import visiting
from tests.support.visiting import Visitor
from tests.tickets import letters
from tests.tickets.letters import arrived

TOKEN = re.compile(r"<code id=\"link-1\">https://t.example/([ai]_[\w-]{43})</code>")
STAFF = "/settings/staff"


@pytest.fixture
async def visitor(store: Store, tmp_path: Path) -> AsyncIterator[Visitor]:
    links = {"invitation_links": lambda token: (f"https://t.example/{token}",)}
    async with visiting.visiting(store, tmp_path, {"queues": {"cards": {}}}, **links) as opened:
        await opened.hire(*Role)
        yield opened


async def invite(visitor: Visitor, **sent: str) -> tuple[int, str]:
    written = {"name": "Zoja", "role": "agent", "queue": "cards", "key": forms.key(), **sent}
    return await visitor.post(f"{STAFF}/invite", shown=STAFF, **written)


async def test_an_invitation_is_shown_once_listed_and_taken_back(visitor: Visitor) -> None:
    """B-11: the link stands in the answer and nowhere else; the same form makes no second one."""
    await visitor.enter("manager")
    key = forms.key()
    status, page = await invite(visitor, key=key)
    [token] = TOKEN.findall(page)
    made = await invitations.by_token(visitor.store.reading(), token)
    assert status == 200 and made and (made.name, made.role, made.queues) == ("Zoja", Role.AGENT, ("cards",))
    assert token not in (await visitor.get(STAFF))[1]
    status, page = await invite(visitor, key=key)
    assert status == 200 and not TOKEN.findall(page) and "sent already" in page
    assert len(await invitations.open_ones(visitor.store.reading())) == 1
    assert await visitor.post(f"{STAFF}/cancel", shown=STAFF, id=str(made.id)) == (303, f"{STAFF}?done=cancelled#done")
    assert await invitations.open_ones(visitor.store.reading()) == []
    lines = await audit.of(visitor.store.reading(), "invitation", made.id)
    assert {(one.field, one.after, one.by) for one in lines} >= {
        ("open", "no", "Manager"),
        ("role", "agent", "Manager"),
    }


@pytest.mark.parametrize("sent", [{"name": ""}, {"name": "x" * 121}, {"name": "AGENT"}, {"role": "manager"}])
async def test_what_is_wrong_is_said_beside_its_field(visitor: Visitor, sent: dict[str, str]) -> None:
    """A manager brings in those below him; what was typed stays in the form."""
    await visitor.enter("manager")
    status, page = await invite(visitor, **sent)
    assert status == 400 and f'id="wrong-{next(iter(sent))}"' in page
    assert 'aria-invalid="true"' in page and (sent.get("name", "Zoja") in html.unescape(page))
    assert await invitations.open_ones(visitor.store.reading()) == []


async def test_whoever_is_removed_is_out_at_once(visitor: Visitor) -> None:
    """S20: links and sessions end in the unit that removes him; his tickets are nobody's."""
    agent = visitor.staff["agent"]
    ticket = await letters.ticket(visitor.store)
    async with visitor.store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ?", agent)
        token = await session.open_one(work, agent, agent="phone", now=visitor.office.now())
    await visitor.enter("manager")
    assert "1 session<" in (await visitor.get(STAFF))[1].split(f'id="staff-{agent}"')[1][:500]
    assert (await visitor.post(f"{STAFF}/remove", shown=STAFF, id=str(agent)))[0] == 303
    reader = visitor.store.reading()
    assert await session.find(reader, token, now=visitor.office.now()) is None
    assert "Agent" not in [one.name for one in await staff.listed(reader)]
    assert (await letters.seen(reader, ticket.number)).assignee_id is None
    [line] = await audit.of(reader, "staff", agent)
    assert (line.field, line.after, line.by) == ("active", "no", "Manager")


@pytest.mark.parametrize(
    ("who", "whom", "may"),
    [("manager", "manager", False), ("manager", "admin", False), ("manager", "lead", True), ("admin", "manager", True),
     ("admin", "admin", False)],
)  # fmt: skip
async def test_nobody_removes_his_like_or_himself(visitor: Visitor, who: str, whom: str, may: bool) -> None:
    await visitor.enter(who)
    status, _ = await visitor.post(f"{STAFF}/remove", shown=STAFF, id=str(visitor.staff[whom]))
    assert status == (303 if may else 404)
    left = [one.id for one in await staff.listed(visitor.store.reading())]
    assert (visitor.staff[whom] in left) is not may


async def test_addresses_are_whole_for_administrators_only(visitor: Visitor) -> None:
    """S20."""
    async with visitor.store.unit() as work:
        await staff.add(work, "Bela", Role.AGENT, [Address("tel", "+36301234567"), Address("chat", "1001")])
        await contacts.resolve(work, [arrived("1001", name="Bela on chat").inbound])
    await visitor.enter("manager")
    page = (await visitor.get(STAFF))[1]
    assert "+36301234567" not in page and "SMS, linked …67" in page and "Chat, linked" in page
    assert "Bela on chat" not in page and "1001" not in page
    await visitor.enter("admin")
    page = (await visitor.get(STAFF))[1]
    assert "SMS, linked +36301234567" in page and "Chat, linked Bela on chat" in page and "1001" not in page


async def test_rank_zone_and_queues_are_changed_in_the_line(visitor: Visitor) -> None:
    """B-11: by whoever may bring in such a colleague; what is wrong stands beside its field."""
    await visitor.enter("manager")
    agent = str(visitor.staff["agent"])
    was = {"was-role": "agent", "was-zone": "UTC"}
    sent = {"id": agent, "role": "lead", "zone": "Europe/Warsaw", "queue": "inbox", **was}
    assert await visitor.post(f"{STAFF}/change", shown=STAFF, **sent) == (303, f"{STAFF}?done=changed#staff-{agent}")
    reader = visitor.store.reading()
    [row] = await reader.fetch("SELECT role, zone FROM staff WHERE id = ?", int(agent))
    assert (row["role"], row["zone"]) == ("lead", "Europe/Warsaw")
    [member] = await reader.fetch("SELECT queue FROM queue_members WHERE staff_id = ?", int(agent))
    assert member["queue"] == "inbox"
    was = {"was-role": "lead", "was-zone": "Europe/Warsaw", "was-queue": "inbox"}
    sent |= was
    status, page = await visitor.post(f"{STAFF}/change", shown=STAFF, **{**sent, "role": "admin", "zone": "Mars"})
    assert status == 400 and "wrong-change-zone" in page and "wrong-change-role" in page
    for other in ("manager", "admin"):  # himself, and one above him
        sent["id"] = str(visitor.staff[other])
        assert (await visitor.post(f"{STAFF}/change", shown=STAFF, **sent))[0] == 404
    sent = {"id": agent, "role": "agent", "zone": "UTC", **was}
    await visitor.post(f"{STAFF}/change", shown=STAFF, **sent)
    assert await reader.fetch("SELECT queue FROM queue_members WHERE staff_id = ?", int(agent)) == []


async def test_a_form_that_is_old_takes_no_rank_back(visitor: Visitor) -> None:
    """B-11: what its sender left alone stays as another made it; where both changed the same, nothing is changed."""
    await visitor.enter("admin")
    agent = str(visitor.staff["agent"])
    old = {"id": agent, "role": "agent", "zone": "UTC", "was-role": "agent", "was-zone": "UTC"}
    await visitor.post(f"{STAFF}/change", shown=STAFF, **{**old, "role": "lead", "queue": "inbox"})
    assert (await visitor.post(f"{STAFF}/change", shown=STAFF, **{**old, "zone": "Europe/Warsaw"}))[0] == 303
    reader = visitor.store.reading()

    async def stands() -> tuple[str, str, int]:
        [row] = await reader.fetch(
            "SELECT role, zone, (SELECT count(*) FROM queue_members WHERE staff_id = s.id) AS queues"
            " FROM staff AS s WHERE id = ?",
            int(agent),
        )
        return row["role"], row["zone"], row["queues"]

    assert await stands() == ("lead", "Europe/Warsaw", 1)
    status, page = await visitor.post(f"{STAFF}/change", shown=STAFF, **{**old, "role": "manager"})
    assert status == 409 and "Saved meanwhile: lead" in page
    assert await stands() == ("lead", "Europe/Warsaw", 1)
    status, page = await visitor.post(f"{STAFF}/change", shown=STAFF, id=agent, role="agent", zone="UTC")
    assert status == 400 and "This form is not complete." in page
