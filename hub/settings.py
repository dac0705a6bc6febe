"""The settings: one TOML file and the environment, checked whole, every problem told at once."""

from __future__ import annotations

import copy
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from msgspec import Struct, field
from msgspec.structs import replace
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.macros import Macro
from channels import registry
from hub import chain_settings, desk, environment, hook_settings, policies, roster_settings, rule_settings, targets
from hub.bot import Bot as Bot
from hub.chain_settings import ChainSettings, DutySettings
from hub.company import Company as Company
from hub.desk import KindSettings as KindSettings
from hub.desk import QueueSettings as QueueSettings
from hub.desk import StateSettings as StateSettings
from hub.digest_settings import DigestSettings
from hub.environment import PREFIX
from hub.hook_settings import Hooks as Hooks
from hub.hook_settings import HookSource as HookSource
from hub.limits import Files
from hub.macros import MacroSettings
from hub.macros import checked as checked_macros
from hub.policies import PolicySettings
from hub.retention.settings import Retention
from hub.roster_settings import ShiftSettings
from hub.rule_settings import RuleSettings
from hub.targets import TargetSettings
from kernel.errors import Invalid, Problem
from kernel.phrases import Foreign, Phrase, kept
from kernel.settings import Section, placed, problems
from routing.desk import Queue
from routing.roster import Roster
from routing.rotas import Rota
from routing.rules import Rule
from tickets import calendar_settings
from tickets.calendar import Calendar
from tickets.calendar_settings import Change, InvalidCalendar
from tickets.kinds import Kinds
from tickets.old_numbers import History
from tickets.policies import Policy
from tickets.reports.targets import Target
from tickets.states import States

MAX_FAULTY_LEVELS = 4
FAR_SIDE = frozenset({"api_url"})  # where a channel's far side is; it makes no channel by itself
EXAMPLES = {
    "database.url": "sqlite://centrala.db",
    "company.name": "Orlik Sp. z o.o.",
    "web.port": "8080",
    "web.public_url": "https://desk.example",
    "channels.telegram.token": Phrase("{example} (from {where})", example="123456789:AA…", where="@BotFather"),
    "channels.telegram.mode": "polling",
    "channels.sms.account_sid": Phrase(
        "{example} (from Twilio's console)", example="AC0123456789abcdef0123456789abcdef"
    ),
    "channels.sms.auth_token": Phrase("the Auth Token of Twilio's console"),
    "channels.sms.receive": "poll",
    "queues.*.first_response": "1h",
    "calendars.*.zone": "Europe/Warsaw",
    "calendars.*.holidays": "PL",
    "calendars.*.special": '2026-12-24 = ["08:00-12:00"]',
    "rules.*.priority": "1",
    "chains.*.steps": '[{ who = "queue.manager" }, { who = "role:lead", after = "10m" }]',
    "duty.*.rotation": '["Ewa", "Marek"]',
    "kinds.*.fields": 'fields = [{ name = "cause", type = "codebook", book = "cause", required = true }]',
    "states.*.category": "waiting_us",
    "bot.hold_s": "3",
    "retention.at": "03:30",
    "quiet": "true",
    "history.patterns.*": 'zammad = ["[Ticket#{number}]"]',
}


def _database(url: str) -> str:
    if not url.startswith(("sqlite://", "postgresql://", "postgres://")):
        raise ValueError(Phrase("a URL that begins with sqlite:// or postgresql://"))
    return url


def _public(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError(Phrase("a URL that begins with https://"))
    return url.rstrip("/")


class Database(Section):
    url: Annotated[str, AfterValidator(_database)] = "sqlite://centrala.db"


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_public)] = ""
    metrics_token: SecretStr = SecretStr("")
    trusted_proxies: tuple[Annotated[str, AfterValidator(hook_settings.network)], ...] = ()

    @property
    def address(self) -> str:
        """Where colleagues reach the console."""
        return self.public_url or f"http://{self.host}:{self.port}"


class CalendarChange(Section):
    since: date = Field(alias="from")
    hours: dict[str, tuple[str, ...]]
    holidays: str | None = None


class CalendarSettings(Section):
    zone: str
    hours: dict[str, tuple[str, ...]]
    holidays: str = ""
    special: dict[date, tuple[str, ...]] = Field(default_factory=dict)
    changes: tuple[CalendarChange, ...] = ()


class _File(BaseSettings):
    """The whole file; the environment wins over it (CENTRALA_WEB__PORT=8081)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    company: Company = Company()
    database: Database = Database()
    web: Web = Web()
    channels: dict[str, dict[str, Any]] = Field(default_factory=dict)
    hooks: Hooks = Hooks()
    queues: dict[str, QueueSettings] = Field(default_factory=dict)
    calendars: dict[str, CalendarSettings] = Field(default_factory=dict)
    rules: tuple[RuleSettings, ...] = ()
    kinds: dict[str, KindSettings] = Field(default_factory=dict)
    states: tuple[StateSettings, ...] = ()
    policies: tuple[PolicySettings, ...] = ()
    shifts: dict[str, ShiftSettings] = Field(default_factory=dict)
    skills: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    targets: tuple[TargetSettings, ...] = ()
    chains: tuple[ChainSettings, ...] = ()
    duty: dict[str, DutySettings] = Field(default_factory=dict)
    bot: Bot = Bot()
    macros: dict[str, MacroSettings] = Field(default_factory=dict)
    retention: Retention = Retention()
    history: History = History()
    files: Files = Files()
    digest: DigestSettings = DigestSettings()
    data: str = ""
    quiet: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if not isinstance(env_settings, EnvSettingsSource):
            return env_settings, init_settings
        env_settings.env_vars, secrets = environment.parted(environment.with_files(env_settings.env_vars))
        return InitSettingsSource(settings_cls, secrets), env_settings, init_settings


class Settings(Struct, frozen=True):
    """Settings that hold together: channels checked by their own packages, queues with calendars, rules compiled."""

    database: Database
    web: Web
    hooks: Hooks
    bot: Bot
    channels: Mapping[str, Any]
    queues: Mapping[str, Queue]
    rules: tuple[Rule, ...]
    data: Path
    retention: Retention
    quiet: bool
    history: History
    file: Path | None = None  # where they were read; None: only the environment
    company: Company = field(default_factory=Company)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)
    states: States = field(default_factory=States)
    files: Files = field(default_factory=Files)
    digest: DigestSettings = field(default_factory=DigestSettings)
    policies: tuple[Policy, ...] = ()
    targets: tuple[Target, ...] = ()
    macros: Mapping[str, Macro] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)


def load(path: Path | None) -> Settings:
    """Read `path` (None: only the environment). Raises Invalid with every problem found, key by key."""
    return replace(check(read(path), base=path.parent if path else Path()), file=path)


def check(values: Mapping[str, Any], *, base: Path = Path()) -> Settings:
    """Settings from plain values as a TOML file gives them, the environment laid over. Raises Invalid as `load`."""
    found = environment.misspelt(os.environ, _File.model_fields)
    file = _shape(values, found)
    channels = _channels(file, values, found)
    calendars = _calendars(file, found)
    escalated = chain_settings.built(file.chains, file.duty, calendars, channels, found, hooks=file.hooks.out)
    rotas = chain_settings.rotated(file.duty, found)
    roster = roster_settings.built(file.shifts, file.skills, calendars, found)
    queues = desk.queues(file.queues, calendars, file.calendars, escalated, found)
    kinds, states = desk.kinds(file.kinds, found), desk.states(file.states, found)
    compiled = rule_settings.compiled(file.rules, queues, kinds, found, hooks=file.hooks.out)
    promised = policies.built(file.policies, calendars, queues, found)
    measured = targets.built(file.targets, queues, found)
    macros = checked_macros(file.macros, queues, found)
    hook_settings.check(file.hooks, found)
    if found:
        raise _invalid(found)
    return Settings(
        database=file.database,
        web=file.web,
        hooks=file.hooks,
        bot=file.bot,
        channels=channels,
        queues=queues,
        rules=compiled,
        policies=promised,
        targets=measured,
        data=Path(file.data) if file.data else base,
        retention=file.retention,
        quiet=file.quiet,
        history=file.history,
        company=file.company,
        calendars=calendars,
        kinds=kinds,
        states=states,
        files=file.files,
        digest=file.digest,
        macros=macros,
        rotas=rotas,
        roster=roster,
    )


def _shape(values: Mapping[str, Any], found: list[Problem]) -> _File:
    """The file as typed values. What has the wrong shape is noted and left out, so that the rest is checked as well."""
    rest = copy.deepcopy(dict(values))
    for _ in range(MAX_FAULTY_LEVELS):
        try:
            return _File(**rest)
        except ValidationError as error:
            found += [one for one in problems(error) if one.field not in {known.field for known in found}]
            if not _without(rest, error):
                break  # it stands in the environment, not in the file
        except SettingsError as error:  # it names the field in its message only
            field = next(iter(re.findall(r'field "(\w+)"', str(error))), "the environment")
            expected = Phrase("JSON in {name}, or one variable a value", name=f"{PREFIX}{field.upper()}")
            raise _invalid([*found, Problem(field, expected)]) from error
        except OSError as error:
            expected = Phrase("a readable text file (a setting of the form …_FILE names it)")
            raise _invalid([*found, Problem(str(error.filename), expected)]) from error
    raise _invalid(found)


def _without(values: dict[str, Any], error: ValidationError) -> bool:
    """Leave out everything that is faulty; True if all of it was there. Of a list what stands behind goes first."""
    faults = sorted((fault["loc"] for fault in error.errors(include_url=False)), key=_from_behind, reverse=True)
    left_out = [_leave_out(values, loc) for loc in faults]  # all of them, whatever becomes of one
    return all(left_out)


def _from_behind(loc: Sequence[int | str]) -> list[tuple[bool, int, str]]:
    return [(isinstance(key, int), key if isinstance(key, int) else 0, str(key)) for key in loc]


def _leave_out(values: Any, loc: Sequence[int | str]) -> bool:
    """Take the faulty value out of `values`; where a key is missing, what it is missing in. False if nothing of it is
    there: it stands in the environment."""
    place, holder, last = values, None, None
    for key in loc:
        is_there = key in place if isinstance(place, dict) else isinstance(place, list) and key in range(len(place))
        if not is_there:
            break
        place, holder, last = place[key], place, key
    if holder is None:
        return False
    del holder[last]
    return True


def read(path: Path | None) -> Mapping[str, Any]:
    """The file as it is written, without the environment. Raises Invalid for one that cannot be read."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise _invalid([Problem(str(path), "a settings file; `--config` names it")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        expected = Phrase("a TOML file in UTF-8: {why}", why=Foreign(error))
        raise _invalid([Problem(str(path), expected)]) from error


def _channels(file: _File, values: Mapping[str, Any], found: list[Problem]) -> dict[str, Any]:
    """The channels, checked. One of which only the environment speaks, and only of where its far side is, is none."""
    checked: dict[str, Any] = {}
    named = values["channels"] if isinstance(values.get("channels"), dict) else {}
    for name, raw in file.channels.items():
        if name not in named and FAR_SIDE.issuperset(raw):
            continue
        try:
            checked[name] = registry.load(name).Settings.model_validate(
                raw, context={"public_url": file.web.public_url}
            )
        except LookupError as error:
            found.append(Problem(f"channels.{name}", error.args[0]))
        except ValidationError as error:
            found += problems(error, prefix=f"channels.{name}")
    return checked


def _calendars(file: _File, found: list[Problem]) -> dict[str, Calendar]:
    built = {}
    for name, settings in file.calendars.items():
        try:
            built[name] = calendar_settings.build(
                name,
                zone=settings.zone,
                hours=settings.hours,
                holidays=settings.holidays,
                special=settings.special,
                changes=[Change(one.since, one.hours, one.holidays) for one in settings.changes],
            )
        except InvalidCalendar as error:
            found += [placed(one, f"calendars.{name}") for one in error.problems]
    return built


def _invalid(found: list[Problem]) -> Invalid:
    return Invalid("the settings do not hold together", problems=tuple(_with_example(one) for one in found))


def _with_example(problem: Problem) -> Problem:
    parts = problem.field.split(".")
    starred = ".".join(["*" if 0 < place < len(parts) - 1 else part for place, part in enumerate(parts)])
    example = EXAMPLES.get(problem.field) or EXAMPLES.get(starred)
    if not example:
        return problem
    expected = Phrase("{expected}; for example {example}", expected=kept(problem.expected), example=example)
    return Problem(problem.field, expected, problem.got)
