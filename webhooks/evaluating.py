"""The inside of the process that works out maps: a map and a payload come in, an event or a problem goes out.

A process, because CEL's engine gives the processor back to nobody until it is done: a list in a list of a thousand
lines each would hold up the whole hub. Here it is ended after a second of processor time.
"""

from __future__ import annotations

import re
import resource
import signal
import sys
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from kernel import children, expressions
from webhooks import foreign, functions

CPU_S = 1.0  # of processor time a payload may take, so that a busy machine fails nobody
MEMORY = 512 * 1024 * 1024  # bytes of address space
RESULT_LIMIT = 1024 * 1024  # bytes of JSON: as much as may be posted
_SAID_LIMIT = 300
_TRUSTED = re.compile(
    r"^Function '\w+' error: (?:Python function call failed: \w+: )?|\. Check function arguments.*$", re.S
)


def serve() -> None:
    """Until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    answers.write(children.READY)
    answers.flush()
    while (question := children.frame(questions)) is not None:
        signal.setitimer(signal.ITIMER_PROF, CPU_S)  # SIGPROF ends the process, whatever it is at
        answer = answered(question)
        signal.setitimer(signal.ITIMER_PROF, 0)
        children.say(answers, answer)


def question(written: str, body: bytes, now: datetime) -> bytes:
    """A frame for `answered`."""
    return orjson.dumps({"map": written, "now": now.isoformat()}) + b"\n" + body


def answered(question: bytes) -> bytes:
    """{"event": …}, null in it for a payload that is not for us, or {"field", "expected", "got"}."""
    asked, _, body = question.partition(b"\n")
    head = orjson.loads(asked)
    try:
        payload = foreign.payload(body)
    except ValueError as error:
        return _problem("body", "JSON in UTF-8, or the fields of a web form", str(error))
    except MemoryError:
        return _problem("body", "a payload that is smaller", "one that does not fit into memory")
    try:
        result = _evaluated(head["map"], payload, datetime.fromisoformat(head["now"]))
    except Exception as error:  # whatever CEL, arithmetic or an index raises is the payload's or the map's
        return _problem(*_told(head["map"], error))
    return _packed(result)


def _evaluated(written: str, payload: Any, now: datetime) -> Any:
    context = expressions.context({"payload": payload, "now": now})
    for name, function in functions.of(payload).items():
        context.add_function(name, function)
    return _compiled(written).execute(context)


@lru_cache(maxsize=64)
def _compiled(written: str) -> Any:
    return expressions.compile(written)


def _packed(result: Any) -> bytes:
    if result is not None and not isinstance(result, dict):
        return _problem("map", 'an event, {"type": …, "data": {…}}, or null for what is not for us', _kind(result))
    try:
        packed = orjson.dumps({"event": _without_nulls(result)})
    except (TypeError, ValueError, RecursionError) as error:  # bytes, durations, keys that are no texts, too deep
        return _problem("map", "an event of texts, numbers, times, lists and maps", str(error))
    if len(packed) > RESULT_LIMIT:
        return _problem("map", f"an event of at most {RESULT_LIMIT} bytes", f"{len(packed)} bytes")
    return packed


def _without_nulls(value: Any) -> Any:
    """What is null is left out, so that a map can say "the name, if there is one"."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return value


def _told(written: str, error: Exception) -> tuple[str, str, str]:
    """Field, what was expected, what came instead."""
    if isinstance(error, KeyError):
        name = str(error.args[0]) if error.args else ""
        field = _path(written, name)
        return (
            field,
            f'a value here, or a map that does without: get(payload, "{field.removeprefix("payload.")}", "")',
            "nothing",
        )
    if isinstance(error, ZeroDivisionError):
        return "map", "a division by something else than zero", "a division by zero"
    if isinstance(error, MemoryError):
        return "map", "an event that fits into memory", "more"
    said = _TRUSTED.sub("", (str(error) or type(error).__name__)).splitlines()[0]
    return "map", "values of the kinds that the map works with", said.split(" CEL does not")[0]


def _path(written: str, name: str) -> str:
    """The missing key as the map names it, if it names it in one way only."""
    found = set(re.findall(rf"\bpayload(?:\.\w+)*?\.{re.escape(name)}\b", written))
    return found.pop() if len(found) == 1 else name or "payload"


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list"}
    return kinds.get(type(value), type(value).__name__)


def _problem(field: str, expected: str, got: str) -> bytes:
    told = {"field": field, "expected": expected, "got": got[:_SAID_LIMIT]}
    return orjson.dumps({name: value.encode("utf-8", "replace").decode() for name, value in told.items()})
