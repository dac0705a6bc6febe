"""Policies: seen by who leads, made by a sentence or by the form, changed and taken out, on a real file."""

from __future__ import annotations

import datetime
import re

from tests.console.test_rules_pages import READY, lead, pick, remove  # noqa: F401 - a fixture
from tests.console.test_settings_pages import FILE, Shelf, shelf  # noqa: F401 - a fixture
from tickets.models import ClockKind

PATH = "/settings/policies"
FLEET = {"key": "segment-policy", "segment": "fleet", "within": "30m"}
HOUR = datetime.timedelta(hours=1)


async def test_a_shift_leader_promises_a_segment_an_answer(lead: Shelf) -> None:  # noqa: F811
    """Issue "contact center", rules: customer group -> policy, by a sentence; the next message goes by it."""
    assert await pick(lead, **FLEET) == (303, f"{PATH}?saved=1#saved")
    assert lead.values()["policies"] == [
        {
            "name": "Policy 1",
            "ready": "segment-policy",
            "blanks": {"segment": "fleet", "within": "30m"},
            "segment": ["fleet"],
            "first_response": "30m",
        }
    ]
    [policy] = lead.visitor.office.desk.policies
    assert policy.targets == {ClockKind.FIRST_RESPONSE: HOUR / 2} and policy.when == {"segment": ("fleet",)}
    page = (await lead.visitor.get(PATH))[1]
    assert "Customers of the segment „fleet” are promised a first answer within „30m”." in page
    assert (
        (await lead.visitor.get("/settings/edit/policy?name=0"))[0] == 404
        and "/settings/edit" not in page
        and "/settings/remove" not in page
    )


async def test_a_policy_is_written_changed_and_taken_out(shelf: Shelf) -> None:  # noqa: F811
    """M-6: the form's fields are the file's; the page says for whom it is, what is promised, and from when."""
    sent = {
        "name": "gold", "company": "B12, Geh Kft.", "priority": "1, 2", "first_response": "1h", "resolution": "8h",
        "calendar": "office", "warn": "50, 80", "holds": "waiting_customer, waiting_us", "from": "2027-01-01",
    }  # fmt: skip
    assert await shelf.change("policy", "", **sent) == (303, f"{PATH}?saved=1#saved")
    assert shelf.values()["policies"] == [
        {
            "name": "gold", "company": ["B12", "Geh Kft."], "priority": [1, 2], "first_response": "1h",
            "resolution": "8h", "calendar": "office", "warn": [50, 80], "holds": ["waiting_customer", "waiting_us"],
            "from": datetime.date(2027, 1, 1),
        }
    ]  # fmt: skip
    page = (await shelf.visitor.get(PATH))[1]
    for said in ("gold", "company B12, Geh Kft.", "priority 1, 2", "50 %, 80 %", "1 January 2027", "office"):
        assert said in page
    assert await shelf.change("policy", "0", first_response="2h", **{"from": ""}) == (303, f"{PATH}?saved=1#saved")
    [policy] = shelf.visitor.office.desk.policies
    assert (policy.targets[ClockKind.FIRST_RESPONSE], policy.since) == (2 * HOUR, None)
    assert await remove(shelf, "/settings/remove/policy", "0") == (303, f"{PATH}?saved=1#saved")
    assert shelf.visitor.office.desk.policies == () and not re.search(r"^\[\[policies", shelf.text(), re.MULTILINE)


async def test_what_is_wrong_stands_beside_its_field(shelf: Shelf) -> None:  # noqa: F811
    for field, value in (
        ("first_response", "soon"),
        ("priority", "9"),
        ("warn", "150"),
        ("queue", "gone"),
        ("holds", "asleep"),
        ("from", "2027-02-30"),
    ):
        status, page = await shelf.draft("policy", "", **{"name": "gold", "next_response": "1h", field: value})
        assert status == 400 and f'id="wrong-{field}"' in page, field
    assert shelf.text() == FILE
    status, _ = await shelf.draft("policy", "", name="empty")
    assert status == 400
