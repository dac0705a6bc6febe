"""Settings, audit: what colleagues had no right to, in the reader's language, for administrators alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crmcore import refused, staff
from crmcore.access import Role
from crmcore.refused import Proof, Refused
from kernel import sentences
from kernel.unit import Store
from tests.support import visiting
from tests.support.visiting import Visitor

AUDIT = "/settings/audit"


@pytest.fixture
async def visitor(store: Store, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting.visiting(store, tmp_path, {}) as opened:
        await opened.hire(*Role)
        yield opened


async def test_an_administrator_reads_who_was_refused_what_and_why(visitor: Visitor) -> None:
    """S20, bot.md 2.8: the newest first; others have no such page, and no link to it."""
    agent = int((await staff.named(visitor.store.reading(), "agent")).id)
    why = sentences.line("/{verb} needs a lead (you: {role}). Nothing was done.", verb="ban", role="agent")
    async with visitor.store.unit() as work:
        await refused.note(work, Refused(agent, "ban", why, "sms", Proof.NUMBER))
        await refused.note(work, Refused(agent, "", "<b>Not</b> {yours}", "console", Proof.SESSION))
    await visitor.enter("admin")
    status, page = await visitor.get(AUDIT)
    assert status == 200 and "/ban needs a lead (you: agent). Nothing was done." in page
    assert "his number alone, which proves nobody" in page and "&lt;b&gt;Not" in page
    assert page.index("no command") < page.index("<code>/ban</code>"), "the newest first"
    assert f'href="{AUDIT}"' in (await visitor.get("/settings/staff"))[1]
    await visitor.enter("manager")
    assert (await visitor.get(AUDIT))[0] == 404
    assert f'href="{AUDIT}"' not in (await visitor.get("/settings/staff"))[1]


async def test_an_empty_audit_says_so(visitor: Visitor) -> None:
    await visitor.enter("admin")
    assert "Nothing was refused." in (await visitor.get(AUDIT))[1]
