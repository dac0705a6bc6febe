"""Types that settings are made of, and how a wrong one is told. Which settings there are is each package's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from kernel.durations import parse_duration
from kernel.errors import Misread, Problem
from kernel.phrases import Foreign, Phrase

# The engine's sentences as it has them, by its names for mistakes; the values are named only.
_ENGINE = {
    "bool_parsing": Phrase("a valid boolean, unable to interpret input"),
    "bool_type": Phrase("a valid boolean"),
    "date_from_datetime_parsing": Phrase("a valid date or datetime, {error}", error=""),
    "dict_type": Phrase("a valid dictionary"),
    "float_parsing": Phrase("a valid number, unable to parse string as a number"),
    "float_type": Phrase("a valid number"),
    "greater_than": Phrase("greater than {gt}", gt=0),
    "greater_than_equal": Phrase("greater than or equal to {ge}", ge=0),
    "int_from_float": Phrase("a valid integer, got a number with a fractional part"),
    "int_parsing": Phrase("a valid integer, unable to parse string as an integer"),
    "int_type": Phrase("a valid integer"),
    "less_than": Phrase("less than {lt}", lt=0),
    "less_than_equal": Phrase("less than or equal to {le}", le=0),
    "list_type": Phrase("a valid list"),
    "model_type": Phrase("a valid dictionary or instance of {class_name}", class_name=""),
    "string_pattern_mismatch": Phrase("String should match pattern '{pattern}'", pattern=""),
    "string_too_long": Phrase("String should have at most {max_length} characters", max_length=0),
    "string_too_short": Phrase("String should have at least {min_length} characters", min_length=0),
    "string_type": Phrase("a valid string"),
    "tuple_type": Phrase("a valid tuple"),
}
_DATES: dict[str, str] = {  # what it adds of a date
    one: one
    for one in (
        Phrase("month value is outside expected range of 1-12"),
        Phrase("day value is outside expected range"),
        Phrase("input is too short"),
        Phrase("invalid character in year"),
        Phrase("invalid character in month"),
        Phrase("invalid character in day"),
        Phrase("invalid date separator, expected `-`"),
    )
}


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
        return Problem(key, Phrase("a value"))
    if one["type"] == "extra_forbidden":
        return Problem(key, Phrase("no such key here; see the settings reference"))
    return Problem(key, _expected(one), _shown(key, one))


def _expected(one: Any) -> str:
    """What a validator of ours has said, else what the engine says, in words of our own where we have them."""
    context = one.get("ctx", {})
    match context.get("error"):
        case Misread(problem=problem):
            return problem.expected
        case ValueError(args=[str(said)]):
            return said
    said = one["msg"].removeprefix("Input should be ")
    own = _own_words(one["type"], context)
    return own if own == said else Foreign(said)


def _own_words(kind: str, context: Mapping[str, Any]) -> str:
    """What the engine says, as a phrase that can be translated; "" where there is none."""
    if kind == "literal_error":
        names, _, last = context["expected"].rpartition(" or ")
        return Phrase("{names} or {last}", names=names, last=last) if names else Foreign(last)
    if kind == "string_too_short" and context["min_length"] == 1:
        return Phrase("String should have at least 1 character")
    said = _ENGINE.get(kind)
    return Phrase(said.text, **{name: _as_written(context[name]) for name in said.values}) if said else ""


def _as_written(value: object) -> object:
    """As the engine writes it: numbers without a point of their own, and its own words where it adds some."""
    if isinstance(value, float):
        return f"{value:g}"
    return _DATES.get(value, Foreign(value)) if isinstance(value, str) else value


def placed(problem: Problem, key: str) -> Problem:
    """A problem that a parser has found, under the key of what it was given."""
    return Problem(f"{key}.{problem.field}" if problem.field else key, problem.expected, problem.got)


_SECRET_WORDS = ("token", "secret", "password", "url", "auth")
_TABLES = frozenset({"model_type", "model_attributes_type", "dict_type"})  # a table was expected: it could hold secrets


def _shown(key: str, one: Any) -> str:
    value = one.get("input")
    is_table = isinstance(value, (dict, list)) or one["type"] in _TABLES
    if is_table or any(word in key.lower() for word in _SECRET_WORDS):
        return "(not shown)"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
