"""What pages refuse a colleague for want of right is in the audit as the bot's refusals are; strangers leave none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console import forms, refusals
from crmcore import refused
from crmcore.access import Role
from crmcore.refused import Proof, Seen
from kernel import texts
from kernel.unit import Store
from tests.support import visiting
from tests.support.visiting import CSRF, Visitor
from tests.tickets import letters

STAFF = "/settings/staff"


@pytest.fixture
async def visitor(store: Store, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting.visiting(store, tmp_path, {"queues": {"cards": {}}}) as opened:
        await opened.hire(*Role)
        yield opened


async def lines(visitor: Visitor) -> list[Seen]:
    """The newest first."""
    return await refused.newest(visitor.store.reading(), limit=100)


async def of_cards(visitor: Visitor) -> str:
    """A ticket of a queue that nobody here works; its name."""
    made = await letters.ticket(visitor.store, "+48600000009", text="My card is blocked")
    async with visitor.store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'cards' WHERE id = ?", made.id)
    return made.name


async def test_a_page_above_his_rank_leaves_a_line_that_each_reads_in_his_language(visitor: Visitor) -> None:
    """S20: who, which page, why, by which way; a form as well, and nothing of it was done."""
    await visitor.enter("agent")
    assert (await visitor.get("/settings/audit"))[0] == 404
    assert (await visitor.post(f"{STAFF}/invite", shown="/my", name="Zoja", role="agent", key=forms.key()))[0] == 404
    form, page = await lines(visitor)
    assert (page.by, page.verb, page.channel, page.proof) == (
        "Agent",
        "GET /settings/audit",
        "console",
        Proof.SESSION,
    )
    assert page.why == "/settings/audit needs an admin (you: agent). Nothing was done."
    assert texts.told("pl", page.why, page.said) == (
        "/settings/audit wymaga roli administrator (masz: agent). Nic nie zrobiono."
    )
    assert (form.verb, form.why[:37]) == ("POST /settings/staff/invite", "/settings/staff/invite needs a manage")
    await visitor.enter("admin")
    assert "<code>GET /settings/audit</code>" in (await visitor.get("/settings/audit"))[1]


async def test_what_is_not_his_to_see_leaves_a_line_and_what_is_not_there_none(visitor: Visitor) -> None:
    """S20: he reads the same page either way; the audit knows which it was."""
    name = await of_cards(visitor)
    await visitor.enter("agent")
    _, hidden = await visitor.get(f"/tickets/{name}")
    _, none = await visitor.get("/tickets/T99")
    assert hidden == none.replace("T99", name)
    for path in ("/companies/B9", "/contacts/9", "/files/9", "/queues/nowhere", "/nowhere"):
        assert (await visitor.get(path))[0] == 404
    assert [(one.verb, one.why) for one in await lines(visitor)] == [
        ("GET /tickets/{name}", f"There is no /tickets/{name}, or it is not yours to see. Nothing was done.")
    ]
    contact = (await visitor.store.reading().fetch("SELECT contact_id FROM tickets"))[0]["contact_id"]
    for path in (f"/contacts/{contact}", "/queues/cards", f"/tickets/{name}/case"):
        assert (await visitor.get(path))[0] == 404
    found = [one.verb for one in await lines(visitor)]
    assert found[:3] == ["GET /tickets/{name}/case", "GET /queues/{name}", "GET /contacts/{id}"]


async def test_an_act_that_the_page_refuses_beside_its_form_leaves_one_line(visitor: Visitor) -> None:
    """S20: another's ticket; a colleague above him; a rank that is not his to give."""
    name = await of_cards(visitor)
    async with visitor.store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'inbox', assignee_id = ?", visitor.staff["lead"])
    await visitor.enter("agent")
    path = f"/tickets/{name}/case"
    [version] = await visitor.store.reading().fetch("SELECT version FROM tickets")
    sent = {"act": "undo", "change": "1", "key": forms.key(), "seen": str(version["version"])}
    status, _ = await visitor.post(path, **sent)
    assert status == 400
    await visitor.enter("manager")
    for act in ("remove", "change"):
        place = {"role": "admin", "zone": "UTC", "was-role": "admin", "was-zone": "UTC"}
        given = {"id": str(visitor.staff["admin"]), **(place if act == "change" else {})}
        assert (await visitor.post(f"{STAFF}/{act}", shown=STAFF, **given))[0] == 404
    sent = {"name": "Zoja", "role": "admin", "queue": "", "key": forms.key()}
    assert (await visitor.post(f"{STAFF}/invite", shown=STAFF, **sent))[0] == 400
    assert [(one.by, one.verb) for one in await lines(visitor)] == [
        ("Manager", "POST /settings/staff/invite"),
        ("Manager", "POST /settings/staff/change"),
        ("Manager", "POST /settings/staff/remove"),
        ("Agent", "POST /tickets/{name}/case"),
    ]


async def test_strangers_foreign_forms_and_slips_leave_none(visitor: Visitor) -> None:
    """S20: anybody could fill the table else."""
    name = await of_cards(visitor)
    for path in ("/settings/audit", f"/tickets/{name}", "/sign-in/link/" + "x" * 43, "/u/" + "x" * 22):
        await visitor.get(path)
    await visitor.client.post("/orders", data={"how": "command", "words": "/golive"}, allow_redirects=False)
    await visitor.enter("manager")
    for csrf in ("", "another's"):
        answer = await visitor.client.post(f"{STAFF}/remove", data={"csrf": csrf, "id": "1"})
        assert answer.status == 403
    assert (await visitor.post(f"{STAFF}/invite", shown=STAFF, name="", role="agent", key=forms.key()))[0] == 400
    assert (await visitor.post(f"{STAFF}/remove", shown=STAFF, id="99"))[0] == 404
    assert await lines(visitor) == []


async def test_who_goes_on_leaves_no_more_than_so_many_an_hour(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat is no new line, and beyond the bound nothing is; a colleague's lines take none of another's."""
    monkeypatch.setattr(refusals, "MOST", 3)
    await visitor.enter("agent")
    for _ in range(3):
        await visitor.get("/settings/audit")
    assert len(await lines(visitor)) == 1
    for path in ("/settings", "/manager", "/incidents", "/withheld"):
        await visitor.get(path)
    assert [one.verb for one in await lines(visitor)] == ["GET /manager", "GET /settings", "GET /settings/audit"]
    await visitor.enter("lead")
    await visitor.get("/withheld")
    assert len(await lines(visitor)) == 4
    async with visitor.store.unit() as work:
        await work.change("UPDATE alterations SET at = ?", work.now - refusals.WITHIN)
    await visitor.enter("agent")
    await visitor.get("/withheld")
    assert len(await lines(visitor)) == 5


async def test_an_order_refused_by_the_bots_verb_leaves_its_one_line(visitor: Visitor) -> None:
    """S20: typed into a page, it is the bot that refuses and writes it down; the page adds none."""
    await visitor.enter("agent")
    sent = {"how": "command", "words": "/golive", "key": forms.key(), "to": "/my"}
    page = (await visitor.get("/my"))[1]
    await visitor.client.post("/orders", data={**sent, "csrf": CSRF.findall(page)[0]}, allow_redirects=False)
    assert [(one.verb, one.channel) for one in await lines(visitor)] == [("golive", "console")]
