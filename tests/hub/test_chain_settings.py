"""Chains and rotas as the settings file has them: built, and every mistake told with what was expected."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from hub import settings
from kernel.errors import Invalid
from routing.chains import Step

CHAT = {"telegram": {"token": "1000:a-token", "staff_chat": -1000}}


def load(chains: list[dict[str, Any]], **more: Any) -> settings.Settings:
    values = {"chains": chains, "channels": CHAT, "queues": {"cards": {"chain": "cards"}}, **more}
    return settings.check(values)


def problems(chains: list[dict[str, Any]], **more: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        load(chains, **more)
    return {one.field: one.expected for one in refusal.value.problems}


def test_a_chain_is_built_and_given_to_its_queue() -> None:
    steps = [
        {"who": "duty:cards", "channels": ["telegram", "telegram"], "gap": "3m"},
        {"who": "@Marek", "after": "10m", "within": "office"},
        {"repeat": 3, "after": "20m"},
    ]
    loaded = load(
        [{"name": "cards", "steps": steps, "within": "night"}],
        duty={"cards": {"rotation": ["Ewa", "Jan"], "handover": "fri 17:00", "zone": "Europe/Warsaw"}},
        calendars={name: {"zone": "UTC", "hours": {"mon": ["08:00-16:00"]}} for name in ("office", "night")},
    )
    chain = loaded.queues["cards"].chain
    assert chain is not None and (chain.repeat, chain.again) == (3, timedelta(minutes=20))
    assert chain.steps == (
        Step("duty:cards", timedelta(), "telegram", "night"),
        Step("duty:cards", timedelta(minutes=3), "telegram", "night", again=True),
        Step("@Marek", timedelta(minutes=10), "", "office"),
    )
    rota = loaded.rotas["cards"]
    assert (rota.rotation, rota.handover.weekday, str(rota.zone)) == (("Ewa", "Jan"), 4, "Europe/Warsaw")
    assert loaded.queues["inbox"].chain is None


@pytest.mark.parametrize(
    ("step", "field", "expected"),
    [
        ({"webhook": "pager"}, "webhook", "a name under [hooks.out]: none is set; add [hooks.out.pager]"),
        ({"webhook": "pager", "who": "@Marek"}, "", "webhook alone"),
        ({"who": "Marek"}, "who", '"assignee", "queue.manager"'),
        ({"who": "role:boss"}, "who", '"role:lead"'),
        ({"who": "duty:night"}, "who", "duty: and one of: none is set; add [duty.night]"),
        ({"who": "@Marek", "channels": ["pigeon"]}, "channels", "channels of this hub: telegram"),
        ({"who": "@Marek", "within": "office"}, "within.within", "one of: none is set"),
        ({"who": "@Marek", "repeat": 2}, "", "repeat and after alone"),
    ],
)
def test_a_step_that_cannot_be_is_told(step: dict[str, Any], field: str, expected: str) -> None:
    found = problems([{"name": "cards", "steps": [{"who": "queue.manager"}, step]}])
    key = ".".join(filter(None, ["chains.0 (cards).steps.1", field.split(".")[0]]))
    assert expected in found[key]


def test_every_mistake_is_told_at_once() -> None:
    found = problems(
        [{"name": "a", "steps": []}, {"name": "a", "steps": [{"repeat": 1}, {"who": "assignee"}]}],
        duty={"x": {"rotation": [], "zone": "Mars", "handover": "noon"}},
    )
    assert set(found) == {
        "chains.0 (a).steps",
        "chains.1 (a).name",
        "chains.1 (a).steps.0.repeat",
        "duty.x.rotation",
        "duty.x.zone",
        "duty.x.handover",
        "queues.cards.chain",
    }


def test_a_rota_may_say_since_when() -> None:
    loaded = load(
        [{"name": "cards", "steps": [{"who": "assignee"}]}],
        duty={"x": {"rotation": ["Ewa"], "handover": "09:00", "since": "2026-03-02"}},
    )
    assert loaded.rotas["x"].since == date(2026, 3, 2)
