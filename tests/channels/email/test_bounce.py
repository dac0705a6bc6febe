"""Bounces are recognised, say whom and what they are about, and whether it is final."""

from __future__ import annotations

import pytest

from channels.contract import Kind
from channels.email import identity
from channels.email.describe import describe
from tests.channels.email.bounces import NO_REPORTS, OWN_WORDS, said, standard
from tests.channels.email.letters import HELP, KEY, multipart, part, plain, understood

OURS = identity.made(4711, domain="desk.example", key=KEY)
PATH = identity.return_path(4711, domain="desk.example", key=KEY)


def test_a_standard_report_settles_our_message() -> None:
    """M-8: a refused recipient comes back as multipart/report with an empty envelope sender."""
    found = understood(standard(about=OURS), sender="", to=[HELP], via="smtp")
    assert (found.kind, found.status, found.about, found.external_id) == (Kind.STATUS, "failed", "4711", "")
    assert found.reason.startswith("5.1.1 550 5.1.1 <eszter@ugyfel.example>: Recipient address rejected")
    assert (found.address.value, found.automatic) == ("eszter@ugyfel.example", True)


@pytest.mark.parametrize(
    ("action", "status", "kind", "outcome", "temporary"),
    [
        ("failed", "5.1.1", Kind.STATUS, "failed", False),
        ("Failed", "4.4.7", Kind.STATUS, "failed", False),
        ("delayed", "4.4.1", Kind.NOTHING, "", True),
        ("", "5.0.0", Kind.STATUS, "failed", False),
        ("", "4.0.0", Kind.NOTHING, "", True),
        ("delivered", "2.0.0", Kind.STATUS, "delivered", None),
        ("relayed", "2.0.0", Kind.NOTHING, "", None),
        ("expanded", "2.0.0", Kind.NOTHING, "", None),
    ],
)
def test_what_a_report_says_decides(action: str, status: str, kind: Kind, outcome: str, temporary: bool | None) -> None:
    """M-8."""
    found = understood(standard(action, status, about=OURS))
    assert (found.kind, found.status) == (kind, outcome)
    shown = describe(standard(action, status))
    assert (shown["is_bounce"], shown["bounce_temporary"]) == (temporary is not None, temporary)


def test_returned_headers_alone_are_enough() -> None:
    assert understood(standard(returned="text/rfc822-headers", about=OURS)).about == "4711"


def test_a_mail_that_we_did_not_send_is_named_by_its_own_id() -> None:
    found = understood(standard(about="<m@x.example>"))
    assert (found.about, found.external_id) == ("", "<m@x.example>")


def test_an_id_that_only_looks_like_ours_settles_nothing() -> None:
    """S1: only we can make our ids."""
    forged = OURS.replace("4711", "4712")
    assert understood(standard(about=forged)).about == ""


def test_our_return_path_says_what_a_poor_report_is_about() -> None:
    """M-8."""
    poor = said("Something went wrong.", subject="Hm")
    found = understood(poor, sender="", to=[PATH])
    assert (found.kind, found.status, found.about) == (Kind.STATUS, "failed", "4711")
    away = plain("I am away.", Subject="Out of office", Auto_Submitted="auto-replied")
    assert understood(away, sender="", to=[PATH]).kind is Kind.MESSAGE


@pytest.mark.parametrize(
    ("mail", "recipients", "temporary"), [row[1:] for row in OWN_WORDS], ids=[row[0] for row in OWN_WORDS]
)
def test_servers_own_words_are_understood(mail: bytes, recipients: tuple[str, ...], temporary: bool) -> None:
    """M-8."""
    shown = describe(mail)
    assert (shown["is_bounce"], tuple(shown["bounce_recipients"])) == (True, recipients)
    assert shown["bounce_temporary"] is temporary
    assert understood(mail).kind is (Kind.NOTHING if temporary else Kind.STATUS)


@pytest.mark.parametrize("mail", [row[1] for row in NO_REPORTS], ids=[row[0] for row in NO_REPORTS])
def test_what_is_no_report_stays_a_message(mail: bytes) -> None:
    """M-5."""
    assert not describe(mail)["is_bounce"]
    assert understood(mail).kind is Kind.MESSAGE


def test_a_mail_that_a_server_threw_away_is_a_failure() -> None:
    """M-8: some report a full mailbox as a receipt."""
    thrown = (
        standard()
        .replace(b"message/delivery-status", b"message/disposition-notification")
        .replace(b"Action: failed", b"Disposition: automatic-action/MDN-sent-automatically; deleted")
    )
    assert describe(thrown)["bounce_recipients"] == ["eszter@ugyfel.example"]


def test_a_report_that_a_filter_has_packed_is_unpacked() -> None:
    """M-8."""
    inside = part(standard(about=OURS), "message/rfc822")
    packed = multipart(part("See inside"), inside, boundary="outer", From="postmaster@x.example")
    assert understood(packed).about == "4711"
    assert understood(packed.replace(b"postmaster@", b"eszter@")).kind is Kind.MESSAGE


def test_a_receipt_changes_nothing() -> None:
    """M-5."""
    receipt = standard().replace(b"message/delivery-status", b"message/disposition-notification")
    assert understood(receipt).kind is Kind.NOTHING
