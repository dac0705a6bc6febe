"""What texts code and pages say, read from their syntax: each `texts.say(…)`, `spoken.say(…)`, `_(…)` of a page, and
what is refused to colleagues, and what an input was expected to be (`expecting`).
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

from tests.support import expecting
from tests.support.expecting import Said

ROOT = Path(__file__).parents[2]
# What is refused here is put into words where it is shown; what only a shell shows is English.
REFUSING = ("bot", "console", "crmcore", "routing", "tickets", "hub/book.py", "hub/office.py")
AT_THE_MACHINE = (
    "crmcore/exchange/",
    "crmcore/figures.py",
    "tickets/foreign.py",
    "tickets/imports.py",
    "tickets/search/rebuild.py",
)
REFUSALS = frozenset({"Invalid", "NotFound", "Forbidden", "Conflict"})
SOURCES = ("kernel", "channels", "crmcore", "tickets", "routing", "bot", "webhooks", "console", "hub")

_ENVIRONMENT = Environment()


def places(text: str) -> frozenset[str]:
    """The {places} of a text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@cache
def said() -> tuple[Said, ...]:
    """All texts of all calls, read once a session. Raises ValueError for one whose text cannot be found out."""
    pages = sorted((ROOT / "console" / "templates").rglob("*.html"))
    return (
        *expected(),
        *(one for name, module in modules() for one in _of(module, name)),
        *(one for path in pages for one in of_page(path.read_text(), str(path.relative_to(ROOT)))),
    )


@cache
def expected() -> tuple[Said, ...]:
    """What inputs were expected to be, in all of the code."""
    return tuple(one for name, module in modules() for one in expecting.of(module, name))


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """The code, by the names of its files."""
    paths = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths)


def of_page(source: str, name: str) -> Iterator[Said]:
    """The texts of one template: `_("…", place=…)` and `_n("one", "many", count, …)`, written out.

    Raises ValueError for a text that is not written out: what varies is said in Python and handed to the page.
    """
    for call in _ENVIRONMENT.parse(source).find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name not in ("_", "_n"):
            continue
        is_plural, where = call.node.name == "_n", f"{name}:{call.lineno}"
        literals = [arg.value for arg in call.args[: 1 + is_plural] if isinstance(arg, nodes.Const)]
        if len(literals) != 1 + is_plural:
            raise ValueError(f"{where}: which text is said here? Write it out")
        given = frozenset(keyword.key for keyword in call.kwargs) | ({"count"} if is_plural else frozenset())
        yield Said(where, literals[0], literals[1] if is_plural else "", given)


def of(source: str, name: str) -> Iterator[Said]:
    """The texts of one module."""
    module = ast.parse(source)
    yield from expecting.of(module, name)
    yield from _of(module, name)


def _of(module: ast.Module, name: str) -> Iterator[Said]:
    yield from _verbs(module, name)
    if name.startswith(REFUSING) and not name.startswith(AT_THE_MACHINE):
        yield from _refusals(module, name)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if _is_line(call) and name != "kernel/sentences.py":
                yield from _lines(call, module, function, name)
            if not _is_texts(call):
                continue
            assert isinstance(call.func, ast.Attribute)
            where = f"{name}:{call.lineno}"
            keys = [keyword.arg for keyword in call.keywords]
            given = None if None in keys else frozenset(key for key in keys if key)
            if call.func.attr == "say_many":
                [one], [many] = (_texts(arg, module, function, where) for arg in call.args[1:3])
                yield Said(where, one, many, None if given is None else given | {"count"})
                continue
            for text in _texts(call.args[1], module, function, where):
                yield Said(where, text, "", given)


def _lines(call: ast.Call, module: ast.Module, function: ast.AST, name: str) -> Iterator[Said]:
    """Of a line of history, which is put into words where it is read."""
    where, keys = f"{name}:{call.lineno}", [keyword.arg for keyword in call.keywords]
    given = None if None in keys else frozenset(key for key in keys if key)
    for text in _texts(call.args[0], module, function, where):
        yield Said(where, text, "", given)


def _is_line(call: ast.Call) -> bool:
    func = call.func
    is_said = isinstance(func, ast.Attribute) and func.attr == "line"
    return is_said and isinstance(func.value, ast.Name) and func.value.id == "sentences"


def _verbs(module: ast.Module, name: str) -> Iterator[Said]:
    """Of a verb that is typed: the word, and what it does."""
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        if not (isinstance(call.func, ast.Name) and call.func.id == "Verb" and len(call.args) > 3):
            continue
        called, effect, example = call.args[0], call.args[2], call.args[3]
        if isinstance(example, ast.Constant) and not str(example.value).startswith("/"):
            continue  # only a button carries it
        assert isinstance(called, ast.Constant) and isinstance(effect, ast.Constant), f"{name}:{call.lineno}"
        for text in (f"/{called.value}", str(effect.value)):
            yield Said(f"{name}:{call.lineno}", text, "", frozenset())


def _refusals(module: ast.Module, name: str) -> Iterator[Said]:
    """What `errors.Invalid(…)` and its kin say; not what is said already (`str(…)`), nor with its `language`."""
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_refusal(node)):
            where = f"{name}:{call.lineno}"
            keys = [keyword.arg for keyword in call.keywords]
            given = None if None in keys else frozenset(key for key in keys if key)
            if "language" in keys:
                continue  # it is said already
            for text in _texts(call.args[0], module, function, where) if call.args else ():
                yield Said(where, text, "", given)


def _is_refusal(call: ast.Call) -> bool:
    func = call.func
    is_error = isinstance(func, ast.Attribute) and func.attr in REFUSALS
    return is_error and isinstance(func.value, ast.Name) and func.value.id == "errors"


def _is_texts(call: ast.Call) -> bool:
    func = call.func
    is_said = isinstance(func, ast.Attribute) and func.attr in ("say", "say_many")
    return is_said and isinstance(func.value, ast.Name) and func.value.id in ("texts", "spoken")


def _texts(node: ast.expr, module: ast.Module, function: ast.AST, where: str) -> list[str]:
    """The texts that an expression can be: itself, a constant's, a table's values, what a function returns."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Attribute(attr="typed" | "effect"):
            return []  # of a verb: found where it is made
        case ast.Attribute(attr=constant) if constant.isupper():
            return []  # another module's: found where that says it
        case ast.IfExp(body=one, orelse=other):
            return [text for value in (one, other) for text in _texts(value, module, function, where)]
        case ast.Dict(values=values):
            return [text for value in values for text in _texts(value, module, function, where)]
        case ast.Tuple(elts=items):
            return [text for item in items for text in _texts(item, module, function, where)]
        case ast.Name(id=name) if _is_brought(name, module):
            return []  # a constant of another module, found there
        case ast.Name(id=name):
            return _texts(_assigned(name, module, function, where), module, function, where)
        case ast.Subscript(value=table) | ast.Call(func=ast.Attribute(value=table, attr="get")):
            return _texts(table, module, function, where)
        case ast.Call(func=ast.Name(id=name)):
            made = [one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == name]
            returns = [one for one in ast.walk(made[0]) if isinstance(one, ast.Return)] if made else []
            return [text for one in returns if one.value for text in _texts(one.value, module, made[0], where)]
    raise ValueError(f"{where}: which text is said here? Write it out, or name a constant or a table of texts")


def _is_brought(name: str, module: ast.Module) -> bool:
    brought = [one for node in module.body if isinstance(node, ast.ImportFrom) for one in node.names]
    return name.isupper() and name in {one.asname or one.name for one in brought}


def _assigned(name: str, module: ast.Module, function: ast.AST, where: str) -> ast.expr:
    for one in [*ast.walk(function), *module.body]:
        if isinstance(one, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in one.targets):
            return one.value
    raise ValueError(f"{where}: {name} is assigned neither here nor at the top of the module")
