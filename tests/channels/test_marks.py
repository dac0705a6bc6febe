"""What channels remember: written at once, the last value stands, and a store that is away says so."""

from __future__ import annotations

import pytest

from channels.contract import Marks
from channels.marks import StoredMarks
from hub import database
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store


async def test_the_last_value_stands(store: Store) -> None:
    marks: Marks = StoredMarks(store)
    assert await marks.get("mailbox/1") is None
    await marks.put("mailbox/1", "one")
    await marks.put("mailbox/1", "two — őű")
    await marks.put("mailbox/2", "other")
    assert await marks.get("mailbox/1") == "two — őű"
    assert await StoredMarks(store).get("mailbox/2") == "other"


async def test_a_store_without_tables_is_tried_later(empty_url: str) -> None:
    await database.connect(empty_url)
    marks = StoredMarks(Store(Clock()))
    with pytest.raises(errors.TryLater):
        await marks.get("a")
    with pytest.raises(errors.TryLater):
        await marks.put("a", "b")
    await database.close()
