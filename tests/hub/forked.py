"""A fork with real rooms behind it and a parser that reads JSON; what it leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from bot.commands import registry
from bot.customer import Customers
from bot.entrance import Entrance
from bot.groups import Groups
from bot.house import House
from bot.joining import Joining
from channels.contract import Address, Capabilities, Inbound, Kind, Raw
from channels.files import FileStore
from channels.intake import Acceptor
from channels.lines import Line, Lines
from hub.inbound import Fork
from kernel import ids
from kernel.unit import Store
from routing.desk import Desk, Queue
from tests.conftest import START
from tests.support.alone import Alone
from tickets import calendar

CHAT = Line("chat", "chat:1", Capabilities("Chat", "chat", proves_sender=True))
HOOK = "hook:erp"  # an account that no line of ours answers for
DESK = Desk({"inbox": Queue("inbox", calendar.always())}, conversational={"chat": True})


class Bench:
    """A fork, the store it works on, and the messages it is given."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.files = FileStore(folder)
        self.fork = self.started()

    def started(self, *, careful: bool = False) -> Fork:
        """The hub as it starts: nothing in memory."""
        house = House(Lines([CHAT]), DESK)
        entrance, customers = Entrance(house, registry()), Customers(house)
        self.fork = Fork(
            self.store,
            self.files,
            desk=DESK,
            entrance=entrance,
            customers=customers,
            joining=Joining(house),
            groups=Groups(self.store, house, Alone()),
        )
        self.fork.parsers = {"chat": parse}
        if careful:
            self.fork.be_careful()
        return self.fork

    async def arrive(self, *messages: tuple[str, dict[str, Any]], account: str = CHAT.account) -> list[int]:
        """Store (address, fields of the Inbound) in that order."""
        acceptor = Acceptor(self.store, self.files)
        acceptor.start()
        stored = []
        for address, said in messages:
            raw = Raw("chat", account, str(ids.new()), address, orjson.dumps(said), START)
            stored.append(int((await acceptor.accept(raw)).id))
        await acceptor.stop()
        return stored

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await self.fork.turn()

    async def raw(self, message_id: int) -> tuple[str, int]:
        """State and tries."""
        row = await self.store.reading().one("SELECT state, tries FROM raw_messages WHERE id = ?", message_id)
        assert row is not None
        return row["state"], row["tries"]

    async def raws(self, message_ids: Sequence[int]) -> list[tuple[str, int]]:
        return [await self.raw(one) for one in message_ids]

    async def texts(self) -> list[str]:
        """Customers' words that have reached a ticket, in the order they did."""
        found = await self.store.reading().fetch(
            "SELECT m.text FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
            " WHERE e.author_kind = 'customer' ORDER BY e.id"
        )
        return [row["text"] for row in found]


def parse(raw: Raw) -> Inbound:
    said = orjson.loads(raw.body)
    if said.get("breaks"):
        raise ValueError("a parser that breaks its promise")
    scheme = said.pop("scheme", "chat")
    sender = Address(scheme, said.pop("as", raw.address))
    return Inbound(Kind(said.pop("kind", "message")), Address("chat", raw.address), sender, **said)


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"text": words, **more}


def poison(words: str = "poison") -> dict[str, Any]:
    """It replies to a list: looking that up fails, each time and at the same place."""
    return {"text": words, "replies_to": ["x"]}


def other_poison() -> dict[str, Any]:
    """Fails elsewhere: where the contact is made."""
    return {"text": "other poison", "language": 4711}
