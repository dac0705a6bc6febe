"""Orders from the pages: the bot's own answers, once a form, nothing where it was refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands import registry
from bot.entrance import Entrance
from console import forms
from console.commands import Choice, How, Order
from crmcore import refused
from crmcore.refused import Proof
from hub.office import Orders
from kernel.clock import Clock
from tests.hub.walled import Wall, compared, furnished
from tickets import visible

KEY = "a-key-of-one-form"


@pytest.fixture
async def wall(template: Any, database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Wall]:
    async with furnished(template, database_url, tmp_path, clock) as wall:
        yield wall


def orders(wall: Wall) -> Orders:
    return Orders(wall.store, Entrance(wall.house, registry()))


async def bela(wall: Wall) -> int:
    found: int = await wall.one("SELECT id FROM staff WHERE name = 'Bela'")
    return found


async def test_a_form_sent_twice_at_once_is_done_once(wall: Wall) -> None:
    """M-9: a double press and a reload answer the customer once; both are told the same."""
    order, before = Order(How.REPLY, "It works again.", KEY, 3), await wall.snapshot()
    who = await bela(wall)
    said = await asyncio.gather(*[orders(wall).run(who, order) for _ in range(3)])
    assert said[0].done and said[0] == said[1] == said[2]
    assert [choice.label for choice in said[0].choices] == ["Undo"]
    changes = compared(before, await wall.snapshot()).changes
    assert [one for one in changes if one[1] in ("added", "added reply")].count(("messages", "added reply")) == 1
    assert changes.count(("form_answers", "added")) == 1


async def test_what_is_refused_does_nothing_and_keeps_the_words(wall: Wall) -> None:
    """M-9: the bot's sentence; the words go back to where they were typed."""
    before = await wall.snapshot()
    order = Order(How.COMMAND, "assign Nobody", KEY, 3)
    said = await orders(wall).run(await bela(wall), order)
    assert not said.done and said.text.startswith("There is no colleague called Nobody.")
    assert compared(before, await wall.snapshot()).changes == (("form_answers", "added"),)
    kept = await forms.said(wall.store.reading(), await bela(wall), KEY)
    assert kept == forms.Kept(said, "command", "assign Nobody")
    assert await orders(wall).run(await bela(wall), order) == said
    assert await forms.said(wall.store.reading(), 1, KEY) is None, "nobody else's"


async def test_a_slash_in_the_composer_is_a_command_and_never_goes_to_the_customer(wall: Wall) -> None:
    """As in the chat; two slashes are a text that begins with one."""
    said = await orders(wall).run(await bela(wall), Order(How.REPLY, "/clsoe", KEY, 3))
    assert not said.done and "Did you mean /close?" in said.text
    await orders(wall).run(await bela(wall), Order(How.REPLY, "//etc", KEY + "2", 3))
    [newest] = await wall.rows("SELECT text FROM messages WHERE purpose = 'reply' ORDER BY id DESC LIMIT 1")
    assert newest["text"] == "/etc"


async def test_a_command_that_names_another_ticket_means_that_one(wall: Wall) -> None:
    said = await orders(wall).run(await bela(wall), Order(How.COMMAND, "/take T4", KEY, 3))
    assert said.text.startswith("T4 is yours.")


async def test_buttons_of_the_card_are_pressed_with_the_version_they_show(wall: Wall) -> None:
    """What has changed since is not closed unseen; the way on is offered."""
    ticket = await visible.by_number(wall.store.reading(), 3)
    assert ticket is not None
    close = next(one for one in orders(wall).choices(ticket, 0) if one.label == "Close")
    await orders(wall).run(await bela(wall), Order(How.NOTE, "meanwhile", KEY, 3))
    said = await orders(wall).run(await bela(wall), Order(How.PRESS, close.code, KEY + "2", 3))
    assert "has changed since" in said.text
    assert said.choices[0] == Choice("Show", said.choices[0].code, 3) and said.choices[1].label == "Close anyway"


async def test_who_has_left_orders_nothing(wall: Wall) -> None:
    """S20."""
    gone = await wall.one("SELECT id FROM staff WHERE name = 'Cyril'")
    before = await wall.snapshot()
    said = await orders(wall).run(gone, Order(How.NOTE, "x", KEY, 3))
    assert not said.done
    assert compared(before, await wall.snapshot()).changes == (("form_answers", "added"),)


async def test_what_he_has_no_right_to_is_in_the_audit_once(wall: Wall) -> None:
    """S20, M-9: a form sent twice is one line, of the page and by its session."""
    order = Order(How.COMMAND, "ban T3 7d insults", KEY)
    for _ in range(2):
        said = await orders(wall).run(await bela(wall), order)
        assert not said.done and said.text.startswith("/ban needs a lead")
    [line] = await refused.newest(wall.store.reading())
    assert (line.by, line.verb, line.channel, line.proof) == ("Bela", "ban", "console", Proof.SESSION)
