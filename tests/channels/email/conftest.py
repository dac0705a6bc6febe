"""Fixtures of the e-mail channel: a hub that takes in, and a mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels.email.simulator import MailServer
from tests.channels.email.parts import Taking


@pytest.fixture
def taking() -> Taking:
    return Taking()


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    simulated = MailServer()
    await simulated.start()
    yield simulated
    await simulated.stop()
