"""Notices on a real database: exactly once, exactly those, by the next way when one fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence

import pytest
from tortoise.exceptions import IntegrityError

from bot import announcing
from channels import optouts
from channels.contract import Address
from channels.models import MessageState
from crmcore import audience, ledger, notices, outages, stations
from crmcore.ledger import Stage
from crmcore.models.stations import Notice
from crmcore.outages import Asked, Window
from kernel import errors
from kernel.unit import Reader, Store
from tests.crmcore.notified import CHAT, TEXTS, Notified, wish

MANY = notices.PAGE + 2 * notices.BATCH + 10


async def everyone(store: Store) -> list[dict[str, object]]:
    return await store.reading().fetch("SELECT contact_id, channel, message_id FROM notices")


async def test_a_notice_stopped_in_the_middle_goes_on_where_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R8, S0-8: a hub that starts anew tells the rest, and nobody twice."""
    monkeypatch.setattr(announcing, "PAGES", 1)
    hub = Notified(store)
    await hub.prepare([wish(f"Driver {place}", "0412") for place in range(MANY)])
    outage = await hub.declare()
    await hub.confirm(outage, turns=1)
    assert len(await everyone(store)) == notices.PAGE == await hub.queued()
    again = Notified(store)
    for _ in range(4):
        await again.announcer.turn()
    found = await everyone(store)
    assert len(found) == len({row["contact_id"] for row in found}) == await again.queued() == MANY
    [revision] = await ledger.revisions(store.reading(), outage.id)
    assert (revision.stage, revision.told, revision.left_out) == (Stage.SENT, MANY, 0)


async def test_two_hubs_that_work_the_same_page_tell_it_once(store: Store) -> None:
    """R5: the place up to which it is worked off says who won."""
    hub = Notified(store)
    await hub.prepare([wish(f"Driver {place}", "0412") for place in range(MANY)])
    outage = await hub.declare()
    await hub.confirm(outage, turns=0)
    reader = store.reading()
    [revision] = await ledger.revisions(reader, outage.id)
    page = await audience.page(reader, revision, after=0, limit=notices.BATCH)

    async def work_off() -> bool:
        async with store.unit() as work:
            telling = notices.prepare(outage, revision, page, [CHAT], work.now)
            return await notices.enqueue(work, outage, revision, telling, [CHAT], is_last=False)

    assert Counter(await asyncio.gather(work_off(), work_off())) == {True: 1, False: 1}
    assert len(await everyone(store)) == notices.BATCH


async def test_a_unit_that_fails_leaves_no_trace_and_is_done_again(store: Store) -> None:
    """R8: messages, ledger and place are one transaction."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412"), wish("Jan", "0412")])
    outage = await hub.declare()
    await hub.confirm(outage, turns=0)
    reader = store.reading()
    [revision] = await ledger.revisions(reader, outage.id)
    page = await audience.page(reader, revision, after=0, limit=notices.BATCH)
    with pytest.raises(RuntimeError):
        async with store.unit() as work:
            telling = notices.prepare(outage, revision, page, [CHAT], work.now)
            await notices.enqueue(work, outage, revision, telling, [CHAT], is_last=True)
            raise RuntimeError("the power is gone")
    assert await everyone(store) == [] and await hub.queued() == 0
    await hub.announcer.turn()
    assert await hub.told() == [(1, "Anna", "chat", "queued"), (1, "Jan", "chat", "queued")]


async def test_the_ledger_takes_nobody_twice(store: Store) -> None:
    """The last word: unique by outage, revision, contact and channel."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412")])
    await hub.confirm(await hub.declare())
    [row] = await store.reading().fetch("SELECT * FROM notices")
    with pytest.raises(IntegrityError):
        async with store.unit() as work:
            await work.insert(Notice, [row | {"id": 1, "created_at": work.now}])


async def test_a_change_reaches_those_told_and_takes_back_what_has_not_left(store: Store) -> None:
    """bot.md 5: overtaken, not sent; who was told hears the change, who was not hears only what is true now."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412"), wish("Jan", "0412")])
    outage = await hub.declare()
    await hub.confirm(outage)
    await hub.settle("Anna", MessageState.SENT)
    await hub.subscribe(wish("Late", "0412"))
    await hub.change(outage, "move")
    await hub.confirm(outage)
    assert await hub.told() == [
        (1, "Anna", "chat", "sent"),
        (1, "Jan", "chat", "overtaken"),
        (2, "Anna", "chat", "queued"),
        (2, "Jan", "chat", "queued"),
    ]


@pytest.mark.parametrize("what", ["end", "cancel"])
async def test_who_was_never_told_hears_of_no_end(store: Store, what: str) -> None:
    """bot.md 5: his notice is taken back, and that is all."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412"), wish("Jan", "0412"), wish("Kati", "0412")])
    outage = await hub.declare()
    await hub.confirm(outage)
    await hub.settle("Anna", MessageState.SENT)
    await hub.settle("Kati", MessageState.MAYBE)
    await hub.change(outage, what)
    await hub.confirm(outage)
    assert await hub.told() == [
        (1, "Anna", "chat", "sent"),
        (1, "Jan", "chat", "overtaken"),
        (1, "Kati", "chat", "maybe_sent"),
        (2, "Anna", "chat", "queued"),
        (2, "Kati", "chat", "queued"),
    ]


async def test_a_notice_that_fails_for_good_goes_by_the_next_way(store: Store) -> None:
    """interfaces: Telegram, else SMS, else e-mail; and the change then goes where he was reached."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412", phone="+48600123456"), wish("Jan", "0412")])
    outage = await hub.declare()
    await hub.confirm(outage)
    await hub.settle("Anna", MessageState.FAILED, "refused: blocked")
    await hub.settle("Jan", MessageState.FAILED, "refused: blocked")
    assert await hub.told() == [
        (1, "Anna", "chat", "failed"),
        (1, "Anna", "text", "queued"),
        (1, "Jan", "chat", "failed"),
    ]
    await hub.settle("Anna", MessageState.SENT)
    await hub.change(outage, "end")
    await hub.confirm(outage)
    assert [line for line in await hub.told() if line[0] == 2] == [(2, "Anna", "text", "queued")]


async def test_what_is_too_late_takes_no_other_way(store: Store) -> None:
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412", phone="+48600123456")])
    await hub.confirm(await hub.declare())
    await hub.settle("Anna", MessageState.FAILED, "too late")
    assert await hub.told() == [(1, "Anna", "chat", "failed")]


async def test_who_opted_out_is_asked_of_consent_when_counted_and_when_queued(store: Store) -> None:
    """crm.md: the check is at send time, not when the list is built."""
    refusing: set[Address] = set()

    async def consent(reader: Reader, addresses: Sequence[Address]) -> Collection[Address]:
        return refusing & set(addresses)

    hub = Notified(store, consent=consent)
    await hub.prepare([wish("Anna", "0412", phone="+48600123456"), wish("Jan", "0412")])
    outage = await hub.declare()
    await hub.announcer.turn()
    refusing |= {Address("chat", "Anna"), Address("chat", "Jan")}
    await hub.confirm(outage)
    assert await hub.told() == [(1, "Anna", "text", "queued"), (1, "Jan", "", "left_out")]


async def test_who_has_written_stop_gets_no_notice_by_that_way(store: Store) -> None:
    """bot.md 3: by the record the house keeps; answers of colleagues are not concerned."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412", phone="+48600123456"), wish("Jan", "0412")])
    async with store.unit() as work:
        await optouts.stop(work, Address("chat", "Anna"), source_id=None)
        await optouts.stop(work, Address("chat", "Jan"), purposes=("campaign",), source_id=None)
    await hub.confirm(await hub.declare())
    assert await hub.told() == [(1, "Anna", "text", "queued"), (1, "Jan", "chat", "queued")]


async def test_a_station_is_out_once_at_a_time(store: Store) -> None:
    """bot.md 2.2: also when two drafts are confirmed; another window of the same station is another outage."""
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412")])
    first, second = await hub.declare(), await hub.declare("0415", "0412")
    await hub.confirm(first)
    with pytest.raises(errors.Conflict, match="0412 is already out under O-1"):
        await hub.confirm(second)
    with pytest.raises(errors.Conflict, match="0412 is already out under O-1"):
        await hub.declare()
    async with store.unit() as work:
        found = await stations.needed(work, ["0412"])
        assert first.ends_at is not None
        later = await outages.declare(work, found, Window(first.ends_at), Asked())
    assert later.name == "O-3"  # a refused one gives its number back
    assert await ledger.at_stations(store.reading(), [found[0].id])


async def test_nothing_changes_while_a_revision_is_being_queued(store: Store) -> None:
    hub = Notified(store)
    await hub.prepare([wish("Anna", "0412")])
    outage = await hub.declare()
    await hub.confirm(outage, turns=0)
    with pytest.raises(errors.Conflict, match="O-1/1 is still being queued"):
        await hub.change(outage, "cancel")


async def test_those_of_two_stations_are_told_once(store: Store) -> None:
    """One outage, one notice."""
    hub = Notified(store)
    await hub.prepare(
        [
            wish("Both", "0412", "0415"),
            wish("All"),
            wish("One", "0415"),
            wish("Phone", phone="+48600123456", chat=False),
        ]
    )
    await hub.confirm(await hub.declare("0412", "0415"))
    assert [(who, channel) for _, who, channel, _ in await hub.told()] == [
        ("All", "chat"),
        ("Both", "chat"),
        ("One", "chat"),
        ("Phone", TEXTS.channel),
    ]
