"""Escalation as the settings file has it: `[[chains]]` and `[duty.NAME]`, every mistake told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from crmcore import staff
from hub.policies import NO_CALENDAR
from kernel.errors import Problem
from kernel.phrases import Phrase, one_of
from kernel.settings import Duration, Section
from routing import chains, rotas, whom
from routing.chains import Chain, Step
from routing.rotas import Rota
from tickets.calendar import Calendar

GAP = timedelta(minutes=2)  # from one channel of a step to the next, if nothing is said
NAME_LIMIT = 60
MOST_STEPS = 50
_STEPS = Phrase("1 to {most} tellings, such as {example}", most=MOST_STEPS, example='{ who = "queue.manager" }')
_POST_ALONE = Phrase(
    "webhook alone, such as {example}; people are another step", example='{ webhook = "pager", after = "10m" }'
)
_REPEAT_ALONE = Phrase("repeat and after alone, such as {example}", example='{ repeat = 3, after = "30m" }')
_NO_HOOK = Phrase("none is set; add {example} and a secret", example='[hooks.out.pager] with url = "https://…"')


class StepSettings(Section):
    """Whom to tell, or which webhook; or with `repeat` how often all begins again."""

    who: str = ""
    webhook: str = ""
    after: Duration | None = None
    channels: tuple[str, ...] = ()
    gap: Duration = GAP
    within: str = ""
    repeat: int = Field(default=0, ge=0, le=50)


class ChainSettings(Section):
    name: str = Field(min_length=1, max_length=NAME_LIMIT)
    steps: tuple[StepSettings, ...]
    within: str = ""


class DutySettings(Section):
    rotation: tuple[str, ...]
    handover: str = "mon 09:00"
    zone: str = "UTC"
    since: date | None = None


def built(
    given: Sequence[ChainSettings],
    duty: Mapping[str, DutySettings],
    calendars: Mapping[str, Calendar],
    channels: Collection[str],
    found: list[Problem],
    *,
    hooks: Collection[str] = (),
) -> dict[str, Chain]:
    """The chains by name; what is wrong with them is added to `found`."""
    made: dict[str, Chain] = {}
    for number, one in enumerate(given):
        key = f"chains.{number} ({one.name})"
        if one.name in made:
            found.append(Problem(f"{key}.name", "a name that no other chain has", one.name))
        found += _hours(key, one.within, calendars)
        steps: list[Step] = []
        for place, step in enumerate(one.steps):
            at = f"{key}.steps.{place}"
            if step.repeat:
                found += _misplaced(at, step, is_last=place == len(one.steps) - 1)
                continue
            found += _unposted(at, step, hooks) if step.webhook else _wrong(at, step, duty, channels)
            found += _hours(at, step.within, calendars)
            steps += _flat(step, one.within)
        if not 0 < len(steps) <= MOST_STEPS:
            found.append(Problem(f"{key}.steps", _STEPS))
        last = one.steps[-1] if one.steps else StepSettings()
        again = last.after if last.repeat and last.after is not None else chains.AGAIN
        made[one.name] = Chain(one.name, tuple(steps), last.repeat, again)
    return made


def rotated(given: Mapping[str, DutySettings], found: list[Problem]) -> dict[str, Rota]:
    """The rotas; what is wrong with them is added to `found`."""
    made = {}
    for name, one in given.items():
        if not one.rotation:
            found.append(Problem(f"duty.{name}.rotation", 'names of colleagues, such as ["Ewa", "Marek"]'))
        zone = staff.known_zone(one.zone)
        if zone is None:
            found.append(Problem(f"duty.{name}.zone", "a time zone, for example Europe/Warsaw", one.zone))
        try:
            passes = rotas.handover(one.handover)
        except ValueError:
            found.append(Problem(f"duty.{name}.handover", rotas.EXPECTED, one.handover))
            continue
        if one.rotation and zone:
            made[name] = Rota(name, one.rotation, passes, ZoneInfo(zone), one.since)
    return made


def _flat(step: StepSettings, within: str) -> list[Step]:
    """A telling by several channels is several steps: each waits a while for the one before."""
    after, hours = step.after or timedelta(), step.within or within
    if step.webhook:
        return [Step(f"{chains.HOOK}{step.webhook}", after, "", hours)]
    names = step.channels or ("",)
    return [
        Step(step.who, step.gap if place else after, name, hours, again=place > 0) for place, name in enumerate(names)
    ]


def _wrong(key: str, step: StepSettings, duty: Mapping[str, DutySettings], channels: Collection[str]) -> list[Problem]:
    found = []
    kind, _, name = step.who.partition(":")
    if not whom.is_known(step.who):
        found.append(Problem(f"{key}.who", whom.EXPECTED, step.who))
    elif kind in (whom.DUTY, whom.NEXT) and name not in duty:
        known = ", ".join(duty) or Phrase("none is set; add {example}", example=f"[duty.{name}]")
        found.append(Problem(f"{key}.who", Phrase("{kind}: and one of: {names}", kind=kind, names=known), step.who))
    for channel in step.channels:
        if channel not in channels:
            known = ", ".join(channels) or Phrase("none is set up")
            found.append(Problem(f"{key}.channels", Phrase("channels of this hub: {names}", names=known), channel))
    return found


def _unposted(key: str, step: StepSettings, hooks: Collection[str]) -> list[Problem]:
    found = []
    if step.webhook not in hooks:
        known = Phrase("a name under [hooks.out]: {names}", names=", ".join(hooks) or _NO_HOOK)
        found.append(Problem(f"{key}.webhook", known, step.webhook))
    if step.who or step.channels:
        found.append(Problem(key, _POST_ALONE))
    return found


def _misplaced(key: str, step: StepSettings, *, is_last: bool) -> list[Problem]:
    found = []
    if not is_last:
        found.append(Problem(f"{key}.repeat", "only in the last step: all of them begin again"))
    if step.who or step.webhook or step.channels or step.within:
        found.append(Problem(key, _REPEAT_ALONE))
    return found


def _hours(key: str, name: str, calendars: Mapping[str, Calendar]) -> list[Problem]:
    if not name or name in calendars:
        return []
    return [Problem(f"{key}.within", one_of(calendars, NO_CALENDAR), name)]
