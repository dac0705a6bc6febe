"""The facts line, the id under which a mail is stored once, and our own ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email import identity, origin
from tests.channels.email.letters import KEY, mail

FACTS = st.fixed_dictionaries(
    {"from": st.text(), "to": st.lists(st.text()), "via": st.sampled_from(["smtp", "imap"]), "history": st.booleans()}
)


@given(facts=FACTS, raw=st.binary(max_size=100))
def test_what_is_sealed_is_opened(facts: dict[str, object], raw: bytes) -> None:
    assert origin.opened(origin.sealed(raw, **facts)) == (facts, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"X-Centrala: ",
        b"X-Centrala: []\r\nx",
        b"X-Centrala: {\r\nx",
        b"From: a\r\nX-Centrala: {}\r\n",
        b"X-Centrala: {}",
    ],
)
def test_without_a_sound_first_line_all_is_mail(raw: bytes) -> None:
    """S2."""
    assert origin.opened(raw) == ({}, raw)


def test_facts_of_another_type_are_left_out() -> None:
    assert origin.opened(origin.sealed(b"x", to="a", history=1, via=None, odd=2)) == ({}, b"x")


@given(message=st.integers(1, 2**63 - 1))
def test_our_ids_are_known_and_no_others(message: int) -> None:
    """S1."""
    made = identity.made(message, domain="desk.example", key=KEY)
    path = identity.return_path(message, domain="desk.example", key=KEY)
    assert identity.own(made, key=KEY) == identity.returned(path.upper(), key=KEY) == str(message)
    assert identity.own(made, key=b"another") == identity.returned(path, key=b"another") == ""
    assert identity.own(made.replace(f"m.{message}", f"m.{message - 1}"), key=KEY) == ""
    stop = identity.stop_address(message, domain="desk.example", key=KEY)
    assert identity.stopped(stop.upper(), key=KEY) == str(message)
    assert identity.stopped(stop, key=b"another") == identity.stopped("u" + path[1:], key=KEY) == ""
    assert identity.returned("b" + stop[1:], key=KEY) == "", "what one is for, the other is not"
    assert len(path.partition("@")[0]) <= 64 and len(made) <= identity.LIMIT


def test_a_path_cannot_be_made_from_an_id() -> None:
    """S1: who gets our mail sees its Message-ID."""
    made = identity.made(5, domain="desk.example", key=KEY)
    assert identity.returned("b+" + made.removeprefix("<m.").rstrip(">"), key=KEY) == ""


def test_one_mail_is_one_whatever_way_it_comes() -> None:
    """R2."""
    first = mail("Hello\n", Received="from a")
    assert identity.of(first) == identity.of(mail("Hello\n", Received="from b").replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("other", [mail("Other"), mail(From="x@y.example"), mail(Message_ID="<two@x>")])
def test_other_mails_under_one_id_are_others(other: bytes) -> None:
    """M-5: senders repeat Message-IDs."""
    assert identity.of(mail()) != identity.of(other)


@given(st.binary(max_size=300))
def test_any_bytes_have_a_name_that_can_be_stored(raw: bytes) -> None:
    assert identity.of(raw).encode("utf-8")
