"""Reply tokens: what we issue is read, and nothing else."""

from __future__ import annotations

import secrets

from hypothesis import given
from hypothesis import strategies as st

from kernel.unit import Store
from tickets import tokens
from tickets.tokens import Meant, Tokens

OURS = Tokens(bytes(range(32)))
NUMBERS = st.integers(0, 2**63 - 1)


@given(st.integers(1, 10**12), NUMBERS)
def test_a_token_of_ours_is_read_in_any_case_and_short_enough_for_a_local_part(ticket: int, person: int) -> None:
    token = OURS.issue(ticket, person)
    assert len(token) <= 48
    assert OURS.read(token) == OURS.read(token.upper()) == Meant(ticket, person)


@given(st.integers(1, 10**6), NUMBERS, st.integers(0, 47), st.sampled_from("abcxyz234.+"))
def test_a_changed_token_is_none(ticket: int, person: int, place: int, letter: str) -> None:
    """S1: a guessed token brings nothing anywhere."""
    token = OURS.issue(ticket, person)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    assert changed == token or OURS.read(changed) is None


@given(st.text(max_size=60))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert OURS.read(text) is None


def test_ten_thousand_guesses_hit_nothing() -> None:
    """S1."""
    body = OURS.issue(1, 4711).rsplit(".", 1)[0]
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    guesses = ("".join(secrets.choice(letters) for _ in range(16)) for _ in range(10_000))
    assert [guess for guess in guesses if OURS.read(f"{body}.{guess}")] == []


def test_a_token_of_another_installation_is_none() -> None:
    assert Tokens(b"another key").read(OURS.issue(1, 2)) is None
    assert Tokens().read(OURS.issue(1, 2)) is None
    assert Tokens().issue(1, 2) == ""


async def test_the_key_is_made_once(store: Store) -> None:
    async with store.unit() as work:
        first = await tokens.open_key(work)
    async with store.unit() as work:
        assert await tokens.open_key(work) == first
    assert len(first) == tokens.KEY_BYTES
