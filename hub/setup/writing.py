"""Writes the settings file: keys set in place, comments and order kept, never a file that `centrala run` refuses."""

from __future__ import annotations

import copy
import importlib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from console.book import Moved, Removed
from hub import settings
from hub.settings import Settings
from hub.setup import blocks
from kernel.errors import Invalid, Problem
from kernel.phrases import Phrase

MODE = 0o600  # tokens and passwords stand in it
HEADER = "Settings of Centrala. What may stand here: docs/reference/settings.md"
_LITERAL = re.compile(r"-?\d{1,15}|true|false")


def write(path: Path, changes: Mapping[str, object]) -> None:
    """Set dotted keys ("channels.email.imap.0.host") in the file at `path`; None takes a key out.

    What was there before stays beside it as `….bak`. Raises Invalid, with nothing written, where the settings would
    not hold together or the file is not TOML; OSError where it cannot be written.
    """
    text = preview(path, changes)
    target = path.resolve()  # a link stays a link
    if target.exists():
        _replace(target.with_name(f"{target.name}.bak"), target.read_bytes())
    _replace(target, text.encode())


def preview(path: Path, changes: Mapping[str, object]) -> str:
    """The text of the file with the changes. Raises Invalid as `write`."""
    before = _text(path)
    whole = [(key, value) for key, value in changes.items() if isinstance(value, (Removed, Moved))]
    if whole:
        return _rearranged(path, before, *whole[0])
    try:
        document = _tomlkit().parse(before)
    except _tomlkit().exceptions.TOMLKitError as error:
        raise _not_toml(path, error) from error
    wanted = changed(document.unwrap(), changes)
    settings.check(wanted, base=path.parent)
    if not before:
        document.add(_tomlkit().comment(HEADER))
    for key, value in changes.items():
        _set(document, key.split("."), value)
    text = str(_tomlkit().dumps(document))
    if tomllib.loads(text) != wanted:
        raise Invalid("the file was not changed", problems=tuple(_by_hand(key) for key in changes))
    return text


def _rearranged(path: Path, before: str, key: str, how: Removed | Moved) -> str:
    """The text with a table gone or moved, comments and all; nothing else may read otherwise than before."""
    wanted = changed(values(path), {key: how})
    settings.check(wanted, base=path.parent)
    parts = key.split(".", 1)
    text = blocks.removed(before, parts) if isinstance(how, Removed) else blocks.moved(before, parts, how.to)
    if _bare(tomllib.loads(text)) != _bare(wanted):
        raise Invalid("the file was not changed", problems=(_by_hand(key),))
    return text


def _bare(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Without tables and lists that are empty: no line may be left that makes them."""
    return {key: value for key, value in whole.items() if value not in ({}, [])}


def _rearrange(result: dict[str, Any], key: str, how: Removed | Moved) -> None:
    part, name = key.split(".", 1)
    place = result.get(part, {})
    if isinstance(how, Removed):
        place.pop(int(name) if isinstance(place, list) else name)
    else:
        place.insert(how.to, place.pop(int(name)))


def check(path: Path, changes: Mapping[str, object]) -> Settings:
    """What the settings would be with the changes, the environment laid over. Raises Invalid as `write`."""
    return settings.check(changed(values(path), changes), base=path.parent)


def values(path: Path) -> dict[str, Any]:
    """What stands in the file; nothing if it is not there. Raises Invalid where it is not TOML."""
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, error) from error


def changed(whole: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    """`whole` with dotted keys set, and those taken out that are None. Pure."""
    result = copy.deepcopy(dict(whole))
    for key, value in changes.items():
        if isinstance(value, (Removed, Moved)):
            _rearrange(result, key, value)
        else:
            _set(result, key.split("."), value)
    return result


def typed(path: Path, written: Mapping[str, str]) -> dict[str, object]:
    """Values as typed by a person: numbers, true and false as such where the setting takes them, else as texts.

    Raises Invalid as `write`.
    """
    literal = {key: tomllib.loads(f"v = {text}")["v"] for key, text in written.items() if _is_literal(text)}
    try:
        check(path, {**written, **literal})
    except Invalid as error:
        wrong = {problem.field for problem in error.problems}
        return {**written, **{key: value for key, value in literal.items() if key not in wrong}}
    return {**written, **literal}


def _is_literal(text: str) -> bool:
    """A number that TOML reads back as it stands: 007 is a text."""
    return bool(_LITERAL.fullmatch(text)) and not re.match(r"-?0\d", text)


def _set(place: Any, parts: list[str], value: object) -> None:
    """Go down `parts`, making the tables that are missing; a list without a number in the key means its first item."""
    part, rest = parts[0], parts[1:]
    if isinstance(place, list):
        place = _item(place, part)
        if not part.isdigit():
            return _set(place, parts, value)
        return _set(place, rest, value)
    if part.isdigit() and rest and _is_item(place):
        return _set(place, rest, value)
    if not rest:
        if value is None:
            place.pop(part, None)
        else:
            place[part] = _inline(value) if hasattr(place, "unwrap") and isinstance(value, Mapping) else value
        return None
    if part not in place or not isinstance(place[part], (dict, list)):
        if value is None:
            return None
        place[part] = _made(place, part, rest)
    return _set(place[part], rest, value)


def _inline(value: Mapping[str, object]) -> Any:
    """A small table on the line of its key: what follows in the file stays where it is."""
    table = _tomlkit().inline_table()
    table.update(value)
    return table


def _is_item(table: Mapping[str, Any]) -> bool:
    """A table that stands where a list of one may stand: it has values of its own, not only tables."""
    return any(not isinstance(one, dict) for one in table.values())


def _item(items: list[Any], part: str) -> Any:
    number = int(part) if part.isdigit() else 0
    if number >= len(items):
        items.append(_tomlkit().table() if hasattr(items, "unwrap") else {})
        number = len(items) - 1
    return items[number]


def _made(place: Any, part: str, rest: list[str]) -> Any:
    """A new table, or a new list of tables where a number follows; plain ones in plain values."""
    is_list = rest[0].isdigit()
    if not hasattr(place, "unwrap"):
        return [] if is_list else {}
    if is_list:
        return _tomlkit().aot()
    is_only_a_level = len(rest) > 1 and not rest[1].isdigit()
    return _tomlkit().table(is_super_table=is_only_a_level)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise _not_toml(path, error) from error


def _replace(path: Path, content: bytes) -> None:
    """The whole content or what was there before, whatever happens; readable by its owner alone."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _not_toml(path: Path, error: Exception) -> Invalid:
    where = re.search(r"line (\d+).*?(?= col|\)|$)", str(error))  # the rest may quote what stands there
    expected = Phrase("a TOML file in UTF-8; mend it, or move it away")
    if where:
        expected = Phrase("a TOML file in UTF-8 (line {line}); mend it, or move it away", line=where.group(1))
    return Invalid("the file was not changed", problems=(Problem(str(path), expected),))


def _by_hand(key: str) -> Problem:
    return Problem(key, "a place in the file where this can be set without changing what stands around; set it by hand")


def _tomlkit() -> Any:
    """Late: only who writes settings needs it."""
    return importlib.import_module("tomlkit")
