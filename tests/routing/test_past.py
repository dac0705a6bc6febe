"""Rules tried on what came before: what would be other than it is, and no row touched."""

from __future__ import annotations

from datetime import timedelta

from kernel.unit import Store
from routing import past
from tests.conftest import START
from tests.routing.test_deeds import desk, handle, rule
from tests.tickets import letters
from tests.tickets.letters import arrived

CARD = rule('message.text.contains("card")', name="card", queue="cards", priority=1, tags=["card"])
NEW = rule("contact.new", name="new", tags=["new"])
LATE = rule("!ticket.new", name="more", tags=["more"])


async def test_counts_and_tickets_of_each_rule(store: Store) -> None:
    """M-6: on the traffic as it came, with the rules as they are now."""
    await handle(store, desk(), arrived("one", "card"), arrived("two", "hello"), arrived("one", "my card", matter="x"))
    await handle(store, desk(), arrived("one", "more"))
    before = await letters.everything(store)
    found = await past.tried(store.reading(), desk(CARD, NEW, LATE), START - timedelta(days=30))
    assert found.messages == 4
    card, new, late = found.tallies
    assert (card.messages, [one.number for one in card.changed]) == (2, [1, 3])
    assert card.changed[0].would == "queue cards instead of inbox, priority 1 instead of 3, tag card"
    assert (new.messages, [one.number for one in new.changed]) == (2, [1, 2])
    assert late.messages == 1
    assert await letters.everything(store) == before


async def test_what_the_rules_have_done_already_would_change_nothing(store: Store) -> None:
    """M-6: the rules in force have the tickets as they are; a note made is made."""
    found = desk(CARD, NEW, rule(name="loud", note="Call", escalate=True))
    await handle(store, found, arrived("one", "card"), arrived("two", "hello"))
    tried = await past.tried(store.reading(), found, START - timedelta(days=30))
    assert [(one.messages, len(one.changed)) for one in tried.tallies] == [(1, 0), (2, 0), (2, 0)]


async def test_older_traffic_is_left_out_and_pages_are_all_read(store: Store) -> None:
    for number in range(7):
        await handle(store, desk(), arrived(f"person{number}", "card"))
    past_page, past.PAGE = past.PAGE, 2
    try:
        whole = await past.tried(store.reading(), desk(CARD), START - timedelta(days=1))
    finally:
        past.PAGE = past_page
    assert (whole.messages, whole.tallies[0].messages) == (7, 7)
    later = await past.tried(store.reading(), desk(CARD), store.clock.now() + timedelta(hours=1))
    assert later.messages == 0
