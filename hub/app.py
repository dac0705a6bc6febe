"""The app: settings become objects, objects become running tasks; and all of it stops having kept everything."""

from __future__ import annotations

import asyncio
import functools
import hmac
import itertools
import socket
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from bot import telling, words
from bot.alerting import Alerting
from bot.announcing import Announcer
from bot.commands import registry as verbs
from bot.customer import Customers
from bot.entrance import Entrance
from bot.groups import LOOP as GROUPS
from bot.groups import Groups
from bot.house import Chat
from bot.incidents import Incidents
from bot.joining import Joining
from bot.notices import Notices
from bot.reminding import Reminding
from channels import lately, registry
from channels.contract import Adapter, CarriesFiles, CountsSends, KeepsFiles, ShowsCommands, UsesMarks, Weighs
from channels.dispatcher import Dispatcher
from channels.errors import CannotListen
from channels.fetching import Fetcher
from channels.files import FileStore
from channels.intake import Acceptor
from channels.lines import Line, Lines
from channels.marks import StoredMarks
from channels.models import HubRun
from console import app as console
from hub import database, health, opening, posting, pulling, sources, wiring
from hub.digests import Digests
from hub.groups import Surroundings
from hub.inbound import Fork
from hub.jobs import Jobs
from hub.needs import Needs
from hub.office import Pages
from hub.quiet import GoLive
from hub.reporting import Reporting
from hub.retention.keeper import Keeper
from hub.retention.sweep import Sweep, repeats_of
from hub.searching import Searching
from hub.settings import Settings
from kernel import errors, ids, log, loops, threads
from kernel.clock import Clock
from kernel.loops import Loop
from kernel.timers import Timers
from kernel.unit import Store
from routing.desk import Desk
from routing.targets import Targets
from tickets import tokens
from tickets.deliveries import Deliveries
from webhooks import app as hooks
from webhooks import auth, problems
from webhooks.calls import CallEvents
from webhooks.mapper import Mapper
from webhooks.stations import StationEvents

_log = log.get(__name__)
BODY_LIMIT = 1024 * 1024
SHUTDOWN_S = 1.0
MIGRATE_PAUSES_S = (0.5, 1, 2, 5, 10)
CATCH_UP = timedelta(minutes=10)  # after a start live work comes first
LISTEN_FIRST_S = 0.1  # those who knock at the start are answered before an import of seconds takes the processor


class App:
    """One hub. `build` makes it; `start` returns when it listens; `stop` when everything taken in is kept."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        listen_first_s: float = LISTEN_FIRST_S,
    ) -> None:
        self.settings = settings
        self._listen_first_s = listen_first_s
        self.clock = clock or Clock()
        self.store = Store(self.clock, self._poke)
        self.files = FileStore(settings.data / "files")
        self.acceptor = Acceptor(self.store, self.files)
        self.mapper = Mapper()
        self.adapters: list[Adapter] = [
            registry.load(name).build(found, public_url=settings.web.public_url)
            for name, found in settings.channels.items()
        ]
        lines = Lines(Line(one.name, one.account, one.capabilities) for one in self.adapters)
        conversational = {one.name: one.capabilities.conversational for one in self.adapters}
        desk = wiring.desk(settings, conversational)
        self.house = wiring.house(settings, lines, desk)
        self._join_staff_chats()
        announcer = Announcer(self.store, self.house)
        self._surroundings = Surroundings(self.adapters, settings.channels, settings.file, self._join_staff_chats)
        groups = Groups(self.store, self.house, self._surroundings)
        entrance = self.entrance = Entrance(self.house, verbs())
        self.house.footer = telling.footers(entrance.registry.verbs)
        self.fork = self._wired(desk, entrance, announcer, groups)
        self.golive = GoLive(self.store, self.house, self.adapters, settings.file, is_quiet=settings.quiet)
        self.dispatchers = [Dispatcher(self.store, adapter, self.house.quiet, self.files) for adapter in self.adapters]
        self._intake = Loop("intake", self.fork.turn)
        self._timers = Loop("timers", Timers(self.store, wiring.timers(desk)).turn)
        digests = Digests(self.store, self.files, self.house)
        told = [Loop("notices", announcer.turn), Loop("incidents", Incidents(self.store, self.house).turn)]
        told += [digests.loop, posting.loop(self.store, settings), pulling.loop(self.store, desk)]
        self._groups = Loop(GROUPS, groups.turn)
        self.pages = Pages(self.acceptor, self.files, entrance, settings, lambda: self.address, self.adapters)
        limit = self.fork.file_limit = settings.files.max_bytes
        self.fetcher = Fetcher(self.store, self.files, self.adapters, limit=limit, hold=self.house.hold)
        own = (self._intake, self._timers, *told, self._groups, *self.golive.loops, self.fetcher.loop)
        self._named = {one.name: one for one in own}
        self._needs = Loop("needs", Needs(self.store, self.adapters).turn)
        self._searching = Loop("search", Searching(self.store).turn)
        self._reporting = Loop("reports", Reporting(self.store, ZoneInfo(settings.company.zone)).turn)
        sweep = Sweep(self.store, self.files, settings.data, settings.retention, repeats_of(self.adapters))
        self._keeper = Keeper(sweep)
        self._jobs = self._scheduled(digests)
        self._tasks: list[asyncio.Task[None]] = []
        self._making: asyncio.Task[list[str]] | None = None  # the tables of a new database
        self._runner: web.AppRunner | None = None
        self._run_id = ids.new()
        self.is_migrated = False
        self.is_running = False  # the intake has begun
        self.refused = asyncio.Event()  # the database is a later version's: this one must not touch it
        self.acceptor.is_open = False
        self.port = 0

    def _scheduled(self, digests: Digests) -> Jobs:
        """What the calendar wakes."""
        jobs, night = Jobs(), self.settings.retention
        jobs.daily(self._keeper.begin, night.at, night.place())
        jobs.once(self._keeper.begin_if_overdue, CATCH_UP)
        jobs.minutely(digests.begin)
        return jobs

    def _wired(self, desk: Desk, entrance: Entrance, announcer: Announcer, groups: Groups) -> Fork:
        """Everybody who answers an event, and the fork that hands out what comes in."""
        customers, joining = Customers(self.house), Joining(self.house)
        self.store.handlers = wiring.handlers(
            Notices(self.house),
            Alerting(self.house),
            Reminding(self.house),
            customers,
            Targets(desk),
            Deliveries(self.house.lines, desk.tokens),
            announcer,
            joining,
        )
        return Fork(
            self.store,
            self.files,
            desk=desk,
            entrance=entrance,
            customers=customers,
            joining=joining,
            groups=groups,
            events=wiring.events(StationEvents(sources.trusted(self.settings)), CallEvents(lambda: desk)),
        )

    @property
    def loops(self) -> list[Loop]:
        return [*self._own, *(dispatcher.loop for dispatcher in self.dispatchers)]

    @property
    def _own(self) -> tuple[Loop, ...]:
        return (*self._named.values(), self._needs, self._searching, self._reporting, self.pages.loop)

    @property
    def address(self) -> str:
        """Where colleagues reach the console; the port may be one that the machine chose."""
        return self.settings.web.model_copy(update={"port": self.port}).address

    # -- start ------------------------------------------------------------------------------------------------------

    async def start(
        self, mount: Callable[[web.Application], None] | None = None, *, bound: socket.socket | None = None
    ) -> None:
        """1. Database set up. 2. Routes mounted, listening. 3. In the background: migrate, loops, channels.

        `mount` adds routes of its own (the demo's page); `bound` is a socket to listen on instead of the settings'
        host and port. Raises CannotListen if a port, this one or a channel's, is taken.
        """
        await database.connect(self.settings.database.url)
        self.acceptor.start()
        await self._listen(mount, bound)
        for adapter in self.adapters:
            if isinstance(adapter, KeepsFiles):
                adapter.keep_in(self.settings.data)
            await adapter.start(self.acceptor.accept)
        self._tasks.append(loops.spawn(self._begin(), name="begin"))
        self._tasks.append(loops.spawn(self.files.sweep(), name="sweep"))

    async def _listen(self, mount: Callable[[web.Application], None] | None, bound: socket.socket | None) -> None:
        server = web.Application(middlewares=[problems.middleware] if mount else [], client_max_size=BODY_LIMIT)
        for route in self._routes():
            web.RouteDef(route.method, route.path, problems.told(route.handler), route.kwargs).register(server.router)
        self.pages.mount(server)
        if mount is not None:
            mount(server)
        else:
            server.router.add_route("*", "/{anything:.*}", console.nowhere(problems.told(problems.nowhere)))
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        host, port = self.settings.web.host, self.settings.web.port
        site = web.SockSite(self._runner, bound) if bound else web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise CannotListen("web.port", f"{host}:{port}", error) from error
        self.port = self._runner.addresses[0][1]
        self.house.digests = self.settings.digest.plan(self.address, ZoneInfo(self.settings.company.zone))
        _log.info("hub.listening", host=self.settings.web.host, port=self.port)

    def _routes(self) -> Iterable[web.RouteDef]:
        known = {name: sources.source(name, found) for name, found in self.settings.hooks.sources.items()}
        found = self.settings.web
        trusted = auth.networks(found.trusted_proxies)
        yield from hooks.routes(known, self.acceptor.accept, mapper=self.mapper, trusted=trusted)
        token = found.metrics_token.get_secret_value()
        yield from health.routes(self, token=token, is_public=bool(found.public_url), trusted=trusted)
        for adapter in self.adapters:
            yield from adapter.routes(self.acceptor.accept)

    async def _begin(self) -> None:
        """What can wait until the hub listens. While the store is away, accepting says "try later"."""
        for pause_s in itertools.chain(MIGRATE_PAUSES_S, itertools.repeat(MIGRATE_PAUSES_S[-1])):
            try:
                if later := await database.newer(self.store.direct()):
                    _log.error("store.newer", unknown=later, do="run the version that migrated it, or restore")
                    self.refused.set()
                    return
                if await self._open_store():
                    break
            except Exception as error:  # whatever it is: a hub that listens and handles nothing must say so and go on
                _log.error("store.away" if errors.is_passing(error) else "start.failed", error=log.cause(error))
            await asyncio.sleep(pause_s)
        self.fork.parsers, self.fork.cutting = wiring.PARSERS, wiring.CUTTING
        for own in self._own:
            own.start()
        self._keeper.loop.start()
        self._jobs.start()
        self.is_running = True
        if self.adapters:  # else nobody says a command but in the console, which sees to it itself
            self._tasks.append(loops.spawn(words.learnt(self.entrance.registry), name="words"))
        for adapter, dispatcher in zip(self.adapters, self.dispatchers, strict=True):
            self._tasks.append(loops.spawn(self._open_channel(adapter, dispatcher), name=f"open.{adapter.account}"))

    async def _open_store(self) -> bool:
        """All that the hub reads and notes before it handles anything; False if an operator has to migrate first."""
        if not await self._is_migrated():
            return False
        self.is_migrated = self.acceptor.is_open = True
        async with self.store.unit() as work:
            self.house.desk.tokens.key = await tokens.open_key(work)
            await self.golive.open(work)
        if await self._open_run():
            _log.warning("hub.unclean", careful=True)
            self.fork.be_careful()
        return True

    async def _is_migrated(self) -> bool:
        """A new database gets its tables at once; one that holds data waits for its operator."""
        missing = await database.missing(self.store.direct())
        if missing and await database.is_empty(self.store.direct()):
            self._making = loops.spawn(database.migrate(self.settings.database.url), name="migrate")
            _log.info("store.created", applied=await asyncio.shield(self._making))
            return True
        if missing:
            _log.error("store.unmigrated", missing=missing, do="stop the hub, back up, run: centrala migrate")
        return not missing

    async def _open_run(self) -> bool:
        """Note that this run has begun; True if the one before did not end."""
        async with self.store.unit() as work:
            # begun before, and only the answer to that commit was lost
            mine = [{"id": self._run_id, "started_at": work.now}]
            await work.insert(HubRun, mine, conflict="ON CONFLICT (id) DO NOTHING")
            row = await work.one(
                "SELECT count(*) AS n FROM hub_runs WHERE stopped_at IS NULL AND id <> ?", self._run_id
            )
            await work.change(
                "UPDATE hub_runs SET stopped_at = ? WHERE id <> ? AND stopped_at IS NULL", work.now, self._run_id
            )
        return bool(row and row["n"])

    async def _open_channel(self, adapter: Adapter, dispatcher: Dispatcher) -> None:
        """Import what the channel needs, in a thread and gently; then parse, connect and send.

        The dispatcher starts first: it sends nothing before that, but what waits too long is failed and told.
        """
        dispatcher.start()
        await asyncio.sleep(self._listen_first_s)
        if isinstance(adapter, UsesMarks):
            key = hmac.digest(self.house.desk.tokens.key, adapter.account.encode(), "sha256")
            adapter.use(StoredMarks(self.store), key)
        name = f"load.{adapter.account}"
        await opening.insist(adapter, lambda: threads.run(lambda: opening.gently(adapter.load), name=name))
        self.fork.parsers = {**self.fork.parsers, adapter.name: adapter.parse}
        if isinstance(adapter, CarriesFiles):
            self.fork.cutting = {**self.fork.cutting, adapter.name: adapter.cut}
        if isinstance(adapter, Weighs):
            self.fork.weighing = {**self.fork.weighing, adapter.name: adapter.is_heavy}
        self._intake.poke()
        if isinstance(adapter, CountsSends):
            await opening.insist(adapter, functools.partial(self._recall, adapter))
        await opening.insist(adapter, adapter.connect)
        self._join_staff_chats()
        await self._surroundings.follow(adapter)
        self._groups.poke()
        _log.info("channel.ready", channel=adapter.name)
        dispatcher.poke()
        if isinstance(adapter, ShowsCommands):
            await opening.show_commands(adapter, self.entrance.registry)

    async def _recall(self, adapter: Adapter) -> None:
        if isinstance(adapter, CountsSends):
            adapter.recall(await lately.sent(self.store.reading(), adapter.account))

    def _join_staff_chats(self) -> None:
        """The groups where colleagues work; whether one has topics is known once its channel has connected."""
        self.house.staff_chats[:] = [
            Chat(
                line,
                adapter.staff_chat,
                topics=bool(adapter.health.facts.get("topics")),
                group=True,
                language=self.house.language,
            )
            for adapter in self.adapters
            if adapter.staff_chat is not None and (line := self.house.lines.by_account(adapter.account))
        ]
        names = (adapter.health.facts.get("username") for adapter in self.adapters)
        self.house.names = {str(name).casefold() for name in names if name}
        doors = {adapter.account: adapter.health.facts.get("door") for adapter in self.adapters}
        self.house.doors = {account: str(door) for account, door in doors.items() if door}

    # -- running ----------------------------------------------------------------------------------------------------

    def _poke(self, loop: str) -> None:
        if loop in self._named:
            self._named[loop].poke()
        elif self.pages.hears(loop):
            self.pages.loop.poke()
        else:
            for dispatcher in self.dispatchers:
                dispatcher.poke()

    def push_clock(self, by: timedelta) -> None:
        """The demo's clock: move it and let every loop look again."""
        self.clock.push(by)
        for loop in ("intake", "timers", "notices", "files", "digests", "hooks", "pulling", "dispatch"):
            self._poke(loop)

    # -- stop -------------------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """1. Take nothing more in. 2. Store what waits. 3. End loops and sends. 4. Note the clean end. Within 5 s."""
        _log.info("hub.stopping")
        for adapter in self.adapters:
            await _end(adapter.stop_receiving())
        if self._runner is not None:
            await _end(self._runner.cleanup())
        await _end(self.acceptor.stop())
        await _end(self.mapper.stop())
        for task in self._tasks:
            await loops.cancel(task)
        if self._making is not None:  # half of a new database's tables would be of no use to the next hub
            await asyncio.wait({self._making})
        await _end(self._jobs.stop())
        stopping = [self._keeper.stop(), *(one.stop() for one in self._own), *(one.stop() for one in self.dispatchers)]
        await asyncio.gather(*map(_end, stopping))
        await asyncio.gather(*(_end(adapter.stop()) for adapter in self.adapters))
        if self.is_migrated:
            await self._close_run()
        await _end(database.close())
        _log.info("hub.stopped")

    async def _close_run(self) -> None:
        try:
            async with self.store.unit() as work:
                await work.change("UPDATE hub_runs SET stopped_at = ? WHERE id = ?", work.now, self._run_id)
        except Exception as error:  # a store that is away at the end: the next start is a careful one
            _log.warning("hub.unnoted", error=log.cause(error))


async def _end(part: Awaitable[None]) -> None:
    """What one part cannot end must not keep the others open."""
    try:
        await part
    except Exception as error:
        _log.error("stop.failed", error=log.cause(error))
