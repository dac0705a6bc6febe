"""The guide's steps, from how far the story has come. Pure."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hub.demo import story, view
from hub.demo.view import Facts

TAKEN = Facts(tickets=1, taken=1, words="7")
ACKED = replace(TAKEN, answered=1, alerts=1, acked=1)


@pytest.mark.parametrize(
    ("facts", "target"),
    [
        pytest.param(Facts(), "t:tk", id="the card is to be taken"),
        pytest.param(TAKEN, "reply:desk:7", id="her words are to be answered"),
        pytest.param(replace(TAKEN, words=None), None, id="her words are still on their way to the desk"),
        pytest.param(replace(TAKEN, answering=1), None, id="the answer is held: nothing to press"),
        pytest.param(replace(TAKEN, answered=1), "clock:due", id="answered"),
        pytest.param(replace(TAKEN, answered=1, alerts=1), "t:ak", id="alerted"),
        pytest.param(ACKED, "offer:marek", id="the station fails"),
        pytest.param(replace(ACKED, previews=1), "t:oc", id="a preview waits for its confirm"),
        pytest.param(replace(ACKED, told=1, telling=2), None, id="notices are on their way"),
    ],
)
def test_the_first_step_that_is_not_done_rings_what_to_press(facts: Facts, target: str | None) -> None:
    assert next(step for step in view.steps(facts) if not step.done).target == target


def test_at_the_end_every_step_is_done() -> None:
    assert all(step.done for step in view.steps(replace(ACKED, standing=1, told=3)))


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        pytest.param(replace(TAKEN, answered=1, alerts=1), (), id="his alert comes first"),
        pytest.param(ACKED, (story.DOWN,), id="it fails"),
        pytest.param(replace(ACKED, previews=1), (), id="a preview waits"),
        pytest.param(replace(ACKED, standing=1, told=3), (story.UP,), id="it is out"),
        pytest.param(replace(ACKED, told=6), (story.DOWN,), id="it works again"),
    ],
)
def test_what_lies_ready_on_mareks_phone_follows_the_station(facts: Facts, offered: tuple[object, ...]) -> None:
    assert story.offers("marek", facts) == offered
    assert story.offers("anna", facts) == ()
