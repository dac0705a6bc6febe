"""Composing and folding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Address, MessageId, Operation, Outbound
from channels.sms import compose, segments

ALPHABETS = "ąćęłńóśźżáäčďéěíĺľňóôŕřšťúůýžőűöü"


def outbound(text: str = "Jövök") -> Outbound:
    return Outbound(MessageId(7), 1, Operation.SEND, Address("tel", "+36301234567"), text)


def test_a_message_goes_from_its_sender_with_our_id_in_the_callback() -> None:
    found = compose.compose(outbound(), sender="+48732000111", public_url="https://desk.example")
    assert found.named() == {
        "to": "+36301234567",
        "body": "Jövök",
        "from_": "+48732000111",
        "status_callback": "https://desk.example/channels/sms/status?a=7",
    }


def test_a_service_chooses_the_sender_and_nobody_calls_back_without_an_address() -> None:
    found = compose.compose(outbound(), messaging_service_sid="MG1")
    assert found.named() == {"to": "+36301234567", "body": "Jövök", "messaging_service_sid": "MG1"}


FOLDED = [
    ("Polish", "Zażółć gęślą jaźń. " * 5, "Zazolc gesla jazn. " * 5),
    ("Hungarian keeps what GSM has", "Őrült nő, égő kártya " * 4, "Örült nö, égö kartya " * 4),
    ("Slovak", "Vŕba, ľad a kôň sú tŕň " * 4, "Vrba, lad a kon su trn " * 4),
    ("Czech", "Příliš žluťoučký kůň " * 4, "Prilis zlutoucky kun " * 4),
    ("quotes and dashes", "„Karta” – zablokowana… " * 4, '"Karta" - zablokowana... ' * 4),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in FOLDED], ids=[row[0] for row in FOLDED])
def test_diacritics_go_where_that_saves_segments(text: str, expected: str) -> None:
    """B-1: three segments become one."""
    assert compose.folded(text) == expected
    assert segments.measure(expected).segments < segments.measure(text).segments


def test_letters_written_apart_are_folded_as_well() -> None:
    assert compose.folded("Z\u0307o\u0301\u0142w " * 20) == "Zolw " * 20


WHOLE = [
    ("a short one costs the same", "Żółw"),
    ("one segment as it is", "ą" * 70),
    ("Russian", "Здравствуйте, ваша карта заблокирована. " * 4),
    ("Polish with a Russian name", "Zażółć gęślą jaźń, pan Жуков " * 5),
    ("a picture", "Zażółć gęślą jaźń 🚚 " * 5),
    ("another alphabet's letters", "ğışçæ " * 20),
    ("plain", "plain " * 60),
]


@pytest.mark.parametrize("text", [row[1] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_nothing_but_diacritics_is_ever_lost(text: str) -> None:
    """B-1."""
    assert compose.folded(text) == text


def test_folding_can_be_turned_off() -> None:
    text = "Zażółć gęślą jaźń. " * 5
    assert compose.compose(outbound(text), sender="x", folds=False).body == text
    assert compose.compose(outbound(text), sender="x").body != text


@given(st.text(st.sampled_from(ALPHABETS + ALPHABETS.upper() + "abc \n„”–…€ж😀"), max_size=300))
def test_folding_never_costs_more(text: str) -> None:
    found = compose.folded(text)
    before, after = segments.measure(text), segments.measure(found)
    assert found == text or (after.segments < before.segments and after.encoding == segments.GSM7)
    assert compose.folded(found) == found
