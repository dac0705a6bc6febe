"""What code expects of an input, read from its syntax: each `Phrase(…)`, and what each `Problem(…)` is made with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# What only a shell, a file of faults or another program is told of: there it is English.
AT_THE_MACHINE = (
    "crmcore/exchange/",
    "crmcore/subscribers.py",
    "hub/cli/",
    "hub/demo/",
    "hub/history/",
    "hub/replay/",
    "webhooks/mapper.py",
    "webhooks/posting.py",
    "webhooks/schemas.py",
)
MAKING = (
    "kernel/errors.py",
    "kernel/phrases.py",
    "kernel/sentences.py",
    "kernel/settings.py",
)  # where phrases are made of phrases
# What is no sentence: what another has put there meanwhile.
VALUES = ("str(now[field])", "now.role.value", "now.zone", "holds.get(name, '')")
MADE = frozenset({"Phrase", "one_of", "Foreign", "kept"})
PLACES = {"Problem": 1, "Misread": 1}  # of what was expected, among the arguments


@dataclass(frozen=True, slots=True)
class Said:
    """One text of one call. `many`: its plural, "" if it has none; `given`: the places that the call fills."""

    where: str
    text: str
    many: str
    given: frozenset[str] | None  # None: **values, not known from here


def of(module: ast.Module, name: str) -> Iterator[Said]:
    """The phrases of one module. Raises ValueError for what is expected and can be no phrase."""
    yield from _phrases(module, name)
    if name.startswith((*AT_THE_MACHINE, *MAKING)):
        return
    for scope in [module, *(one for one in ast.walk(module) if isinstance(one, FUNCTIONS))]:
        for call in _own_calls(scope):
            for expected in _expected(call, name):
                for text in _texts(expected, module, scope, f"{name}:{call.lineno}"):
                    yield Said(f"{name}:{call.lineno}", text, "", frozenset())


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    """Of a function, not of those inside it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, FUNCTIONS):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _own_calls(child)


def _phrases(module: ast.Module, name: str) -> Iterator[Said]:
    for call in ast.walk(module):
        if not (isinstance(call, ast.Call) and _called(call) == "Phrase"):
            continue
        where = f"{name}:{call.lineno}"
        if not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant)):
            if name in MAKING:
                continue
            raise ValueError(f"{where}: which phrase is this? Write it out")
        yield Said(where, str(call.args[0].value), "", frozenset(one.arg for one in call.keywords if one.arg))


def _expected(call: ast.Call, name: str) -> Iterator[ast.expr]:
    called = _called(call)
    if called in PLACES:
        if any(isinstance(one, ast.Starred) for one in call.args):
            return  # (field, what is expected) of another function
        place = PLACES[called]
        yield from call.args[place : place + 1]
        yield from (one.value for one in call.keywords if one.arg == "expected")
    if called == "ValueError" and _is_of_settings(name):
        yield from call.args


def _is_of_settings(name: str) -> bool:
    """What a validator of the settings says is what was expected."""
    return name.endswith("settings.py") or name in ("bot/filling.py", "hub/bot.py", "hub/company.py", "kernel/times.py")


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _texts(node: ast.expr, module: ast.Module, scope: ast.AST, where: str) -> list[str]:
    """The texts that are written without their `Phrase`. Raises ValueError where it may be another's sentence."""
    match node:
        case ast.Constant(value=str(text)):
            return [text] if text else []
        case ast.Call() if _called(node) in MADE or _called(node) == "expected" or _makes(node, module):
            return []
        case ast.Attribute(attr="expected" | "EXPECTED") | ast.Subscript(value=ast.Attribute(attr="args")):
            return []
        case ast.Attribute(attr=name) if name.isupper():
            return []
        case ast.IfExp(body=one, orelse=other):
            return [text for value in (one, other) for text in _texts(value, module, scope, where)]
        case ast.Dict(values=values):
            return [text for value in values for text in _texts(value, module, scope, where)]
        case ast.Subscript(value=table):
            return _texts(table, module, scope, where)
        case ast.Name(id=name):
            return [text for value in _values(name, module, scope) for text in _texts(value, module, scope, where)]
    if ast.unparse(node) in VALUES:
        return []
    raise ValueError(f"{where}: what is expected here? Make it a Phrase: {ast.unparse(node)}")


def _makes(call: ast.Call, module: ast.Module) -> bool:
    """True for a function of this module that says it returns a phrase."""
    made = [one for one in module.body if isinstance(one, FUNCTIONS) and one.name == _called(call)]
    return bool(made and made[0].returns and ast.unparse(made[0].returns).startswith("Phrase"))


def _values(name: str, module: ast.Module, scope: ast.AST) -> list[ast.expr]:
    """What a name may stand for; nothing where it is handed in as a phrase. Raises ValueError for all else."""
    for one in (scope, module):
        found = [
            node.value
            for node in ast.walk(one)
            if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets)
        ]
        found += [
            node.value
            for node in ast.walk(one)
            if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name) and node.target.id == name
        ]
        if found:
            return found
    handed = [one for one in ast.walk(scope) if isinstance(one, ast.arg) and one.arg == name and one.annotation]
    if any(ast.unparse(one.annotation).startswith("Phrase") for one in handed if one.annotation):
        return []
    raise ValueError(f"{name} is assigned neither here nor at the top of the module, nor handed in as a Phrase")
