"""The stage of stories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import stage as stages
from tests.support.stage import Stage


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The whole hub, running, with its far sides."""
    async with stages.playing(database_url, tmp_path) as playing:
        yield playing
