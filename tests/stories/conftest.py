"""The stage of stories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import channels.telegram.send  # noqa: F401 - its library takes seconds to import: before any story counts them
from tests.support import stage as stages
from tests.support.stage import Stage


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The whole hub, running, with its far sides."""
    async with stages.playing(database_url, tmp_path) as playing:
        yield playing
