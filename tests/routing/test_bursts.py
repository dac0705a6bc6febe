"""Bursts: which tickets seem to have one cause, by tables and against what must hold for any words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import bursts
from routing.bursts import Letter

REGIONS = {"0412": "Pomorze", "0415": "Pomorze", "0420": "Pomorze", "0900": "Śląsk", "7": "Śląsk"}
WORD = st.text(alphabet="bcdfgk", min_size=3, max_size=6)
SAID = st.lists(st.frozensets(WORD, max_size=8), max_size=40)


def letters(*texts: str) -> list[Letter]:
    """One a person."""
    return [bursts.letter(place, 100 + place, text, REGIONS) for place, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("texts", "signs"),
    [
        pytest.param(["0412 closed", "0412 nie działa", "на 0412 нет топлива", "0412?"], ["station:0412"], id="at"),
        pytest.param(["station 0412 closed", "0412 nie działa", "на 0412 нет топлива"], [], id="three are too few"),
        pytest.param(["0412 x", "0412 y", "0412 z", "0415 a", "0415 b", "0420 c"], ["region:Pomorze"], id="region"),
        pytest.param(["card terminal declined"] * 5, ["words:card declined terminal"], id="like words"),
        pytest.param(["card terminal declined"] * 4, [], id="four are too few"),
        pytest.param(["Dzień dobry, proszę o pomoc"] * 9, [], id="politeness is no cause"),
        pytest.param(["Good morning, please help me", "Hello, I need help please"] * 5, [], id="nor in English"),
        pytest.param(["Здравствуйте, помогите, пожалуйста"] * 9, [], id="nor in Russian"),
        pytest.param(["terminal"] * 9, [], id="one word says too little"),
        pytest.param(["Karta zablokowana 7012", "karta ZABLOKOWANA", "Moja karta zablokowana!"] * 2,
                     ["words:karta zablokowana"], id="case and marks"),
    ],
)  # fmt: skip
def test_what_is_taken_for_one_cause(texts: list[str], signs: list[str]) -> None:
    """B-8: by station, region, or a burst of like words."""
    assert [one.sign for one in bursts.find(letters(*texts))] == signs


def test_one_person_who_repeats_himself_is_no_burst() -> None:
    """B-8: people count, not messages."""
    one = [bursts.letter(place, 100, "card terminal declined at 0412", REGIONS) for place in range(1, 30)]
    assert bursts.find(one) == []


@pytest.mark.parametrize(
    ("sign", "text", "fits"),
    [
        ("station:0412", "0412 closed again", True),
        ("station:0412", "0415 closed again", False),
        ("region:Pomorze", "0415 closed again", True),
        ("region:Pomorze", "0900 closed again", False),
        ("words:card declined terminal", "My card was declined at your terminal today", True),
        ("words:card declined terminal", "My card was stolen", False),
        ("words:card declined terminal", "", False),
        ("nonsense", "nonsense", False),
    ],
)
def test_a_later_ticket_is_held_against_the_sign(sign: str, text: str, fits: bool) -> None:
    assert bursts.fits(sign, letters(text)[0]) is fits


@given(SAID)
def test_whatever_is_said_a_burst_has_enough_people_and_no_ticket_is_in_two(said: list[frozenset[str]]) -> None:
    """Against the words themselves: each member of a heap is like its first one."""
    found = bursts.find([Letter(place, place, words) for place, words in enumerate(said)])
    members = [ticket_id for one in found for ticket_id in one.ticket_ids]
    assert len(members) == len(set(members))
    for one in found:
        assert len(one.ticket_ids) >= bursts.ALIKE and len(one.sign) <= bursts.SIGN_LIMIT
        first, *others = (said[ticket_id] for ticket_id in one.ticket_ids)
        assert all(bursts.likeness(first, other) >= bursts.LIKE for other in others)


@given(st.frozensets(WORD, min_size=2, max_size=5), st.integers(1, 12), st.integers(0, 20))
def test_the_same_words_from_enough_people_are_found_among_others(
    words: frozenset[str], count: int, strangers: int
) -> None:
    """Others say words of letters that do not occur in them: nothing of theirs can be like these."""
    same = [Letter(place, place, words) for place in range(count)]
    others = [
        Letter(1000 + place, 1000 + place, frozenset({f"xyz{place}", f"zyx{place}"})) for place in range(strangers)
    ]
    found = bursts.find([*others, *same])
    assert [set(one.ticket_ids) for one in found] == ([set(range(count))] if count >= bursts.ALIKE else [])


@given(st.frozensets(WORD, max_size=8), st.frozensets(WORD, max_size=8))
def test_likeness_is_the_shared_part(one: frozenset[str], other: frozenset[str]) -> None:
    """Jaccard, by counting."""
    whole = sorted(one | other)
    shared = sum(word in one and word in other for word in whole)
    assert bursts.likeness(one, other) == bursts.likeness(other, one) == (shared / len(whole) if whole else 0.0)


def test_a_look_at_the_most_there_can_be_is_bounded() -> None:
    """B-8: no message waits for it: 300 tickets of all different words take a fraction of a second of CPU."""
    many = [Letter(n, n, frozenset(f"w{n}x{place}" for place in range(60))) for n in range(3 * bursts.MOST)]
    began = time.process_time()
    assert bursts.find(many) == []
    assert time.process_time() - began < 1.0
