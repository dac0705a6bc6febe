"""What the pages work with, made and handed in by the hub."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct, field

from channels.files import FileStore
from channels.lines import Lines
from console import canned
from console.book import Book, Closed
from console.canned import Canned
from console.commands import Commands
from console.connecting import Connections
from console.live import Live
from console.receiving import Receiving
from console.watch import Nothing, Watch
from kernel.unit import Store
from routing.desk import Desk
from tickets.reports.targets import Target


def _bare(token: str) -> tuple[str, ...]:
    """Without a channel that can carry it in a link, a token is shown as it is."""
    return (token,)


def _now() -> datetime:
    """The machine's clock: who is signed in must not depend on the domain's, which a demo pushes."""
    return datetime.now(UTC)


class Office(Struct, frozen=True):
    """Made once a hub. `peer`: who has sent a request, past proxies of ours; `hold`: how long a reply is held.

    `invitation_links`: what somebody follows to show us the token of his invitation, one a channel that can carry it.
    `files`: where the bytes of attachments are. `zone`: the company's, by whose days reports count. `targets`: what
    reports are measured by. `receiving`: takes in what customers send by a link.
    """

    store: Store
    lines: Lines
    desk: Desk
    commands: Commands
    live: Live
    peer: Callable[[web.Request], str]
    public_url: str = ""
    hold: timedelta = timedelta()
    now: Callable[[], datetime] = field(default=_now)
    watch: Watch = field(default_factory=Nothing)
    book: Book = field(default_factory=Closed)
    invitation_links: Callable[[str], tuple[str, ...]] = field(default=_bare)
    files: FileStore | None = None
    connections: Connections | None = None
    canned: Canned = field(default_factory=canned.Nothing)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    targets: tuple[Target, ...] = ()
    receiving: Receiving | None = None

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")


OFFICE = web.AppKey("office", Office)
