"""`centrala check`: the settings and each channel, step by step, naming the step that fails and what to do."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from hub.cli import Late, options

if TYPE_CHECKING:
    import aiohttp

    from hub import database
    from hub.settings import Settings
    from hub.setup import probing
    from kernel import errors, folding, rows, unit
else:
    aiohttp = Late("aiohttp")
    database = Late("hub.database")
    errors = Late("kernel.errors")
    folding = Late("kernel.folding")
    probing = Late("hub.setup.probing")
    rows = Late("kernel.rows")
    unit = Late("kernel.unit")

app = options.application(no_args_is_help=False)
TIMEOUT_S = 10.0
DATABASE = "database"
PREFIX = "CENTRALA_"


class Step(Struct, frozen=True):
    """One thing tried. `todo`: the next step where it failed."""

    name: str
    ok: bool
    said: str = ""
    todo: str = ""


@app.callback(invoke_without_command=True)
def all_of_it(context: typer.Context, config: options.Config = None) -> None:
    """Test the settings, the page's address and each channel; exit 1 if a step fails, 3 if the database is away."""
    if context.invoked_subcommand is not None:
        return
    settings = options.settings(config)
    steps = [*_settings(settings), *asyncio.run(_web(settings))]
    for name in settings.channels:
        steps += [Step(f"{name}: {one.name}", one.ok, one.said, one.todo) for one in _channel(name, settings)]
    _tell(steps)


@app.command()
def config(config: options.Config = None) -> None:
    """Read the settings and open the database."""
    _tell(_settings(options.settings(config)))


@app.command()
def web(config: options.Config = None) -> None:
    """Ask the running hub whether it is ready, here and at its public address."""
    settings = options.settings(config)
    _tell(asyncio.run(_web(settings)))


@app.command()
def telegram(config: options.Config = None) -> None:
    """Token, webhook or polling, staff chat, the bot's rights there and its privacy mode."""
    _tell(_channel("telegram", options.settings(config)))


@app.command()
def sms(config: options.Config = None) -> None:
    """Account and token, whether the sender is yours, where its messages go, and delivery reports."""
    _tell(_channel("sms", options.settings(config)))


@app.command()
def email(config: options.Config = None) -> None:
    """The token (OAuth), the mail server (connection, TLS, signing in, sending), each mailbox, and the listener."""
    _tell(_channel("email", options.settings(config)))


def _settings(settings: Settings) -> list[Step]:
    return [Step("settings", True, _summary(settings)), *asyncio.run(_store(settings))]


def _channel(name: str, settings: Settings) -> list[Step]:
    if name not in settings.channels:
        print(f"centrala: [channels.{name}] is not in the settings; docs/how-to/connect-{name}.md", file=sys.stderr)
        sys.exit(options.REFUSED)
    found = asyncio.run(probing.tried(name, settings))
    return [Step(one.name, one.ok, one.said, one.todo) for one in found]


async def _store(settings: Settings) -> list[Step]:
    await database.connect(settings.database.url)
    try:
        reading = database.connection(unit.READING)
        later = await database.newer(reading)
        missing = await database.missing(reading)
        names = set()
        if not missing:
            names = {row["folded"] for row in await rows.fetch(reading, "SELECT folded FROM staff WHERE active")}
    except Exception as error:
        if not errors.is_passing(error):
            raise
        return [Step(DATABASE, False, f"{_bare(settings.database.url)}: {_cause(error)}", _mend(settings))]
    finally:
        await database.close()
    if later:
        return [Step(DATABASE, True, "reached"), Step("tables", False, "a later version's", "run that version")]
    if missing:
        return [Step(DATABASE, True, "reached"), Step("tables", False, f"{len(missing)} behind", "centrala migrate")]
    return [Step(DATABASE, True, "reached"), Step("tables", True, "up to date"), *_strangers(settings, names)]


def _strangers(settings: Settings, names: set[str]) -> list[Step]:
    """What names people who are no colleagues (yet): others are told, or given tickets, in their place."""
    named = {f"queue {one.name}": [one.manager, *one.members] for one in settings.queues.values()}
    chains = {one.chain.name: one.chain for one in settings.queues.values() if one.chain}
    named |= {
        f"chain {name}": [step.who[1:] for step in chain.steps if step.who.startswith("@")]
        for name, chain in chains.items()
    }
    named |= {f"duty {name}": list(rota.rotation) for name, rota in settings.rotas.items()}
    named |= {f"shift {shift.name}": list(shift.members) for shift in settings.roster.shifts}
    named |= {f"skill {word}": list(people) for word, people in settings.roster.skills.items()}
    steps = []
    for place, people in named.items():
        missing = [name for name in dict.fromkeys(people) if name and folding.fold(name) not in names]
        if missing:
            said = f"{', '.join(missing)}: no colleague of that name"
            steps.append(Step(place, True, said, f'centrala staff add "{missing[0]}" --role …'))
    return steps


def _bare(url: str) -> str:
    """The address without user and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _cause(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0]}" if str(error) else type(error).__name__


def _mend(settings: Settings) -> str:
    variable = f"{PREFIX}DATABASE__URL"
    where = f"{variable}, which is set in this terminal" if variable in os.environ else "database.url"
    if settings.database.url.startswith("sqlite"):
        return f"make the folder of that file, or mend {where}"
    return f"start it, or mend {where}"


async def _web(settings: Settings) -> list[Step]:
    host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    local = f"http://{host}:{settings.web.port}"
    steps = [await _ready("this machine", local, "start it: centrala run")]
    if settings.web.public_url:
        todo = "let your proxy pass this address to the hub (docs/how-to/go-public.md)"
        steps.append(await _ready("public address", settings.web.public_url, todo))
    return steps


async def _ready(name: str, base: str, todo: str) -> Step:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"{base}/readyz") as response:
            body = await response.json()
    except (aiohttp.ContentTypeError, ValueError):
        return Step(name, False, f"another program answers at {base}", "see web.host, web.port and what listens there")
    except (aiohttp.ClientError, TimeoutError) as error:
        return Step(name, False, f"no answer at {base} ({type(error).__name__})", todo)
    status = body.get("status") if isinstance(body, dict) else None
    if status == "down":
        return Step(name, False, f"down: {', '.join(body.get('down', []))}", "see the hub's log")
    if status not in ("ok", "degraded"):
        return Step(name, False, f"another program answers at {base}", "see web.host, web.port and what listens there")
    return Step(name, True, f"{status} at {base}")


def _summary(settings: Settings) -> str:
    channels = ", ".join(settings.channels) or "none"
    return f"channels: {channels}; queues: {', '.join(settings.queues)}; rules: {len(settings.rules)}"


def _tell(steps: list[Step]) -> None:
    for step in steps:
        said = " ".join(step.said.split())  # a far side's words may come in several lines
        print(f"{'ok  ' if step.ok else 'FAIL'} {step.name}: {said}" + (f" → {step.todo}" if step.todo else ""))
    if not all(step.ok for step in steps):
        is_away = any(step.name == DATABASE and not step.ok for step in steps)
        sys.exit(options.NO_STORE if is_away else options.REFUSED)
