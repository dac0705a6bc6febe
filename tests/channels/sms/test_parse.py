"""Forms and records understood: tables of what Twilio sends."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
import pytest

from channels.contract import Address, Inbound, Kind, Raw
from channels.sms import parse, peek

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SID = "SM0123456789abcdef0123456789abcdef"
MESSAGE = {
    "ToCountry": "PL", "SmsMessageSid": SID, "NumMedia": "0", "SmsSid": SID, "SmsStatus": "received",
    "Body": "Segítség", "FromCountry": "HU", "To": "+48732000111", "NumSegments": "1", "MessageSid": SID,
    "AccountSid": "AC1", "From": "+36301234567", "ApiVersion": "2010-04-01",
}  # fmt: skip
STATUS = {
    "SmsSid": SID, "SmsStatus": "delivered", "MessageStatus": "delivered", "To": "+36301234567", "MessageSid": SID,
    "AccountSid": "AC1", "From": "+48732000111", "ApiVersion": "2010-04-01",
}  # fmt: skip
RECORD = {
    "body": "Segítség", "num_segments": "1", "direction": "inbound", "from": "+36301234567", "to": "+48732000111",
    "date_sent": "Tue, 10 Mar 2026 08:59:58 +0000", "status": "received", "sid": SID, "num_media": "0",
    "error_code": None, "messaging_service_sid": None,
}  # fmt: skip


def posted(**changes: str) -> Inbound:
    return parse.parse(peek.message(urlencode(MESSAGE | changes).encode(), account="sms:x", at=NOW))


def reported(query: bytes = b"a=77", **changes: str) -> Inbound:
    return parse.parse(peek.status(query, urlencode(STATUS | changes).encode(), account="sms:x", at=NOW))


def listed(**changes: object) -> Inbound:
    return parse.parse(peek.record(RECORD | changes, account="sms:x", at=NOW))


def test_a_message_is_its_senders_words() -> None:
    """M-4."""
    found = posted()
    assert (found.kind, found.text, found.external_id) == (Kind.MESSAGE, "Segítség", SID)
    assert found.address == found.sender == Address("tel", "+36301234567")
    assert not found.unreadable and not found.proven


def test_the_list_gives_the_same_message_as_the_webhook() -> None:
    """R5: so that one that comes both ways is one."""
    by_list, by_webhook = listed(), posted()
    assert (by_list.text, by_list.address, by_list.external_id) == (
        by_webhook.text,
        by_webhook.address,
        by_webhook.external_id,
    )
    assert by_list.sent_at == datetime(2026, 3, 10, 8, 59, 58, tzinfo=UTC)
    form = urlencode(MESSAGE).encode()
    assert peek.record(RECORD, account="a", at=NOW).external_id == peek.message(form, account="a", at=NOW).external_id


SENDERS = [
    ("E.164", "+36301234567", "+36301234567"),
    ("spaced", "+36 30 123 4567", "+36301234567"),
    ("a short code", "72000", "72000"),
    ("a name", "InfoBank", "InfoBank"),
]


@pytest.mark.parametrize(("sender", "value"), [row[1:] for row in SENDERS], ids=[row[0] for row in SENDERS])
def test_a_sender_is_a_number_or_what_it_calls_itself(sender: str, value: str) -> None:
    assert posted(From=sender).sender == Address("tel", value)


def test_pictures_are_named_and_their_addresses_kept() -> None:
    found = posted(
        NumMedia="2",
        MediaUrl0="https://x/0",
        MediaContentType0="image/jpeg",
        MediaUrl1="https://x/1",
        MediaContentType1="text/x-vcard",
    )
    assert found.text == "[image] [file] Segítség"
    assert found.attachments == ("image", "file")
    assert [(one.name, one.content_type, one.reference) for one in found.files] == [
        ("image.jpg", "image/jpeg", "https://x/0"),
        ("file.vcf", "text/x-vcard", "https://x/1"),
    ]
    assert listed(num_media="1", body="").text == "[file]"
    assert [one.reference for one in listed(num_media="2").files] == [f"listed:{SID}/0", f"listed:{SID}/1"]
    assert listed(num_media="9" * 50).attachments == ()


def test_nul_and_bytes_that_are_no_utf_8_do_not_stop_a_message() -> None:
    raw = peek.message(b"MessageSid=SM1&From=%2B36301234567&Body=a%00b%FFc", account="x", at=NOW)
    assert parse.parse(raw).text == "ab�c"


STATES = [
    ("queued", Kind.NOTHING, ""),
    ("accepted", Kind.NOTHING, ""),
    ("sending", Kind.NOTHING, ""),
    ("sent", Kind.STATUS, "sent"),
    ("delivered", Kind.STATUS, "delivered"),
    ("read", Kind.STATUS, "delivered"),
    ("undelivered", Kind.STATUS, "failed"),
    ("failed", Kind.STATUS, "failed"),
    ("a state of later days", Kind.NOTHING, ""),
]


@pytest.mark.parametrize(("said", "kind", "status"), STATES, ids=[row[0] for row in STATES])
def test_a_state_is_told_if_it_says_something(said: str, kind: Kind, status: str) -> None:
    """M-10."""
    found = reported(MessageStatus=said, SmsStatus=said)
    assert (found.kind, found.status, found.external_id) == (kind, status, SID)
    by_list = listed(direction="outbound-api", status=said, **{"from": "+48732000111", "to": "+36301234567"})
    assert (by_list.kind, by_list.status, by_list.external_id) == (kind, status, SID)
    assert by_list.address == found.address == Address("tel", "+36301234567")


def test_a_report_carries_our_own_id_back() -> None:
    assert reported().about == "77"
    assert reported(b"").about == ""
    assert reported(b"a=77", a="78").about == "77", "the query was signed by us into the address; the form comes after"


@pytest.mark.parametrize(
    ("code", "reason"),
    [("30003", "refused: 30003"), ("21610", "opted_out: 21610"), ("99999", "99999"), ("", "undelivered")],
)
def test_a_failure_says_why(code: str, reason: str) -> None:
    assert reported(MessageStatus="undelivered", ErrorCode=code).reason == reason
    assert reported(MessageStatus="delivered", ErrorCode=code).reason == ""


def test_every_state_is_stored_once_in_the_line_of_its_number() -> None:
    first = peek.status(b"a=77", urlencode(STATUS).encode(), account="x", at=NOW)
    later = peek.status(b"a=77", urlencode(STATUS | {"MessageStatus": "sent"}).encode(), account="x", at=NOW)
    assert (first.external_id, later.external_id) == (f"{SID}/delivered", f"{SID}/sent")
    assert first.address == later.address == "+36301234567"


UNREADABLE = [b"", b"x", b"From=%2B36301234567&Body=x", b"MessageSid=SM1&Body=x", b"{", b'{"sid":1}', b"{}", b"[]"]


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_a_message_of_its_number(body: bytes) -> None:
    """M-4: never an exception, never silence."""
    found = parse.parse(Raw("sms", "sms:x", "1", "+36301234567", body, NOW))
    assert found.kind is Kind.MESSAGE and found.unreadable
    assert found.address == Address("tel", "+36301234567")


def test_what_names_no_number_is_kept_apart() -> None:
    raw = peek.message(b"x=1", account="x", at=NOW)
    assert raw.address == peek.wire.QUARANTINE and raw.external_id.startswith("body:")
    assert raw.external_id != peek.message(b"x=2", account="x", at=NOW).external_id


@pytest.mark.parametrize(
    "sent", ["", "yesterday", "Tue, 10 Mar 2026 08:59:58 -0000", "Tue, 99 Mar 2026 08:59:58 +0000"]
)
def test_a_time_that_is_none_is_left_out(sent: str) -> None:
    assert listed(date_sent=sent).sent_at is None


def test_a_record_is_stored_as_json() -> None:
    assert orjson.loads(peek.record(RECORD, account="x", at=NOW).body) == RECORD
