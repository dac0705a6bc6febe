"""When a batch waits for company, and when it does not."""

from __future__ import annotations

import pytest

from hub.gathering import APART_S, MANY, WINDOW_S, Gathering


@pytest.mark.parametrize(
    ("handled", "at", "pause_s"),
    [
        pytest.param([], 10.0, 0.0, id="nothing has come"),
        pytest.param([(9.9, MANY - 1)], 10.0, 0.0, id="little comes: at once"),
        pytest.param([(9.9, MANY)], 10.0, APART_S, id="much has come just now"),
        pytest.param([(9.7, MANY - 1), (9.9, 1)], 10.0, APART_S, id="it is counted over batches"),
        pytest.param([(9.9 - WINDOW_S, MANY)], 10.0, 0.0, id="that was a while ago"),
        pytest.param([(9.9, MANY)], 10.0 + APART_S / 2, APART_S / 2, id="part of the pause is over"),
        pytest.param([(9.9, MANY)], 10.0 + APART_S, 0.0, id="the last batch began long enough ago"),
    ],
)
def test_what_comes_thick_gathers(handled: list[tuple[float, int]], at: float, pause_s: float) -> None:
    """M-1: nobody who writes alone waits; who writes in a crowd waits a tenth of a second at most."""
    gathering = Gathering()
    for when, count in handled:
        gathering.handled(when, count)
    gathering.begun(10.0)
    assert gathering.pause_s(at) == pytest.approx(pause_s)
