"""A ticket's page says beside a letter that its sender was not proved, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from channels.contract import Dmarc
from crmcore.access import Role
from kernel.unit import Store
from tests.support import visiting
from tests.tickets.letters import ticket


@pytest.mark.parametrize(
    ("dmarc", "language", "mark"),
    [
        (Dmarc.PASS, "en", None),
        (None, "en", None),
        (Dmarc.NONE, "en", ("mark", "sender not proven")),
        (Dmarc.FAIL, "en", ("mark forged", "sender forged? DMARC failed")),
        (Dmarc.NONE, "pl", ("mark", "nadawca niepotwierdzony")),
    ],
    ids=str,
)
async def test_the_page_says_who_was_not_proved(
    store: Store, tmp_path: Path, dmarc: Dmarc | None, language: str, mark: tuple[str, str] | None
) -> None:
    """S3, S1-10."""
    await ticket(store, dmarc=dmarc)
    async with visiting.visiting(store, tmp_path, {}) as visitor:
        await visitor.hire(Role.LEAD)
        await visitor.enter("lead")
        visitor.client.session.cookie_jar.update_cookies({"language": language})
        _, page = await visitor.get("/tickets/T1")
    [who] = re.findall(r'<article class="entry customer">\s*<p class="who">(.*)</p>', page)
    marks = re.findall(r'<span class="([^"]*)">([^<]*)</span>', who)
    assert marks == [("mark", "Chat"), *([mark] if mark else [])]
