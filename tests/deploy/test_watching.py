"""What operators are told to watch is what the program shows: every metric, every line of /readyz, every event."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from channels.models import MessageState
from hub import health, settings
from hub.app import App
from kernel.durations import parse_duration
from tests.deploy.written import DEPLOY, ROOT

PACKAGES = ("kernel", "channels", "crmcore", "tickets", "routing", "bot", "webhooks", "console", "hub")
PAGE = (ROOT / "docs" / "how-to" / "what-to-watch.md").read_text()
LEVELS = ("warning", "error", "critical", "exception")


def rows(heading: str) -> dict[str, list[str]]:
    """The table below that heading: what its first cell names → its other cells."""
    part = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in part.splitlines() if line[:3] == "| `"]
    return {first.strip("| `"): rest for first, *rest in cells}


def events() -> dict[str, str]:
    """Event → its level, of everything that is logged as a warning or worse. Simulators are far sides, not ours."""
    return {
        name.value: node.func.attr
        for node in logged()
        for name in ast.walk(node.args[0])
        if isinstance(node.func, ast.Attribute) and isinstance(name, ast.Constant) and isinstance(name.value, str)
    }


def logged() -> Iterator[ast.Call]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "simulator" not in path.parts]
    texts = [text for path in paths if any(f".{level}(" in (text := path.read_text()) for level in LEVELS)]
    calls = (node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    for call in calls:
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in LEVELS and is_logger(method.value) and call.args:
            yield call


def is_logger(value: ast.expr) -> bool:
    return (isinstance(value, ast.Name) and value.id == "_log") or (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "get"
    )


@pytest.fixture
async def shown(database_url: str, tmp_path: Path) -> set[str]:
    """The metrics that a hub shows."""
    app = App(settings.check({"database": {"url": database_url}, "web": {"port": 0}}, base=tmp_path))
    await app.start()
    try:
        url = f"http://127.0.0.1:{app.port}/metrics"
        async with aiohttp.ClientSession() as session:
            for _ in range(1_000):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return set(re.findall(r"^# TYPE (\S+)", await answer.text(), re.MULTILINE))
        raise AssertionError("the hub shows no figures")
    finally:
        await app.stop()


async def test_every_metric_is_explained(shown: set[str]) -> None:
    assert set(rows("Figures")) == shown


def test_every_line_of_readiness_is_explained() -> None:
    tree = ast.parse(inspect.getsource(health._what_is_down))
    told = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    lines = [text for text in told if re.search(r"\w \(|^ \(", text)]
    assert len(lines) == len(rows("Readiness"))
    assert [line for line in lines if not any(line.strip() in row for row in rows("Readiness"))] == []


def test_every_event_of_a_warning_or_worse_is_explained_with_its_level() -> None:
    """A new one has to say what it means to an operator, and what he does: a line in docs/how-to/what-to-watch.md."""
    explained, said = rows("Log"), events()
    assert {event: level for event, level in said.items() if explained.get(event, [""])[0] != level} == {}
    assert set(explained) - set(said) == set()
    assert [event for event, cells in explained.items() if len(cells) != 3 or not all(cells)] == []


def alerts() -> list[dict[str, Any]]:
    found = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    return [rule for group in found["groups"] for rule in group["rules"]]


async def test_alerts_are_about_metrics_that_there_are(shown: set[str]) -> None:
    for alert in alerts():
        assert set(re.findall(r"centrala_\w+", alert["expr"])) <= shown
        states = set(re.findall(r'status="(\w+)"', alert["expr"]))
        assert states <= {state.value for state in MessageState}
        assert alert["expr"].count("(") == alert["expr"].count(")")
        assert re.search(r"(==|>) \d+$", alert["expr"])


def test_alerts_say_what_to_do_and_stand_in_the_page() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert len(set(names)) == len(names)
    assert [name for name in names if f"`{name}`" not in PAGE] == []
    for alert in alerts():
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert set(alert["annotations"]) == {"summary", "do"}
        assert parse_duration(alert.get("for", "1m"))
