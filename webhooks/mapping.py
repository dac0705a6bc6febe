"""Maps as settings have them: CEL that makes our event from a foreign payload, checked when the hub starts. Pure.

CEL is Google's Common Expression Language (https://cel.dev): https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kernel import expressions
from kernel.errors import Problem
from kernel.phrases import Foreign, Phrase
from webhooks.functions import OURS

LENGTH_LIMIT = 20_000  # characters
FACTS: Mapping[str, str] = {"payload": "what was posted", "now": "the time of the hub"}
# CEL's own; macros (has, map, filter, all, exists) are no functions to the engine.
_STANDARD = (
    frozenset({"bytes", "contains", "double", "duration", "dyn", "endsWith", "int", "matches", "size", "startsWith"})
    | {"string", "timestamp", "type", "uint", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"}
    | {"getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds"}
)
_FAULT = re.compile(r"<input>:(\d+):(\d+): (.*)")
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')


def check(written: str, *, field: str) -> list[Problem]:
    """Every problem of a map that can be known without a payload, each with its line and column."""
    if len(written) > LENGTH_LIMIT:
        return [Problem(field, Phrase("at most {limit} characters", limit=LENGTH_LIMIT), str(len(written)))]
    try:
        program = expressions.compile(written)
    except ValueError as error:
        return [Problem(field, Phrase("a CEL expression; {fault}", fault=fault)) for fault in _faults(str(error))]
    functions = {name for name in program.functions() if name.isidentifier()} - _STANDARD - set(OURS)
    names = set(program.variables()) - set(FACTS) - set(_BOUND.findall(written)) - functions
    return [
        *(
            _unknown(written, name, field, Phrase("a name among {names}", names=", ".join(FACTS)))
            for name in sorted(names)
        ),
        *(
            _unknown(written, name, field, Phrase("a function of CEL, or one of {names}", names=", ".join(OURS)))
            for name in sorted(functions)
        ),
    ]


def _unknown(written: str, name: str, field: str, expected: Phrase) -> Problem:
    line, column = _place(written, name)
    told = Phrase("{expected}; line {line}, column {column}", expected=expected, line=line, column=column)
    return Problem(field, told, name)


def _place(written: str, name: str) -> tuple[int, int]:
    """Line and column where `name` first stands outside of a text."""
    bare = _STRING.sub(lambda text: " " * len(text.group()), written)
    found = re.search(rf"\b{re.escape(name)}\b", bare)
    before = bare[: found.start()] if found else ""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _faults(said: str) -> Iterator[Phrase | Foreign]:
    """The engine's complaints, its long lists of what could stand there left out."""
    found = _FAULT.findall(said)
    for line, column, what in found:
        fault = Foreign(what.split(" expecting ")[0])
        yield Phrase("line {line}, column {column}: {fault}", line=line, column=column, fault=fault)
    if not found:
        yield Foreign(said.splitlines()[0])
