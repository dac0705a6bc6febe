"""The ground the hub stands on in a measurement: a folder, a migrated database, settings, colleagues."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.children import Child, child
from bench.posts import SOURCE, Signer
from channels.contract import Address
from crmcore import staff
from crmcore.models.staff import Role
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from routing import assign

QUEUES = """
[calendars.office]
zone = "Europe/Warsaw"
hours.mon = ["08:00-12:00", "12:30-16:00"]
hours.tue = ["08:00-16:00"]
hours.wed = ["08:00-16:00"]
hours.thu = ["08:00-16:00"]
hours.fri = ["08:00-16:00"]
holidays = "PL"

[queues.inbox]
first_response = "4h"
calendar = "office"

[queues.cards]
first_response = "1h"
calendar = "office"

[[rules]]
name = "cards"
when = 'message.text.contains("(card)")'
queue = "cards"

[[rules]]
name = "urgent"
when = 'message.text.contains("(cable)") && ticket.new'
priority = 1
tags = ["safety"]
"""


@dataclass(slots=True)
class Ground:
    """A folder with what one hub needs. `database`: the URL of one that is elsewhere, "" for a file in the folder."""

    folder: Path
    signer: Signer = field(default_factory=Signer)
    database: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "centrala.db"

    @property
    def url(self) -> str:
        return self.database or f"sqlite://{self.file}"

    @property
    def config(self) -> Path:
        return self.folder / "centrala.toml"

    def furnish(self, *, port: int = 0, more: str = "", public_url: str = "", source: str = "") -> None:
        """Write the settings and migrate the database. `source`: more of the webhook source's."""
        self.config.write_text(
            f'data = "{self.folder}"\n[database]\nurl = "{self.url}"\n'
            f'[web]\nport = {port}\npublic_url = "{public_url}"\n'
            f'[hooks.sources.{SOURCE}]\nsecret = "{self.signer.secret}"\n{source}{more}'
        )
        asyncio.run(database.migrate(self.url))

    def count(self, sql: str) -> int:
        """The one number that `sql` asks the file for."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            return int(connection.execute(sql).fetchone()[0])

    def hire(self) -> None:
        """Three colleagues, two of them for the cards."""
        asyncio.run(self._hire())

    async def _hire(self) -> None:
        await database.connect(self.url)
        try:
            async with Store(Clock()).unit() as work:
                for number, queues in enumerate((["inbox"], ["inbox", "cards"], ["cards"])):
                    address = Address("mailto", f"agent{number}@desk.example")
                    await assign.join(work, await staff.add(work, f"Agent {number}", Role.AGENT, [address]), queues)
        finally:
            await database.close()


@contextmanager
def ground() -> Iterator[Ground]:
    with TemporaryDirectory(prefix="centrala-bench-") as folder:
        yield Ground(Path(folder))


@contextmanager
def server(words: list[str], log: Path) -> Iterator[Child]:
    """A child that says `port N` once it listens."""
    with child(words, log) as started:
        started.wait(lambda: "port " in started.said())
        found = re.search(r"^port (\d+)$", started.said(), re.MULTILINE)
        started.port = int(found.group(1)) if found else 0
        yield started


@contextmanager
def constant(folder: Path) -> Iterator[Child]:
    """The bare server."""
    with server(["-m", "bench.constant"], folder / "constant.log") as started:
        yield started


@contextmanager
def far_side(found: Ground, name: str, token: str, *, people: int = 0) -> Iterator[Child]:
    """The simulated provider of a channel. `people`: see bench.far."""
    with server(["-m", "bench.far", name, token, str(people)], found.folder / f"far-{name}.log") as started:
        yield started


@contextmanager
def stand(found: Ground, *options: str) -> Iterator[Child]:
    """The hub of `found`, once its store is open."""
    with server(["-m", "bench.stand", str(found.config), *options], found.folder / "hub.log") as started:
        started.wait(lambda: started.answers("/readyz"))
        yield started
