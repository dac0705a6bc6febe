"""What a queue's settings say of giving tickets, and of an emergency. What makes no sense is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import settings
from kernel.errors import Invalid
from routing.choosing import Capacity, Giving, Strategy


def giving(folder: Path, toml: str) -> Giving:
    file = folder / "centrala.toml"
    file.write_text(toml)
    return settings.load(file).queues["cards"].giving


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", Capacity()),
        ("capacity = 10", Capacity(10)),
        ("capacity = { email = 10, telegram = 3 }", Capacity(None, {"email": 10, "telegram": 3})),
    ],
)
def test_how_much_a_member_is_given(tmp_path: Path, written: str, expected: Capacity) -> None:
    assert giving(tmp_path, f"[queues.cards]\n{written}").capacity == expected


def test_how_much_a_member_is_given_comes_from_the_environment_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENTRALA_QUEUES__CARDS__CAPACITY", "4")
    assert giving(tmp_path, "").capacity == Capacity(4)


@pytest.mark.parametrize(
    ("written", "key", "part"),
    [
        ("0", "capacity", "a whole number of tickets, 1 to 1000, for example 10"),
        ("true", "capacity", "leave it out for no limit"),
        ('"many"', "capacity", "{ email = 10, telegram = 3 }"),
        ("{}", "capacity", "a whole number"),
        ("{ pigeon = 3 }", "capacity.pigeon", "a channel: email, sms, telegram, webhook"),
        ("{ email = 0 }", "capacity.email", "1 to 1000"),
    ],
)
def test_a_capacity_that_makes_no_sense_is_refused(tmp_path: Path, written: str, key: str, part: str) -> None:
    with pytest.raises(Invalid) as refusal:
        giving(tmp_path, f"[queues.cards]\ncapacity = {written}")
    [told] = refusal.value.problems
    assert told.field == f"queues.cards.{key}" and part in told.expected and told.got


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_queue_says_who_is_given_its_tickets(tmp_path: Path, strategy: Strategy) -> None:
    assert giving(tmp_path, f'[queues.cards]\nassign = "{strategy}"').strategy is strategy


@pytest.mark.parametrize("number", ["+48 22 123 45 67", "112", ""])
def test_an_emergency_number_is_as_it_is_rung(tmp_path: Path, number: str) -> None:
    assert (
        settings.check({"queues": {"cards": {"emergency": number}}}, base=tmp_path).queues["cards"].emergency == number
    )


def test_what_nobody_can_ring_is_no_emergency_number(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        settings.check({"queues": {"cards": {"emergency": "ring us"}}}, base=tmp_path)
    [problem] = refusal.value.problems
    assert problem.field == "queues.cards.emergency" and "a phone number" in problem.expected
