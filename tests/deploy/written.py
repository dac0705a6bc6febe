"""The files that run the hub elsewhere, read: Dockerfile, compose.yaml, units of systemd."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, lines joined, comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", " ", text)
    return [
        (word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.split("\n")) if word
    ]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(place for place, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def only(word: str) -> str:
    """What the last stage says by that instruction, once."""
    [found] = [rest for name, rest in last_stage() if name == word]
    return found


def environment() -> dict[str, str]:
    """ENV of the last stage."""
    return dict(pair.split("=", 1) for pair in shlex.split(only("ENV")))


def health_check() -> list[str]:
    words: list[str] = orjson.loads(only("HEALTHCHECK").split("CMD", 1)[1])
    return words


def exec_form(word: str) -> list[str]:
    words: list[str] = orjson.loads(only(word))
    return words


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


class _Several(dict[str, Any]):
    """A key that stands several times keeps all its values, as systemd has it."""

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, list) and isinstance(self.get(key), list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """Section → key → all its values."""
    parser = configparser.RawConfigParser(dict_type=_Several, strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((DEPLOY / name).read_text())
    return {section: {key: value.split("\n") for key, value in parser.items(section)} for section in parser.sections()}


def blocks(page: str, language: str) -> Iterator[str]:
    """Code blocks of that language in a page of docs/how-to."""
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text()
    yield from re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
