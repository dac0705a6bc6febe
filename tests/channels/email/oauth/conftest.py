"""A provider that is there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels.email.simulator import Provider


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    simulated = Provider()
    await simulated.start()
    yield simulated
    await simulated.stop()
