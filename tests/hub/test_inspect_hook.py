"""`centrala inspect hook`: what a payload becomes at a source, why not, and which sources there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support import commands
from tests.webhooks.test_schemas import event

SETTINGS = """
[hooks.sources.erp]
token = "sixteen-letters!"
[hooks.sources.form]
token = "sixteen-letters!"
map = '''
payload.kind == "test" ? null :
{"type": "message.received", "id": payload.id,
 "data": {"from": {"address": payload.mail}, "text": fields("answers")}}
'''
"""
GOOD = {"kind": "form", "id": "a7", "mail": "eszter@example.hu", "answers": {"B": 1, "A": [2, 3]}}


def inspect(folder: Path, source: str, payload: Any, *, toml: str = SETTINGS) -> tuple[int, Any, str]:
    (folder / "centrala.toml").write_text(toml)
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    done = commands.run("inspect", "hook", source, "--config", str(folder / "centrala.toml"), given=body)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


def test_a_payload_is_shown_as_what_it_becomes(tmp_path: Path) -> None:
    """M-11: the tester."""
    code, found, err = inspect(tmp_path, "form", GOOD)
    assert (code, err, set(found)) == (0, "", {"event", "id", "becomes"})
    assert found["id"] == "map:a7"
    assert found["event"]["data"] == {"from": {"address": "eszter@example.hu"}, "text": "B: 1\nA: 2, 3"}
    assert found["becomes"] == {
        "kind": "message",
        "from": "mailto:eszter@example.hu",
        "name": "",
        "subject": "",
        "text": "B: 1\nA: 2, 3",
        "language": "",
        "thread": "",
    }


def test_a_source_without_a_map_is_shown_too(tmp_path: Path) -> None:
    code, found, _ = inspect(tmp_path, "erp", event(data={"thread": "t1"}))
    assert (code, found["becomes"]["thread"], found["event"]) == (0, "hook:erp/t1", event(data={"thread": "t1"}))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param({"kind": "test"}, ["ignored"], id="not for us"),
        pytest.param({"kind": "form", "id": "a7"}, ["payload.mail"], id="a missing key"),
        pytest.param(GOOD | {"mail": "", "id": ""}, ["id", "data.from.address"], id="two wrong fields"),
        pytest.param(b"{", ["body"], id="no JSON"),
        pytest.param(b"", ["body"], id="nothing"),
    ],
)
def test_a_payload_that_becomes_nothing_says_why(tmp_path: Path, payload: Any, expected: list[str]) -> None:
    code, found, err = inspect(tmp_path, "form", payload)
    assert (code, err) == (0, "")
    told = [one["field"] for one in found["errors"]] if "refused" in found else list(found)
    assert told == expected


def test_an_unknown_source_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    code, found, err = inspect(tmp_path, "from", GOOD)
    assert (code, found) == (1, None)
    assert "there is no [hooks.sources.from]" in err and "erp, form" in err


def test_a_map_that_cannot_work_is_told_with_its_place_and_exits_2(tmp_path: Path) -> None:
    code, found, err = inspect(tmp_path, "form", GOOD, toml=SETTINGS.replace("fields(", "felds("))
    assert (code, found) == (2, None)
    assert "hooks.sources.form.map" in err and "line 3, column 54" in err and "got felds" in err
