"""Settings in the environment: CENTRALA_WEB__PORT=8081, and CENTRALA_…_FILE for values that lie in a file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from kernel.errors import Problem

PREFIX = "CENTRALA_"
TESTS = "CENTRALA_TEST_"  # the tests' own
FILE = "_FILE"


def misspelt(variables: Mapping[str, str], known: Iterable[str]) -> list[Problem]:
    """Variables of ours that no setting reads, and settings that are given twice: as a value and as a file.

    One underscore too few would otherwise be passed over in silence. `known`: the tables of the settings file.
    """
    ours = {name.upper() for name in variables if _is_ours(name)}
    tables = set(known)
    unknown = [name for name in ours if name[len(PREFIX) :].removesuffix(FILE).lower().split("__")[0] not in tables]
    expected = f"{PREFIX} and one of {', '.join(sorted(tables))}, two underscores between levels (…WEB__PORT)"
    twice = [name for name in ours if f"{name}{FILE}" in ours and variables.get(f"{name}{FILE}")]
    return [
        *(Problem(name, expected) for name in sorted(unknown)),
        *(Problem(name, f"this or {name}{FILE}, not both") for name in sorted(twice)),
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


def is_set() -> bool:
    """True if the environment carries settings, so that no file is needed."""
    return any(name.upper().startswith(PREFIX) for name in os.environ)


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX) and not name.upper().startswith(TESTS)
