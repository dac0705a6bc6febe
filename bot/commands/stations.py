"""The verbs of stations: declare an outage, change or end it, and confirm what is to be told."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import outage_views, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import access, ledger, outages, stations
from crmcore.access import Role
from crmcore.ledger import Outage, Revision, State
from crmcore.outages import Asked, Window
from kernel import errors, folding, sentences, texts, times
from kernel.times import Spoken

MOST_STATIONS = 20
EXAMPLE = "/station 0412 down 14:30 18:00 maintenance"
_ACTIONS = {
    "down": ("down", "off", "out", "closed"),
    "up": ("up", "on", "ends", "ended", "works"),
    "move": ("move", "change", "moved"),
    "cancel": ("cancel", "cancelled"),
}
_FROM = re.compile(r"(?:from|since)\s+", re.IGNORECASE)
_UNTIL = re.compile(r"(?:until|till|to|-|–)(?:\s+|$)", re.IGNORECASE)
_GOOD = re.compile(r"for good\b[\s,;:.]*", re.IGNORECASE)
_CODE = re.compile(r"[,;]+")


async def station(call: Call) -> Answer | None:
    """`station CODE… down [from] [until] [why]`, `up [at]`, `move [from] [until]`, `cancel [why]`, or what stands."""
    words = call.rest.split()
    zone = ZoneInfo(call.actor.zone)
    if not words or folding.fold(words[0]) == "list":
        return Answer(outage_views.listing(call.reading, await ledger.listed(call.work, only_open=True, limit=20)))
    names, action, rest = _parted(words)
    if action is None:
        return Answer(await _standing(call, names))
    _must_lead(call, f"/station {action}")
    if action == "down":
        found = await stations.needed(call.work, names)
        window, why = _down(rest, zone, call.work.now)
        await outages.declare(call.work, found, window, _asked(call), why=why)
        return None  # the preview follows once it is counted
    outage = await _meant(call, names)
    await _ACTS[action](call, outage, rest, zone)
    return (
        Answer(texts.say(call.language, "{outage} is dropped. Nobody was told.", outage=outage.name))
        if outage.state is State.DRAFT
        else None
    )


async def confirm(call: Call) -> Answer:
    """Send what the preview showed: by its button, or by the outage's number."""
    outage, revision = await _waiting(call)
    _must_be_his(call, revision)
    await outages.publish(call.work, outage, revision)
    return Answer(
        texts.say(call.language, "{outage}/{number} goes out now.", outage=outage.name, number=revision.number)
    )


async def discard(call: Call) -> Answer:
    """Drop what waits for a confirm."""
    outage, revision = await _waiting(call)
    await outages.drop(call.work, outage)
    return Answer(
        texts.say(
            call.language, "{outage}/{number} is dropped. Nobody was told.", outage=outage.name, number=revision.number
        )
    )


# -- what was typed --------------------------------------------------------------------------------------------------


def _parted(words: list[str]) -> tuple[list[str], str | None, str]:
    """Codes (or an outage's number), the action, and what follows it. Pure."""
    for place, word in enumerate(words):
        action = next((name for name, forms in _ACTIONS.items() if folding.fold(word) in forms), None)
        if action and place:
            return _codes(words[:place]), action, " ".join(words[place + 1 :])
    return _codes(words), None, ""


def _codes(words: list[str]) -> list[str]:
    codes = list(dict.fromkeys(stations.written(code) for word in words for code in _CODE.split(word) if code))
    if len(codes) > MOST_STATIONS:
        raise errors.Invalid("At most {most} stations at once. Nothing was done.", most=MOST_STATIONS)
    return codes


def _down(text: str, zone: ZoneInfo, now: datetime) -> tuple[Window, str]:
    """The window and the reason. One time is the beginning, one duration the length, `until 18:00` the end. Pure."""
    first, second, rest = _times(text, zone, now)
    for_good = _GOOD.match(rest)
    starts_at, ends_at = now, None
    if first is not None and first.is_span and second is None:
        ends_at = first.at
    elif first is not None:
        starts_at = first.at
    if second is not None:
        ends_at = second.last_at
    if first is not None and not first.is_dated and (ends_at or first.at) <= now:
        starts_at, ends_at = _tomorrow(starts_at, ends_at, zone, now)
    return Window(starts_at, ends_at, bool(for_good)), rest[for_good.end() :] if for_good else rest


def _tomorrow(
    starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime | None]:
    """A bare time that has passed: it began today if nothing says it is over, else tomorrow is meant."""
    if ends_at is None:
        return starts_at, None
    at = times.leading(f"{starts_at.astimezone(zone):%H:%M}", now=now, zone=zone, after=now)
    until = times.leading(f"{ends_at.astimezone(zone):%H:%M}", now=now, zone=zone, after=at.at if at else now)
    return (at.at, until.at) if at and until else (starts_at, ends_at)


def _times(text: str, zone: ZoneInfo, now: datetime) -> tuple[Spoken | None, Spoken | None, str]:
    """Up to two times at the beginning, with `from` and `until` before them if they are written. Pure."""
    if has_from := _FROM.match(text):
        text = text[has_from.end() :]
    try:
        first = None if _UNTIL.match(text) else times.leading(text, now=now, zone=zone)
        text = first.rest if first else text
        has_until = _UNTIL.match(text)
        after = first.at if first else now
        second = times.leading(text[has_until.end() if has_until else 0 :], now=now, zone=zone, after=after)
        if has_until and second is None:
            after_it = "After {word} expected a time such as {examples}"
            raise ValueError(sentences.line(after_it, word=has_until[0].strip(), examples=times.EXAMPLES))
    except ValueError as error:
        raise errors.Invalid("When? {why}. Nothing was done.", why=error.args[0]) from error
    return first, second, second.rest if second else text


# -- acts ------------------------------------------------------------------------------------------------------------


async def _up(call: Call, outage: Outage, text: str, zone: ZoneInfo) -> None:
    first, _, _ = _times(text, zone, call.work.now)
    await outages.end(call.work, outage, first.at if first else call.work.now, _asked(call))


async def _move(call: Call, outage: Outage, text: str, zone: ZoneInfo) -> None:
    """New times; one that is not said stays."""
    first, second, rest = _times(text, zone, call.work.now)
    if first is None and second is None:
        raise errors.Invalid(
            "To when? /station {outage} move 15:00 19:00, or until 19:00. Nothing was done.", outage=outage.name
        )
    starts_at = first.at if first and not first.is_span else outage.starts_at
    ends_at = second.last_at if second else first.at if first and first.is_span else outage.ends_at
    window = Window(starts_at, ends_at, outage.for_good)
    await outages.move(call.work, outage, window, _asked(call), why=rest)


async def _cancel(call: Call, outage: Outage, text: str, zone: ZoneInfo) -> None:
    await outages.cancel(call.work, outage, _asked(call), why=text)


_ACTS = {"up": _up, "move": _move, "cancel": _cancel}


# -- what is meant ---------------------------------------------------------------------------------------------------


async def _meant(call: Call, names: list[str]) -> Outage:
    """An outage by its number, or the only one of a station. Raises NotFound and Conflict."""
    number = ledger.parse(names[0]) if len(names) == 1 else None
    if number is not None:
        return await ledger.by_number(call.work, number)
    found = await stations.needed(call.work, names)
    standing = await ledger.at_stations(call.work, [one.id for one in found])
    announced = [one for one in standing if one.state is State.ANNOUNCED] or standing
    active = [one for one in announced if one.starts_at <= call.work.now] or announced
    if not active:
        raise errors.NotFound(
            "{stations} is not out. /station list shows what is. Nothing was done.", stations=", ".join(names)
        )
    if len(active) > 1:
        which = ", ".join(one.name for one in active[:5])
        raise errors.Conflict(
            "Which one? {which}: /station {outage} up. Nothing was done.", which=which, outage=active[0].name
        )
    return active[0]


async def _waiting(call: Call) -> tuple[Outage, Revision]:
    """What a button, a number or the message replied to names, if it still waits."""
    if call.is_press:
        revision = await ledger.one_revision(call.work, call.number)
        outage = await ledger.by_id(call.work, revision.outage_id if revision else 0)
    else:
        outage = await _named(call)
        revision = await ledger.pending(call.work, outage.id)
    if revision is None or revision.stage is not ledger.Stage.COUNTED:
        raise errors.Conflict(
            "Nothing of {outage} waits for a confirm. Nothing was done.", code="done", outage=outage.name
        )
    return outage, revision


async def _named(call: Call) -> Outage:
    number = ledger.parse(call.rest) if call.rest.strip() else None
    if number is not None:
        return await ledger.by_number(call.work, number)
    ref = call.known.ref if call.known else None
    if ref is not None and ref.kind == "outage":
        return await ledger.by_id(call.work, ref.id)
    raise errors.Invalid("Which outage? Write its number: /confirm O-12, or reply to its preview. Nothing was done.")


async def _standing(call: Call, names: list[str]) -> str:
    found = await stations.needed(call.work, names)
    standing = await ledger.at_stations(call.work, [one.id for one in found])
    labels = "; ".join(views.short(one.label, 80) for one in found)
    if not standing:
        return texts.say(call.language, "{stations}: in service.", stations=labels)
    return f"{labels}\n{outage_views.listing(call.reading, standing)}"


def _asked(call: Call) -> Asked:
    return Asked(staff_id=call.actor.id, message_id=call.arrived.id)


def _must_lead(call: Call, what: str) -> None:
    if not access.ranks(call.actor, Role.LEAD):
        raise errors.Forbidden(
            "{command} needs a lead (you: {role}). Nothing was done.",
            command=what,
            role=views.role(call.language, call.actor.role),
        )


def _must_be_his(call: Call, revision: Revision) -> None:
    if revision.by_id is not None and revision.by_id != call.actor.id:
        raise errors.Forbidden("A notice is confirmed by whoever asked for it. Ask for it yourself. Nothing was sent.")


VERBS = (
    Verb(
        "station",
        station,
        "say that a station is out, until when and why",
        EXAMPLE,
        ("st",),
        needs_ticket=False,
        in_chat_only=True,
    ),
    Verb(
        "confirm",
        confirm,
        "send the notices that a preview has shown",
        "/confirm O-12",
        (),
        "oc",
        needs_ticket=False,
        least=Role.LEAD,
        in_chat_only=True,
    ),
    Verb(
        "discard",
        discard,
        "drop a notice that waits for its confirm",
        "/discard O-12",
        (),
        "od",
        needs_ticket=False,
        least=Role.LEAD,
        in_chat_only=True,
    ),
)
