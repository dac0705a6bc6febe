"""What a machine wrote is recognised, and what a person wrote is not taken for it."""

from __future__ import annotations

import pytest

from tests.channels.email.letters import HELP, mail, understood

MACHINES: list[tuple[str, dict[str, str]]] = [
    ("RFC 3834", {"Auto-Submitted": "auto-replied"}),
    ("RFC 3834 with a parameter", {"Auto-Submitted": "auto-generated; owner-email=a@b (x)"}),
    ("bulk", {"Precedence": "Bulk"}),
    ("list", {"Precedence": "list"}),
    ("exchange", {"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}),
    ("a list", {"List-Id": "<news.x.example>"}),
    ("a newsletter", {"List-Unsubscribe": "<https://x.example>"}),
    ("autoreply", {"X-Autoreply": "yes"}),
    ("autorespond", {"X-Autorespond": ""}),
    ("null path", {"Return-Path": "<>"}),
    ("a report", {"Content-Type": "multipart/report; report-type=feedback-report; boundary=x"}),
    ("mailer-daemon", {"From": "MAILER-DAEMON@x.example"}),
    ("noreply", {"From": "Shop <no-reply@x.example>"}),
    ("holiday en", {"Subject": "Automatic reply: Card"}),
    ("holiday pl", {"Subject": "=?utf-8?Q?Odpowied=C5=BA_automatyczna=3A_Karta?="}),
    ("holiday hu", {"Subject": "Automatikus válasz: kártya"}),
    ("holiday ru", {"Subject": "Автоответ: карта"}),
    ("ourselves", {"From": "Desk <HELP@desk.example>"}),
    ("our shape of id", {"Message-ID": "<m.12.abcdefghijklmnop@desk.example>"}),
]
PEOPLE: list[tuple[str, dict[str, str]]] = [
    ("a person", {}),
    ("says no", {"Auto-Submitted": "no"}),
    ("says no in a comment", {"Auto-Submitted": "No (really)"}),
    ("first class", {"Precedence": "first-class"}),
    ("suppress nothing", {"X-Auto-Response-Suppress": "None"}),
    ("a subject with the word", {"Subject": "Your automatic reply was wrong"}),
    ("our shape elsewhere", {"Message-ID": "<m.12.abcdefghijklmnop@other.example>"}),
]


@pytest.mark.parametrize("fields", [row[1] for row in MACHINES], ids=[row[0] for row in MACHINES])
def test_a_machine_is_recognised(fields: dict[str, str]) -> None:
    """S4."""
    assert understood(mail(**fields)).automatic


@pytest.mark.parametrize("fields", [row[1] for row in PEOPLE], ids=[row[0] for row in PEOPLE])
def test_a_person_is_a_person(fields: dict[str, str]) -> None:
    """S4: a customer who is taken for a machine never hears that we have his mail."""
    assert not understood(mail(**fields)).automatic


def test_the_envelope_knows_better_than_a_header() -> None:
    """S4."""
    assert understood(mail(), sender="", to=[HELP]).automatic
    assert not understood(mail(Return_Path="<>"), sender="eszter@ugyfel.example", to=[HELP]).automatic
