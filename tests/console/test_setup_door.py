"""Who may set up: a link that works once, and proofs that belong to one cookie."""

from __future__ import annotations

from console.setup_door import Door


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
