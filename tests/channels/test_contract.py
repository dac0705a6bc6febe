"""Every channel folder keeps the contract; a new one is found here by itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from channels import registry
from channels.contract import Adapter, Address, Inbound, MessageId, Operation, Outbound, Raw
from tests.channels.samples import SETTINGS

ROOT = Path(__file__).parent.parent.parent
NAMES = registry.names()
FILES = ("settings", "receive", "parse", "compose", "send", "probe")
HEAVY = ("aiogram", "twilio", "aioimaplib", "aiosmtpd")


def built(name: str) -> Adapter:
    package = registry.load(name)
    adapter: Adapter = package.build(package.Settings.model_validate(SETTINGS[name]), public_url="")
    return adapter


@pytest.fixture(scope="module", params=NAMES)
def loaded(request: pytest.FixtureRequest) -> Adapter:
    """An adapter with its heavy part imported."""
    adapter = built(request.param)
    adapter.load()
    return adapter


def test_there_is_a_channel_and_each_has_settings_for_its_tests() -> None:
    assert NAMES
    assert set(NAMES) == set(SETTINGS)


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_has_the_files_and_its_quality_page(name: str) -> None:
    folder = ROOT / "channels" / name
    assert [file for file in FILES if not (folder / f"{file}.py").exists()] == []
    assert (folder / "QUALITY.md").exists()
    assert (folder / "simulator.py").exists() or (folder / "simulator").is_dir()


@pytest.mark.parametrize("name", NAMES)
def test_building_a_channel_imports_nothing_heavy(name: str) -> None:
    """M-2: the hub listens first; what takes seconds is loaded behind its back."""
    code = (
        f"import sys; from channels import registry; package = registry.load({name!r});"
        f"package.build(package.Settings.model_validate({SETTINGS[name]!r}), public_url='');"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_is_named_and_says_what_it_can(name: str) -> None:
    adapter = built(name)
    assert adapter.name == name
    assert adapter.account.startswith(f"{name}:")
    assert adapter.capabilities.label and adapter.capabilities.scheme
    assert adapter.capabilities.text_limit > 0 and adapter.capabilities.concurrency > 0
    assert not adapter.health.ready


@hypothesis_settings(max_examples=150, deadline=None)
@given(body=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)), address=st.text(max_size=20))
def test_parsing_never_raises(loaded: Adapter, body: bytes, address: str) -> None:
    raw = Raw(loaded.name, loaded.account, "1", address, body, datetime.now(UTC))
    assert isinstance(loaded.parse(raw), Inbound)


def test_what_says_nothing_is_told_to_be_unreadable(loaded: Adapter) -> None:
    raw = Raw(loaded.name, loaded.account, "1", "4711", b"", datetime.now(UTC))
    assert loaded.parse(raw).unreadable


def test_every_send_draws_on_a_budget(loaded: Adapter) -> None:
    address = Address(loaded.capabilities.scheme, "4711")
    outbound = Outbound(MessageId(1), 1, Operation.SEND, address, "hello")
    buckets = loaded.buckets(outbound)
    assert buckets
    assert all(bucket.rate > 0 and bucket.burst >= 1 for bucket in buckets)


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_raises_only_send_errors_of_its_own(name: str) -> None:
    """Whatever `send.py` raises by name is a SendError; the dispatcher decides by its reason alone."""
    tree = ast.parse((ROOT / "channels" / name / "send.py").read_text())
    raised = [
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
    ]
    assert set(raised) <= {"SendError", "understood"}
