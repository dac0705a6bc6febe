"""The console's office: what its pages work with, made from the hub's own parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from bot import calls, codes, page, refusals, views, words
from bot.calls import Answer
from bot.entrance import Entrance
from bot.house import House
from channels.contract import Adapter, Button
from channels.files import FileStore
from channels.intake import Acceptor
from console import app as console
from console import forms, links, live, setup
from console.book import Book, Closed
from console.commands import Choice, How, Order, Said
from console.live import Live
from console.office import Office
from console.receiving import Receiving
from console.watch import ChannelState, Watch
from crmcore import staff
from hub.book import SettingsBook
from hub.canned import Macros
from hub.connecting import Connections
from hub.settings import Settings, Web
from kernel import errors, texts
from kernel.loops import Loop
from kernel.unit import Store, Work
from tickets.visible import TicketView
from webhooks import auth
from webhooks.auth import Networks

NOTHING = Said("Nothing was said to do.", done=False)


class Orders(Struct, frozen=True):
    """Implements console.commands.Commands by the bot's verbs."""

    store: Store
    entrance: Entrance

    async def run(self, staff_id: int, order: Order) -> Said:
        """One unit; what is refused is written down in another, so that the same form is refused the same way."""
        await words.learnt(self.entrance.registry)
        try:
            async with self.store.unit() as work:
                if not await forms.claim(work, staff_id, order.key):
                    return await _known(work, staff_id, order.key)
                said = _said(await self._do(work, staff_id, order), order.language)
                await forms.keep(work, staff_id, order.key, said)
                return said
        except errors.CentralaError as error:
            if errors.is_passing(error):
                raise
            why, language = calls.refusal(order.language, error), order.language
            if order.files:
                why += f" {texts.say(language, 'Your files were not kept: choose them again.')}"
            return await self._refuse(staff_id, order, Said(why, done=False, language=language), error)

    def choices(self, ticket: TicketView, staff_id: int) -> Sequence[Choice]:
        shown = [one for one in _choices(views.card_buttons("en", ticket)) if one.ticket is None]
        return [one for one in shown if ticket.assignee_id != staff_id or not _takes(one.code)]

    def alert(self, ticket: TicketView, alert_id: int) -> Sequence[Choice]:
        return [one for one in _choices(views.alert_buttons("en", ticket, alert_id)) if one.ticket is None]

    def withheld(self, message_id: int, total: int = 0) -> Sequence[Choice]:
        ends = "" if message_id else " all"
        return [
            Choice(f"Send{ends}", codes.write("ws", message_id, total)),
            Choice(f"Drop{ends}", codes.write("wx", message_id, total)),
        ]

    def golive(self) -> Choice:
        return Choice("Go live", codes.write("lv", 0))

    def undo(self, message_id: int) -> Choice:
        return Choice("Undo", codes.write("un", message_id))

    async def _do(self, work: Work, staff_id: int, order: Order) -> Answer | None:
        colleague = (await staff.by_ids(work, [staff_id])).get(staff_id)
        if colleague is None or not colleague.active:
            raise errors.NotFound("You are not among the staff any more.")
        return await page.run(work, self.entrance, colleague, _words(order), number=order.ticket)

    async def _refuse(self, staff_id: int, order: Order, said: Said, error: errors.CentralaError) -> Said:
        async with self.store.unit() as work:
            if not await forms.claim(work, staff_id, order.key):
                return await _known(work, staff_id, order.key)
            await forms.keep(work, staff_id, order.key, said, refused=order)
            arrived, can = page.arrived_as(staff_id, _words(order)), page.LINE.capabilities
            await refusals.note(work, self.entrance, arrived, staff_id, error, can=can)
        return said


class Sight(Struct, frozen=True):
    """Implements console.watch.Watch by the adapters of this hub."""

    house: House
    adapters: Sequence[Adapter]

    def channels(self) -> Sequence[ChannelState]:
        return [
            ChannelState(
                name=one.name,
                account=one.account,
                label=one.capabilities.label,
                is_ready=one.health.ready,
                said=one.health.degraded,
                needs=one.health.needs,
                last_in_at=one.health.last_in_at,
                last_out_at=one.health.last_out_at,
            )
            for one in self.adapters
        ]

    def is_quiet(self) -> bool:
        return self.house.quiet.is_on


class Pages:
    """The console as a part of the running hub: what its pages work with, and the loop that keeps open ones up to date.

    `address`: of the console, as colleagues reach it.
    """

    def __init__(
        self,
        acceptor: Acceptor,
        files: FileStore,
        entrance: Entrance,
        settings: Settings,
        address: Callable[[], str],
        adapters: Sequence[Adapter],
    ) -> None:
        store = acceptor.store
        self._live = Live(store, entrance.house.desk)
        book = SettingsBook(settings, entrance.house.desk)
        self.connections = Connections(settings)
        found = furnish(store, entrance, self._live, settings.web, Sight(entrance.house, adapters), book, files)
        self.office = replace(
            found,
            connections=self.connections,
            zone=ZoneInfo(settings.company.zone),
            targets=settings.targets,
            receiving=Receiving(acceptor.accept, settings.company.name, settings.files.max_bytes),
        )
        self.loop = Loop(live.LOOP, self._live.turn)
        entrance.house.sign_in = inviter(address)

    def mount(self, app: web.Application) -> None:
        """The console, and where this process can set up what it does not have yet, the pages for that."""
        console.mount(app, self.office)
        if self.connections.setup is not None:
            setup.mount(app, self.connections.setup)

    def hears(self, poke: str) -> bool:
        """True if a poke is for the open pages; which ticket it names is noted."""
        if poke.startswith(live.POKE):
            self._live.note(poke)
            return True
        return poke == live.LOOP


def furnish(
    store: Store,
    entrance: Entrance,
    live: Live,
    found: Web,
    watch: Watch | None = None,
    book: Book | None = None,
    files: FileStore | None = None,
) -> Office:
    """What the console's pages work with."""
    house, trusted = entrance.house, auth.networks(found.trusted_proxies)
    return Office(
        store,
        house.lines,
        house.desk,
        Orders(store, entrance),
        live,
        peer=lambda request: _peer(request, trusted),
        public_url=found.public_url,
        hold=house.hold,
        watch=watch or Sight(house, ()),
        book=book or Closed(),
        invitation_links=lambda token: tuple(house.link(account, token) for account in house.doors) or (token,),
        files=files,
        canned=Macros(house),
    )


def inviter(address: Callable[[], str]) -> Callable[[Work, int], Awaitable[str]]:
    """What the bot asks for a link that signs a colleague in. `address`: of the console, as colleagues reach it."""

    async def issue(work: Work, staff_id: int) -> str:
        return address() + await links.issue(work, staff_id, now=datetime.now(UTC))

    return issue


def _peer(request: web.Request, trusted: Networks) -> str:
    """Who has sent the request; one address for all who come by a proxy that nobody has named."""
    found = auth.peer(request.remote, request.headers.getall("X-Forwarded-For", []), trusted)
    return found or request.remote or ""


def _takes(code: str) -> bool:
    pressed = codes.read(code)
    return pressed is not None and pressed.verb == "tk"


def _words(order: Order) -> page.Words:
    is_press = order.how is How.PRESS
    return page.Words(
        text="" if is_press else _meant(order),
        code=order.words if is_press else "",
        key=order.key,
        to_customer=order.how is How.REPLY,
        seen=order.seen,
        files=order.files,
        language=order.language,
    )


def _meant(order: Order) -> str:
    """In the box for commands the slash may be left out."""
    text = order.words.strip()
    return f"/{text}" if order.how is How.COMMAND and text and not text.startswith("/") else text


async def _known(work: Work, staff_id: int, key: str) -> Said:
    found = await forms.said(work, staff_id, key)
    return found.said if found and found.said else NOTHING


def _said(answer: Answer | None, language: str) -> Said:
    return Said(answer.text, tuple(_choices(answer.buttons)), language=language) if answer else NOTHING


def _choices(rows: Sequence[Sequence[Button]]) -> list[Choice]:
    """A button that only shows a ticket becomes a link to it."""
    found = []
    for button in (button for row in rows for button in row):
        pressed = codes.read(button.code)
        shown = pressed.number if pressed and pressed.verb == "sh" else None
        found.append(Choice(button.label, button.code, shown))
    return found
