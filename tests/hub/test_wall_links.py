"""Codes and shared numbers as they come in: who types counts as much as what, and nothing opens a ticket to anybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.contract import Address
from crmcore import linking
from kernel.clock import Clock
from tests.hub.walled import ANNA, BELA, CHAT, ESZTER, JAN, SMS, Wall, furnished

PHONE = Address("tel", "+48601234568")


@pytest.fixture
async def wall(template: Any, database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Wall]:
    async with furnished(template, database_url, tmp_path, clock) as wall:
        yield wall


async def asked(wall: Wall) -> str:
    """Bela asks for a proof on Eszter's ticket T3; the code that went out."""
    await wall.say(BELA, f"/link T3 {PHONE.value}")
    text = await wall.one("SELECT text FROM messages WHERE purpose = 'code' ORDER BY id DESC LIMIT 1")
    found = re.search(r"\d{6}", text)
    assert found and "Give it to nobody else" in text
    return found[0]


async def contact(wall: Wall, value: str) -> int | None:
    row = await wall.store.reading().one("SELECT contact_id FROM identities WHERE value = ?", value)
    return row["contact_id"] if row else None


async def joined(wall: Wall) -> bool:
    return await contact(wall, PHONE.value) == await contact(wall, ESZTER)


async def last_event(wall: Wall) -> Any:
    return await wall.one(
        "SELECT e.text FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id"
        " WHERE t.number = 3 AND e.kind = 'event' ORDER BY e.id DESC LIMIT 1"
    )


async def by(wall: Wall, address: str, *, proved: bool = False) -> None:
    """The number belongs to whoever has that chat."""
    owner = await contact(wall, address)
    assert owner is not None
    async with wall.store.unit() as work:
        await linking.join(work, owner, PHONE)
        await work.change("UPDATE identities SET verified = ? WHERE value = ?", proved, PHONE.value)


@pytest.mark.parametrize(
    ("account", "proven"), [(CHAT.account, False), (SMS.account, True)], ids=["a chat", "a sender proved on the way"]
)
async def test_the_code_from_who_is_known_joins(wall: Wall, account: str, proven: bool) -> None:
    """S1-9: and colleagues see it on the ticket it was asked on."""
    code = await asked(wall)
    step = await wall.write(ESZTER, code, account=account, proven=proven)
    assert await joined(wall)
    assert await last_event(wall) == f"Eszter proved that {PHONE.value} is the same person's"
    assert any("We know now that both are yours." in text for text in step.told(ESZTER))


async def test_the_right_code_under_a_made_up_sender_joins_nothing(wall: Wall) -> None:
    """The attacker has the phone and writes in the victim's name where anybody can."""
    code = await asked(wall)
    step = await wall.write(ESZTER, code, account=SMS.account)
    assert await contact(wall, PHONE.value) is None
    assert await last_event(wall) == ("a code came in, but not in a way that proves who sent it: nothing was joined")
    assert ("entries", "added") in step.changes, "and it is a message like any other"
    await wall.say(ESZTER, code)
    assert await joined(wall), "the code is not spent by it"


async def test_a_colleague_is_warned_where_a_sender_can_be_made_up(wall: Wall) -> None:
    async with wall.store.unit() as work:
        await work.change("UPDATE tickets SET account = ? WHERE number = 3", SMS.account)
    step = await wall.tried(BELA, f"/link T3 {PHONE.value}")
    [said] = step.told(BELA)
    assert said.endswith(
        "There the sender has to be proved too, or nothing is joined; a chat is the better place to ask."
    )


async def test_the_code_typed_by_another_customer_joins_nothing(wall: Wall) -> None:
    """Forwarded, overheard, or asked for by the attacker and typed by the victim."""
    code = await asked(wall)
    step = await wall.tried(JAN, code)
    assert await contact(wall, PHONE.value) is None
    assert not any("both are yours" in text for text in step.told(JAN))


async def test_a_number_that_another_has_proved_stays_his_and_colleagues_are_told(wall: Wall) -> None:
    await by(wall, JAN, proved=True)
    code = await asked(wall)
    step = await wall.tried(ESZTER, code)
    assert await contact(wall, PHONE.value) == await contact(wall, JAN)
    assert await last_event(wall) == (
        f"Eszter typed the right code, but {PHONE.value} is another customer's by proof: nothing was joined"
    )
    assert not any("both are yours" in text for text in step.told(ESZTER)), "whose it is, is not hers to learn"


async def test_a_shared_number_of_another_customer_is_a_message(wall: Wall) -> None:
    """Her account may still have a number that is somebody else's by now: his tickets and answers stay his."""
    await by(wall, JAN)
    before = await wall.rows("SELECT number, contact_id, address FROM tickets ORDER BY id")
    step = await wall.write(ESZTER, "[contact]", account=CHAT.account, shared=PHONE.value)
    assert await contact(wall, PHONE.value) == await contact(wall, JAN)
    assert await wall.rows("SELECT number, contact_id, address FROM tickets ORDER BY id") == before
    assert ("entries", "added") in step.changes
    assert not any("both are yours" in text for text in step.told(ESZTER))


async def test_what_is_joined_opens_no_ticket_to_an_agent_of_another_queue(wall: Wall) -> None:
    """S4-15 (two records become one), S6: what comes over keeps its queue; the customer is shown none of it."""
    other = await wall.write("4801", "geheim by phone", account=SMS.account, scheme="tel", **{"as": PHONE.value})
    assert ("tickets", "added") in other.changes
    step = await wall.tried(ESZTER, await asked(wall))
    owner = await wall.one("SELECT contact_id FROM tickets WHERE number = 5")
    assert owner == await contact(wall, ESZTER), "the whole of a contact that had nothing else"
    assert [text for text in step.told(ESZTER) if "geheim" in text] == []
    [refused] = (await wall.tried(ANNA, "/show T5")).told(ANNA)
    assert refused.startswith("There is no T5, or it is not yours to see.")
