"""Types that settings are made of, and how a wrong one is told. Which settings there are is each package's own."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from kernel.durations import parse_duration
from kernel.errors import Problem

_SENTENCE = re.compile(r"(?:(\S+): )?got (.*?), expected (.*)", re.DOTALL)


class Section(BaseModel):
    """A table of the settings file. A key it does not know is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_several)]  # one, or a list while rotating


def problems(error: ValidationError, *, prefix: str = "") -> list[Problem]:
    """Everything pydantic found, as the key in the file, what was expected, and what stood there (never a secret)."""
    return [_problem(one, prefix) for one in error.errors(include_url=False)]


def _problem(one: Any, prefix: str) -> Problem:
    key = ".".join([prefix, *map(str, one["loc"])] if prefix else list(map(str, one["loc"])))
    if one["type"] == "missing":
        return Problem(key, "a value")
    if one["type"] == "extra_forbidden":
        return Problem(key, "no such key here; see the settings reference")
    told = told_by(one["msg"].removeprefix("Value error, "), key)
    return Problem(key, told.expected.removeprefix("Input should be "), _shown(key, one))


def told_by(text: str, key: str) -> Problem:
    """A problem out of a parser's sentence "hours.mon: got '9-8', expected HH:MM-HH:MM …", at `key`."""
    found = _SENTENCE.fullmatch(text)
    if not found:
        return Problem(key, text)
    part, got, expected = found.groups()
    return Problem(f"{key}.{part}" if part else key, expected, got)


_SECRET_WORDS = ("token", "secret", "password", "url", "auth")
_TABLES = frozenset({"model_type", "model_attributes_type", "dict_type"})  # a table was expected: it could hold secrets


def _shown(key: str, one: Any) -> str:
    value = one.get("input")
    is_table = isinstance(value, (dict, list)) or one["type"] in _TABLES
    if is_table or any(word in key.lower() for word in _SECRET_WORDS):
        return "(not shown)"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
