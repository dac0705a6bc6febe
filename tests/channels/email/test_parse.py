"""A mail in, an Inbound out: who, where an answer goes, what about, what is new, and what may be believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.contract import Address, Dmarc, Inbound, Kind
from channels.email import identity
from channels.email.content import Content
from channels.email.parse import House, parse
from tests.channels.email.letters import HELP, HOUSE, KEY, mail, multipart, part, plain, raw, understood


def test_a_mail_is_a_message_with_all_that_is_known() -> None:
    """M-8."""
    sent = plain(
        "Hello",
        From="=?utf-8?Q?Eszter_Kov=C3=A1cs?= <Eszter@Ugyfel.EXAMPLE>",
        References="<a@x> <b@x>",
        In_Reply_To="<c@x>",
        Cc="r+k3f.p2.abcdefghijklmnop@desk.example",
    )
    assert understood(sent, sender="eszter@ugyfel.example", to=[HELP], via="imap", history=True) == Inbound(
        kind=Kind.MESSAGE,
        address=Address("mailto", "Eszter@ugyfel.example"),
        sender=Address("mailto", "Eszter@ugyfel.example"),
        name="Eszter Kovács",
        text="Hello",
        subject="Card",
        external_id="<one@ugyfel.example>",
        sent_at=datetime(2026, 3, 10, 8, 55, tzinfo=UTC),
        recipients=(HELP,),
        references=("<a@x>", "<b@x>", "<c@x>"),
        token="k3f.p2.abcdefghijklmnop",
        dmarc=Dmarc.NONE,
        history=True,
    )


def test_answers_go_where_the_sender_asks() -> None:
    assert understood(mail(Reply_To="Boss <boss@ugyfel.example>")).address.value == "boss@ugyfel.example"
    assert understood(mail(Reply_To="Boss <boss@ugyfel.example>")).sender.value == "eszter@ugyfel.example"


@pytest.mark.parametrize("asked", ["a@b.example, c@d.example", HELP, "nobody", "a@b.example)c@d.example", ""])
def test_an_odd_wish_is_not_followed(asked: str) -> None:
    """S22; an answer to ourselves would be a loop (S4)."""
    assert understood(mail(Reply_To=asked)).address.value == "eszter@ugyfel.example"


VICTIM = "alice@kunde.example"
ODD_SENDERS = [
    f"{VICTIM})bob@evil.example",
    f"{VICTIM}(<)bob@evil.example",
    f"{VICTIM}<)bob@evil.example",
    f"{VICTIM}<bob@evil.example>",
    f"{VICTIM} <bob@evil.example>",
    f"{VICTIM},bob@evil.example",
    f"{VICTIM};bob@evil.example",
    f"{VICTIM}:bob@evil.example",
    f"{VICTIM}>bob@evil.example",
    f"{VICTIM}[bob@evil.example",
    f"{VICTIM}]bob@evil.example",
    f"{VICTIM}@bob@evil.example",
    f"{VICTIM}\\bob@evil.example",
    f"<{VICTIM}> <bob@evil.example>",
    f"<{VICTIM}>, <bob@evil.example>",
    f"<bob@evil.example> {VICTIM}",
    f"<bob@evil.example>, {VICTIM}",
    f"Alice <{VICTIM}",
    f"Alice <<{VICTIM}>",
    f"Alice <{VICTIM}> bob",
    f"<@evil.example:{VICTIM}>",
    f"Team: {VICTIM};",
    '"alice"@kunde.example',
    "alice(x)@kunde.example",
    "alice @kunde.example",
    "alice@kunde.example.",
    "alice@kunde..example",
    "alice..b@kunde.example",
    "=?utf-8?q?alice=40kunde=2Eexample?=",
    "=?utf-8?q?alice?=@kunde.example",
    "alice@[127.0.0.1]",
    f"{VICTIM}\r\nFrom: bob@evil.example",
    "alice",
    "",
]


@pytest.mark.parametrize("sender", ODD_SENDERS)
def test_an_odd_sender_is_nobody_we_know(sender: str) -> None:
    """S22: the class of CVE-2023-27043."""
    results = "mx.desk.example; dmarc=pass header.from=kunde.example"
    found = understood(mail(From=sender, Authentication_Results=results))
    assert found.sender.value.endswith("@unknown.invalid")
    assert (found.address, found.name, found.proven) == (found.sender, "", False)


def test_instead_of_an_odd_from_stands_the_envelope() -> None:
    """S22."""
    odd = mail(From="a@b.example, c@d.example")
    assert understood(odd, sender="bounce@List.example", to=[]).sender.value == "bounce@list.example"
    assert understood(mail(From="a@b, c@d", Sender="Clerk <clerk@b.example>")).sender.value == "clerk@b.example"


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        (["mx.desk.example; dmarc=pass header.from=ugyfel.example"], True),
        (["MX.desk.example; spf=pass smtp.mailfrom=a@x; dmarc=pass (p=NONE) header.from=ugyfel.example"], True),
        (
            ["mx.desk.example; dkim=pass header.d=ugyfel.example; dmarc=pass action=none header.from=Ugyfel.example"],
            True,
        ),
        (["mx.desk.example; dmarc=pass header.from=other.example"], False),
        (["mx.desk.example; dmarc=fail header.from=ugyfel.example"], False),
        (["mx.desk.example; dmarc=fail; dmarc=pass header.from=ugyfel.example"], False),
        (["mx.desk.example; none"], False),
        (["mx.desk.example; spf=pass smtp.mailfrom=a@ugyfel.example"], False),
        (["evil.example; dmarc=pass header.from=ugyfel.example"], False),
        (["mx.desk.example; none", "mx.desk.example; dmarc=pass header.from=ugyfel.example"], False),
        (["other.example; none", "mx.desk.example; dmarc=pass header.from=ugyfel.example"], True),
        (["mx.desk.example; dmarc=pass (header.from=x"], False),
        ([""], False),
    ],
)
def test_only_our_servers_topmost_word_proves_a_sender(results: list[str], proven: bool) -> None:
    """S2."""
    told = "\r\nAuthentication-Results: ".join(results)
    assert understood(mail(Authentication_Results=told)).proven is proven
    assert not parse(raw(mail(Authentication_Results=told)), House()).proven


@pytest.mark.parametrize(
    ("results", "dmarc"),
    [
        ("mx.desk.example; dmarc=pass header.from=ugyfel.example", Dmarc.PASS),
        ("mx.desk.example; dmarc=pass header.from=other.example", Dmarc.NONE),
        ("mx.desk.example; dmarc=fail header.from=ugyfel.example", Dmarc.FAIL),
        ("mx.desk.example; dmarc=none header.from=ugyfel.example", Dmarc.NONE),
        ("mx.desk.example; dmarc=temperror", Dmarc.NONE),
        ("mx.desk.example; dmarc=permerror; spf=pass smtp.mailfrom=a@ugyfel.example", Dmarc.NONE),
        ("evil.example; dmarc=fail", Dmarc.NONE),
        ("", Dmarc.NONE),
    ],
)
def test_what_our_server_found_is_kept(results: str, dmarc: Dmarc) -> None:
    """M-4, S3: and nothing where no server is trusted: nobody was asked."""
    assert understood(mail(Authentication_Results=results)).dmarc is dmarc
    assert parse(raw(mail(Authentication_Results=results)), House()).dmarc is None


@pytest.mark.parametrize(
    ("results", "disproved"),
    [
        (["mx.desk.example; dmarc=fail header.from=ugyfel.example"], True),
        (["mx.desk.example; dmarc=pass header.from=ugyfel.example; dmarc=fail"], True),
        (["mx.desk.example; dmarc=pass header.from=ugyfel.example"], False),
        (["mx.desk.example; dmarc=none header.from=ugyfel.example"], False),
        (["mx.desk.example; spf=fail smtp.mailfrom=a@ugyfel.example"], False),
        (["evil.example; dmarc=fail header.from=ugyfel.example"], False),
        (["mx.desk.example; none", "mx.desk.example; dmarc=fail header.from=ugyfel.example"], False),
    ],
)
def test_only_our_servers_topmost_word_disproves_a_sender(results: list[str], disproved: bool) -> None:
    """S3: and an installation that names no server of its own believes nobody."""
    told = "\r\nAuthentication-Results: ".join(results)
    assert understood(mail(Authentication_Results=told)).disproved is disproved
    assert not parse(raw(mail(Authentication_Results=told)), House()).disproved


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Tue, 10 Mar 1970 09:55:00 +0000",
        "Tue, 10 Mar 2099 09:55:00 +0000",
        "99 99 9999",
        "1 Jan 2026 25:61",
    ],
)
def test_an_absurd_date_is_none(date: str) -> None:
    assert understood(mail(Date=date)).sent_at is None


@pytest.mark.parametrize(
    ("fields", "token"),
    [
        ({"To": "R+ABC.def@Desk.Example"}, "abc.def"),
        ({"Delivered-To": "r+abc@desk.example"}, "abc"),
        ({"To": "r+abc@other.example"}, ""),
        ({"To": "r+" + "a" * 47 + "@desk.example"}, ""),
        ({"To": "help+abc@desk.example"}, ""),
        ({"Subject": "r+abc@desk.example"}, ""),
    ],
)
def test_a_token_counts_only_in_an_address_of_ours(fields: dict[str, str], token: str) -> None:
    """S1."""
    assert understood(mail(**fields)).token == token
    assert understood(mail(), to=["r+env@desk.example"]).token == "env"


def test_our_own_mail_read_back_is_nothing() -> None:
    """S4."""
    ours = identity.made(7, domain="desk.example", key=KEY)
    assert understood(mail(Message_ID=ours, From=HELP)).kind is Kind.NOTHING
    forged = understood(mail(Message_ID=ours[:-14] + "x@desk.example>"))
    assert forged.kind is Kind.MESSAGE


def test_a_customers_own_line_of_facts_is_only_a_header() -> None:
    """S2: the first line is ours; a later one proves nothing."""
    mine = mail(**{"X-Centrala": '{"from": "", "to": ["r+abc@desk.example"], "history": true}'})
    found = understood(mine, sender="eszter@ugyfel.example", to=[HELP])
    assert (found.history, found.token, found.automatic) == (False, "", False)


def test_what_cannot_be_read_still_says_who_and_about_what() -> None:
    """S17."""

    def broken(mime: bytes) -> Content:
        raise RecursionError

    found = parse(raw(mail()), HOUSE, broken)
    assert (found.sender.value, found.subject, found.text) == ("eszter@ugyfel.example", "Card", "")
    assert found.unreadable == "the text could not be read (RecursionError)"


def test_what_is_turned_away_says_why() -> None:
    assert understood(b"  \r\n").unreadable == "empty: no header and no text"
    assert understood(mail(b"x" * 26 * 1024 * 1024)).unreadable == "larger than 25 MiB"


def test_files_are_named() -> None:
    """M-8."""
    found = understood(
        multipart(part("See"), part(b"%PDF", "application/pdf", Content_Disposition='attachment; filename="a.pdf"'))
    )
    assert (found.text, found.attachments) == ("See", ("a.pdf",))


def test_ids_that_are_too_long_for_the_store_go_under_one_short_name() -> None:
    """M-5: an answer still finds the mail that it names."""
    long = f"<{'x' * 300}@ugyfel.example>"
    first, second = understood(mail(Message_ID=long)), understood(mail(In_Reply_To=long))
    assert second.references == (first.external_id,) and len(first.external_id) <= 200
