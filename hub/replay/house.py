"""What a replay takes of a settings file: how the house works, and who works there; nothing that leads out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from crmcore.access import Role

Json = Mapping[str, Any]
# Where it is stored, by which channels and hooks it is reached, what is kept how long: none of it is taken.
TAKEN = (
    "calendars",
    "chains",
    "company",
    "duty",
    "history",
    "kinds",
    "macros",
    "policies",
    "queues",
    "rules",
    "shifts",
    "skills",
    "states",
    "targets",
)
_SPOKEN = ("language", "ratings", "topic_talk")  # of the bot's own settings
_SECRET = "whsec_cmVwbGF5cy1zaWduLW5vdGhpbmc="  # noqa: S105 - of posts that go to this very process, which takes none
ANNA, MAREK = "anna", "marek"


class Member(Struct, frozen=True):
    """A colleague of the replay."""

    name: str
    role: Role


BUILT_IN: Mapping[str, Member] = {ANNA: Member("Anna", Role.AGENT), MAREK: Member("Marek", Role.MANAGER)}
USUAL: Json = {"queues": {"inbox": {"manager": "Marek", "first_response": "1h", "assign": "none"}}}


def taken(given: Json, *, hub: str) -> dict[str, Any]:
    """The tables of a settings file that a replay runs by. `hub`: where webhooks go instead: to nobody."""
    found: dict[str, Any] = {name: given[name] for name in TAKEN if name in given}
    hooks = {name: {"url": f"{hub}/nobody", "secret": _SECRET, "private": True} for name in _outward(given)}
    if hooks:
        found["hooks"] = {"out": hooks}
    bot = _table(given, "bot")
    found["bot"] = {name: bot[name] for name in _SPOKEN if name in bot}
    return found


def staff(given: Json) -> dict[str, Member]:
    """Whom a transcript may let speak as colleagues: Anna and Marek, and all that the file names in its queues, shifts,
    rotas and skills. By their names in small letters, with _ for a space."""
    found = dict(BUILT_IN)
    for name in _workers(given):
        found.setdefault(key(name), Member(name, Role.AGENT))
    for queue in _tables(given, "queues"):
        manager = queue.get("manager")
        if isinstance(manager, str) and manager:
            found[key(manager)] = Member(manager, Role.MANAGER)
    return found


def key(name: str) -> str:
    """How a transcript writes a name."""
    return "_".join(name.lower().split())


def _workers(given: Json) -> Iterator[str]:
    for table, people in (("queues", "members"), ("shifts", "members"), ("duty", "rotation")):
        for one in _tables(given, table):
            yield from _names(one.get(people))
    for names in _table(given, "skills").values():
        yield from _names(names)


def _outward(given: Json) -> Iterator[str]:
    yield from _table(_table(given, "hooks"), "out")


def _tables(given: Json, name: str) -> Iterator[Json]:
    """What has another shape is passed over here, and named where the settings are checked."""
    return (one for one in _table(given, name).values() if isinstance(one, Mapping))


def _table(given: Json, name: str) -> Json:
    found = given.get(name)
    return found if isinstance(found, Mapping) else {}


def _names(given: object) -> Iterator[str]:
    return (one for one in given if isinstance(one, str) and one) if isinstance(given, (list, tuple)) else iter(())
