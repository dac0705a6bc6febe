"""The check that every story ends with finds what it is there for."""

from __future__ import annotations

import pytest

from tests.support.stage import Stage


@pytest.mark.parametrize("address", ["4004", "1001"], ids=["a stranger", "a colleague"])
async def test_an_answer_that_strays_is_found(stage: Stage, address: str) -> None:
    """S1, M-8."""
    await stage.customer("Help")
    await stage.staff("Here you are.", reply_to=stage.find("Help").id)
    await stage.is_safe()
    async with stage.app.store.unit() as work:
        await work.change("UPDATE messages SET address = ? WHERE purpose = 'reply'", address)
    with pytest.raises(AssertionError):
        await stage.is_safe()
    async with stage.app.store.unit() as work:
        await work.change("UPDATE messages SET address = ? WHERE purpose = 'reply'", str(stage.eszter.id))
