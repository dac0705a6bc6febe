"""What the demo's tables hold from the start, and what its page is told of them."""

from __future__ import annotations

from crmcore import stations, subscribers
from hub.demo import people as cast
from hub.demo import seed, view
from kernel.unit import Store


async def test_stations_and_subscribers_are_imported_once(store: Store) -> None:
    """S0-7, S0-8: and what was changed since is left as it is."""
    await seed.sow(store)
    codes = [one.code for one in await stations.listed(store.reading())]
    assert codes[:3] == ["0412", "0415", "0420"]
    listed = {one.name: one for one in await subscribers.listed(store.reading())}
    assert {one.language for one in listed.values()} == {"pl", "hu", "ru", "sk"}
    assert str(cast.ANNA) in {address.value for address in listed["Anna"].addresses}
    async with store.unit() as work:
        await work.change("UPDATE contacts SET language = 'en' WHERE name = 'Anna'")
    await seed.sow(store)
    again = {one.name: one for one in await subscribers.listed(store.reading())}
    assert again["Anna"].language == "en"
    assert len(again) == len(listed)


async def test_a_hub_without_outages_has_no_ledger(store: Store) -> None:
    await seed.sow(store)
    looked = await view.look(store, {})
    assert (looked.ledger, looked.happenings, looked.facts.standing) == (None, (), 0)
