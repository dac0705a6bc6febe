"""States of SLA clocks and pauses out of a history; the arithmetic of hours is in test_calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets import calendar, sla
from tickets.sla import ClockState

DUE = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLY, LATE = DUE - timedelta(seconds=1), DUE + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("due", "answered_at", "cancelled_at", "now", "expected"),
    [
        pytest.param(DUE, None, None, EARLY, ClockState.RUNNING, id="not yet due"),
        pytest.param(DUE, None, None, DUE, ClockState.BREACHED, id="the due instant is a breach"),
        pytest.param(DUE, None, None, LATE, ClockState.BREACHED, id="overdue"),
        pytest.param(DUE, EARLY, None, LATE, ClockState.MET, id="answered in time"),
        pytest.param(DUE, DUE, None, LATE, ClockState.BREACHED, id="answered as the timer fired"),
        pytest.param(DUE, LATE, None, LATE, ClockState.BREACHED, id="a late answer does not heal a breach"),
        pytest.param(DUE, None, EARLY, LATE, ClockState.CANCELLED, id="merged in time"),
        pytest.param(DUE, None, LATE, LATE, ClockState.BREACHED, id="closed after the breach"),
        pytest.param(DUE, EARLY, LATE, LATE, ClockState.MET, id="answered, then closed"),
        pytest.param(DUE, LATE, EARLY, LATE, ClockState.CANCELLED, id="deleted, then answered"),
        pytest.param(DUE, EARLY, EARLY, LATE, ClockState.MET, id="the answer closes the ticket"),
        pytest.param(None, None, None, LATE, ClockState.RUNNING, id="held by a pause"),
        pytest.param(None, LATE, None, LATE, ClockState.MET, id="answered during a pause"),
        pytest.param(None, None, EARLY, LATE, ClockState.CANCELLED, id="closed during a pause"),
    ],
)
def test_the_first_of_answer_cancellation_and_due_decides(
    due: datetime | None,
    answered_at: datetime | None,
    cancelled_at: datetime | None,
    now: datetime,
    expected: ClockState,
) -> None:
    """M-6: a first-response clock is met, breached or cancelled, and stays so."""
    assert sla.state_at(due, now=now, answered_at=answered_at, cancelled_at=cancelled_at) is expected


AT = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(24)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([], (), id="no history"),
        pytest.param([(AT[8], "open"), (AT[9], "closed")], (), id="never held"),
        pytest.param([(AT[8], "waiting"), (AT[9], "open")], ((AT[8], AT[9]),), id="held once"),
        pytest.param([(AT[8], "open"), (AT[9], "waiting")], ((AT[9], None),), id="still held"),
        pytest.param(
            [(AT[8], "waiting"), (AT[9], "vendor"), (AT[10], "open"), (AT[11], "waiting")],
            ((AT[8], AT[10]), (AT[11], None)),
            id="from one holding state to another",
        ),
    ],
)
def test_pauses_come_from_the_history(
    changes: list[tuple[datetime, str]], expected: tuple[calendar.Pause, ...]
) -> None:
    """M-6: a hold in a state of one's own stops the clock."""
    assert sla.pauses(changes, {"waiting", "vendor"}) == expected


def test_a_changed_policy_counts_the_old_hold_anew() -> None:
    """M-6: the same history under another policy gives the due time of that policy."""
    changes = [(AT[8], "open"), (AT[9], "waiting"), (AT[12], "open")]
    target = timedelta(hours=2)
    assert calendar.due(calendar.always(), AT[8], target, sla.pauses(changes, {"waiting"})) == AT[13]
    assert calendar.due(calendar.always(), AT[8], target, sla.pauses(changes, set())) == AT[10]
