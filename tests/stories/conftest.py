"""The stage of stories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import channels.telegram.send  # noqa: F401 - its library takes seconds to import: before any story counts them
from tests.support import stage as stages
from tests.support.stage import Stage


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """The whole hub, running, with its far sides; at Telegram's own pace for a story that is marked `paced`."""
    is_paced = request.node.get_closest_marker("paced") is not None
    async with stages.playing(database_url, tmp_path, is_paced=is_paced) as playing:
        yield playing
