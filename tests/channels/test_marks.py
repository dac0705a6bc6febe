"""What channels remember: written at once, the last value stands, and a store that is away says so."""

from __future__ import annotations

from typing import Any

import pytest
from tortoise.exceptions import OperationalError

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


async def test_a_store_that_does_not_answer_is_tried_later() -> None:
    """R3."""
    await database.connect("postgresql://nobody@127.0.0.1:9/none")
    marks = StoredMarks(Store(Clock()))
    with pytest.raises(errors.TryLater):
        await marks.get("a")
    with pytest.raises(errors.TryLater):
        await marks.put("a", "b")
    await database.close()


async def test_a_fault_of_ours_keeps_its_name(store: Store) -> None:
    """A channel that tries again for ever would never say what is wrong."""
    marks = StoredMarks(store)
    wrong: Any = object()
    with pytest.raises(Exception) as fault:
        await marks.put("a", wrong)
    assert not isinstance(fault.value, errors.TryLater)
    with pytest.raises(Exception) as fault:
        await marks.get(wrong)
    assert not isinstance(fault.value, errors.TryLater)


async def test_a_store_without_tables_says_so(empty_url: str) -> None:
    """Not passing: an operator has to migrate."""
    await database.connect(empty_url)
    with pytest.raises(OperationalError):
        await StoredMarks(Store(Clock())).get("a")
    await database.close()
