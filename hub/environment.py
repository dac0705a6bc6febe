"""Settings in the environment: CENTRALA_WEB__PORT=8081, and CENTRALA_…_FILE for values that lie in a file."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kernel.errors import Problem
from kernel.phrases import Phrase

PREFIX = "CENTRALA_"
TESTS = "CENTRALA_TEST_"  # the tests' own
FILE = "_FILE"
SECRETS = frozenset({"token", "secret", "password", "auth_token", "webhook_secret", "metrics_token"})  # settings


def misspelt(variables: Mapping[str, str], known: Iterable[str]) -> list[Problem]:
    """Variables of ours that no setting reads, and settings that are given twice: as a value and as a file.

    One underscore too few would otherwise be passed over in silence. `known`: the tables of the settings file.
    """
    ours = {name.upper() for name in variables if _is_ours(name)}
    tables = set(known)
    unknown = [name for name in ours if name[len(PREFIX) :].removesuffix(FILE).lower().split("__")[0] not in tables]
    expected = Phrase(
        "{prefix} and one of {names}, two underscores between levels (…WEB__PORT)",
        prefix=PREFIX,
        names=", ".join(sorted(tables)),
    )
    twice = [name for name in ours if f"{name}{FILE}" in ours and variables.get(f"{name}{FILE}")]
    return [
        *(Problem(name, expected) for name in sorted(unknown)),
        *(Problem(name, Phrase("this or {other}, not both", other=f"{name}{FILE}")) for name in sorted(twice)),
    ]


def with_files(variables: Mapping[str, str | None]) -> dict[str, str | None]:
    """CENTRALA_…_FILE names a file that holds the value, as container platforms and systemd hand out secrets.

    Raises OSError if one cannot be read or is no text in UTF-8.
    """
    resolved: dict[str, str | None] = {}
    for name, value in variables.items():
        if name.upper().startswith(PREFIX) and name.upper().endswith(FILE) and value:
            try:
                resolved[name[: -len(FILE)]] = Path(value).read_text("utf-8").strip()
            except UnicodeDecodeError as error:
                raise OSError(errno.EILSEQ, "not a text in UTF-8", value) from error
        else:
            resolved[name] = value
    return resolved


def parted(variables: Mapping[str, str | None]) -> tuple[dict[str, str | None], dict[str, Any]]:
    """What is to be read as JSON where a table or list is expected, and the secrets, nested as the settings have them.

    A secret is what it says, letter by letter: a password of digits is no number. A list in JSON gives several.
    """
    others: dict[str, str | None] = {}
    secrets: dict[str, Any] = {}
    for name, value in variables.items():
        levels = name.lower()[len(PREFIX) :].split("__") if _is_ours(name) else []
        if not levels or levels[-1] not in SECRETS or value is None:
            others[name] = value
            continue
        place = secrets
        for level in levels[:-1]:
            place = place.setdefault(level, {})
        place[levels[-1]] = _one_or_several(value)
    return others, secrets


def over(variables: Mapping[str, str], key: str) -> str:
    """The variable that decides a setting ("queues.cards.manager") whatever the file says; "" if there is none."""
    wanted = key.lower().split(".")
    for name in sorted(variables):
        if not _is_ours(name):
            continue
        levels = name[len(PREFIX) :].removesuffix(FILE).lower().split("__")
        if wanted[: len(levels)] == levels and _says(variables[name], wanted[len(levels) :]):
            return name
    return ""


def _says(value: str, rest: list[str]) -> bool:
    """True if a variable's value has something to say of what lies below it. A list stands for the whole."""
    try:
        found: Any = json.loads(value) if rest else None
    except ValueError:
        return False
    for part in rest:
        if not isinstance(found, dict):
            break
        below = {str(name).lower(): one for name, one in found.items()}
        if part not in below:
            return False
        found = below[part]
    return True


def _one_or_several(value: str) -> str | list[str]:
    try:
        found = json.loads(value)
    except ValueError:
        return value
    is_several = isinstance(found, list) and all(isinstance(one, str) for one in found)
    return found if is_several else value


def is_set() -> bool:
    """True if the environment carries settings, so that no file is needed."""
    return any(name.upper().startswith(PREFIX) for name in os.environ)


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX) and not name.upper().startswith(TESTS)
