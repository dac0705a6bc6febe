"""What of a mailbox is history: what was there before us, by a server's clock that knows only whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.email.progress import Progress

BORN_AT = datetime(2026, 3, 2, 9, 0, 0, 700_000, tzinfo=UTC)
NUMBERED_ANEW = Progress(2, 10, BORN_AT, BORN_AT, old=(7, 8), is_mixed=True)


@pytest.mark.parametrize(
    ("second", "is_history"),
    [
        pytest.param(datetime(2026, 3, 2, 8, 59, 59, tzinfo=UTC), True, id="the second before"),
        pytest.param(datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC), False, id="the very second: it may have come after"),
        pytest.param(datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC), False, id="the second behind"),
    ],
)
def test_after_a_new_numbering_the_second_decides(second: datetime, is_history: bool) -> None:
    """M-4: rather one too many looked at than one that nobody answers."""
    assert NUMBERED_ANEW.is_history(7, second) is is_history
    assert not NUMBERED_ANEW.is_history(9, second), "not among the old"


def test_at_a_first_connection_all_that_was_there_is_history() -> None:
    first = Progress(1, 10, BORN_AT, BORN_AT, old=(7,))
    assert first.is_history(7, datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)), "a clock that goes ahead changes nothing"
