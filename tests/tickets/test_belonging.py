"""Which tickets a message joins: what speaks for one, against who vouches for its sender."""

from __future__ import annotations

from itertools import product

import pytest

from channels.contract import Address, Inbound, Kind
from tests.tickets.letters import arrived
from tickets import belonging, naming
from tickets.belonging import Clue, Joins, Trust

HERE = Address("mailto", "eszter@example.hu")

# clue, trust, whether it joins: what is open under the same subject, under another, what is done under the same one
CASES = [
    (Clue.KEY, Trust.VOUCHED, (True, True, True)),
    (Clue.KEY, Trust.HEARSAY, (True, True, True)),
    (Clue.KEY, Trust.FORGED, (False, False, False)),
    (Clue.EARLIER, Trust.VOUCHED, (True, True, True)),
    (Clue.EARLIER, Trust.HEARSAY, (True, False, False)),
    (Clue.EARLIER, Trust.FORGED, (False, False, False)),
    (Clue.SUBJECT, Trust.VOUCHED, (True, True, True)),
    (Clue.SUBJECT, Trust.HEARSAY, (False, False, False)),
    (Clue.SUBJECT, Trust.FORGED, (False, False, False)),
]


@pytest.mark.parametrize(("clue", "trusted", "expected"), CASES, ids=[f"{one[1]} {one[0]}" for one in CASES])
def test_what_joins(clue: Clue, trusted: Trust, expected: tuple[bool, bool, bool]) -> None:
    """S1: a forged sender joins nothing, a subject brings only who is vouched for, what we made brings the rest."""
    found = [
        belonging.may_join(clue, trusted, is_done=is_done, is_same_subject=is_same)
        for is_done, is_same in ((False, True), (False, False), (True, True))
    ]
    assert tuple(found) == expected


def test_the_table_has_every_case() -> None:
    assert set(belonging.TABLE) == set(product(Clue, Trust)) == {(clue, trusted) for clue, trusted, _ in CASES}
    assert set(belonging.TABLE.values()) == set(Joins)


@pytest.mark.parametrize(
    ("said", "is_hearsay", "trusted"),
    [
        pytest.param({"proven": True}, True, Trust.VOUCHED, id="DMARC passed"),
        pytest.param({}, True, Trust.HEARSAY, id="no word of any server"),
        pytest.param({"disproved": True}, True, Trust.FORGED, id="DMARC failed"),
        pytest.param({}, False, Trust.VOUCHED, id="a channel or source that vouches"),
        pytest.param({"history": True}, True, Trust.VOUCHED, id="older than we are"),
        pytest.param({"history": True, "disproved": True}, True, Trust.FORGED, id="old and forged"),
    ],
)
def test_who_vouches(said: dict[str, bool], is_hearsay: bool, trusted: Trust) -> None:
    """S2: From alone vouches for nobody."""
    assert belonging.trust(Inbound(Kind.MESSAGE, HERE, HERE, **said), is_hearsay=is_hearsay) is trusted


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("[T12] Card", [12]),
        ("Re: T-12, T13", [12, 13]),
        ("об Т12", [12]),
        ("T12b, AT12, T", []),
        ("T1 T2 T3 T4 T5 T6", [1, 2, 3, 4, 5]),
        ("T0", []),
        ("", []),
    ],
    ids=str,
)
def test_the_numbers_in_a_subject(subject: str, numbers: list[int]) -> None:
    assert belonging.numbers_in(subject) == numbers


def test_a_ticket_is_named_once_by_its_surest_clue() -> None:
    clues = [(1, Clue.EARLIER), (2, Clue.KEY), (1, Clue.KEY), (2, Clue.EARLIER), (3, Clue.EARLIER)]
    assert list(naming.best(clues).items()) == [(1, Clue.KEY), (2, Clue.KEY), (3, Clue.EARLIER)]


def test_a_proved_sender_is_no_matter_of_his_reply_address() -> None:
    """He is who he says; where he wants his answer is his to say."""
    elsewhere = arrived("boss@example.hu", sender="eszter@example.hu", scheme="mailto", proven=True)
    assert belonging.trust(elsewhere.inbound, is_hearsay=True) is Trust.VOUCHED
