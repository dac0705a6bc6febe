"""Who may set up: a link that works once, and proofs that belong to one cookie."""

from __future__ import annotations

import time

import pytest

from console.setup_door import OPEN_S, Door, Errand


def test_the_link_is_exchanged_once() -> None:
    """S21: what a terminal, a history or a log may still show is worth nothing after its first use."""
    door = Door()
    assert len(door.token) >= 43  # 256 bits in base64
    assert door.enter("guessed") == "" and door.enter("") == ""
    cookie = door.enter(door.token)
    assert cookie and cookie != door.token
    assert door.enter(door.token) == ""
    assert door.knows(cookie) and not door.knows("") and not door.knows(door.token) and not door.knows("ąę")


def test_a_proof_belongs_to_its_cookie() -> None:
    one, other = Door(), Door()
    assert not one.proves("") and not one.proves(one.proof)  # nobody is in yet
    one.enter(one.token)
    other.enter(other.token)
    assert one.proves(one.proof) and not one.proves(other.proof)


def test_a_closed_door_stays_closed() -> None:
    door = Door()
    cookie = door.enter(door.token)
    proof = door.proof
    door.close()
    assert not door.knows(cookie) and not door.proves(proof)
    late = Door()
    late.close()
    assert late.enter(late.token) == ""


def test_two_starts_have_two_links() -> None:
    assert Door().token != Door().token


def test_an_errand_leads_to_its_step_alone_and_turns_out_who_was_in() -> None:
    """S21: an administrator changes one channel; the link of the terminal and its cookie are worth nothing then."""
    door = Door()
    before, old = door.enter(door.token), door.token
    token = door.open_for(Errand("telegram", "hu", 7))
    assert not door.knows(before) and door.enter(old) == ""
    cookie = door.enter(token)
    assert door.knows(cookie) and door.enter(token) == ""
    assert door.leads_to("telegram") and not door.leads_to("colleague")
    door.close()
    assert not door.knows(cookie) and door.errand is None


def test_an_errand_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(is_open=False)
    assert not door.is_open
    cookie = door.enter(door.open_for(Errand("sms", "en", 7)))
    assert door.knows(cookie)
    later = time.monotonic() + OPEN_S
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not door.knows(cookie) and not door.is_open
