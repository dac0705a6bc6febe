"""Whom a promised call that nobody has made is told to: pure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing import late_calls
from routing.chains import Chain, Step
from routing.desk import Desk, Queue
from tests.bot.test_views import ticket
from tickets import calendar

MINUTES = timedelta(minutes=1)
LEAD = Step("role:lead", 15 * MINUTES)


@pytest.mark.parametrize(
    ("steps", "assignee", "expected"),
    [
        ((Step("queue.manager"), LEAD), None, [("queue.manager", 0), ("role:lead", 15)]),
        ((Step("queue.manager"), LEAD), "Anna", [("queue.manager", 10), ("role:lead", 15)]),
        ((Step("assignee"), LEAD), "Anna", [("role:lead", 15)]),
        ((Step("assignee"), Step("assignee", 5 * MINUTES, again=True)), "Anna", [("queue.manager", 10)]),
        ((), "Anna", [("queue.manager", 10)]),
        ((), None, [("queue.manager", 0)]),
    ],
    ids=["nobody has it", "the owner has a while", "told before", "only he", "no chain", "no chain, nobody has it"],
)
def test_who_comes_after_the_owner(
    steps: tuple[Step, ...], assignee: str | None, expected: list[tuple[str, int]]
) -> None:
    """B-5: he was told when the time was over; then the queue's own chain, its managers without one."""
    queue = Queue("inbox", calendar.always(), chain=Chain("desk", steps) if steps else None)
    of_anna = {"assignee": assignee, "assignee_id": 1} if assignee else {}
    found = late_calls.chain_for(Desk({"inbox": queue}), ticket(**of_anna))
    assert [(one.who, one.after // MINUTES) for one in found.steps] == expected
    assert not found.steps[0].again
