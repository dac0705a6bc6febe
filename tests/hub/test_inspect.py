"""`centrala inspect`: JSON lines in, JSON lines out, the very code of the channels."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from tests.support import commands
from webhooks import signature as standard

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URL = "https://desk.example/channels/sms/message"
PARAMS = {"From": "+36301234567", "Body": "Jövök"}
SIGNED = RequestValidator("token").compute_signature(URL, PARAMS)
NOW = 1_775_000_000
HOOK = standard.sign(standard.key(SECRET), "msg_1", str(NOW), b"{}")


def inspect(what: str, *lines: Any) -> list[Any]:
    """The answers of one run, line by line."""
    asked = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    done = commands.run_text("inspect", what, given=asked)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_texts_are_measured() -> None:
    """B-1."""
    texts = ["", "a" * 161, "€" * 81, "ą", "😀" * 36, "\ud83d"]
    assert inspect("sms", *({"text": text} for text in texts)) == [
        {"encoding": "GSM-7", "segments": 1},
        {"encoding": "GSM-7", "segments": 2},
        {"encoding": "GSM-7", "segments": 2},
        {"encoding": "UCS-2", "segments": 1},
        {"encoding": "UCS-2", "segments": 2},
        {"encoding": "UCS-2", "segments": 1},
    ]


def test_numbers_are_made_international() -> None:
    asked = [
        {"raw": "600 123 456", "region": "PL"},
        {"raw": "06 30 123 4567", "region": "hu"},
        {"raw": "+36 (30) 123-4567", "region": None},
        {"raw": "0048 600123456", "region": "PL"},
        {"raw": "600 123 456"},
        {"raw": "12", "region": "PL"},
        {"raw": "", "region": "PL"},
        {"raw": "1" * 5000, "region": "XX"},
    ]
    expected = ["+48600123456", "+36301234567", "+36301234567", "+48600123456", None, None, None, None]
    assert inspect("phone", *asked) == [{"e164": number} for number in expected]


def twilio(**changes: Any) -> dict[str, Any]:
    headers = {"x-TWILIO-signature": SIGNED}
    given = {"scheme": "twilio", "secret": "token", "url": URL, "headers": headers, "body": "", "now": NOW}
    return {**given, "params": [[name, value] for name, value in PARAMS.items()], **changes}


def hook(**changes: Any) -> dict[str, Any]:
    headers = {"Webhook-Id": "msg_1", "WEBHOOK-TIMESTAMP": str(NOW), "webhook-signature": HOOK}
    given = {"scheme": "standard", "secret": SECRET, "url": "", "headers": headers, "body": "{}", "now": NOW}
    return {**given, "params": None, **changes}


FORM = "From=%2B36301234567&Body=J%C3%B6v%C3%B6k"
SIGNATURES = [
    ("twilio", twilio(), True),
    ("another secret", twilio(secret="x"), False),
    ("another address", twilio(url=URL + "x"), False),
    ("the form itself", twilio(params=None, body=FORM, headers={"X-Twilio-Signature": SIGNED,
                               "Content-Type": "application/x-www-form-urlencoded"}), True),
    ("a parameter twice", twilio(params=[["From", "+36301234567"], ["Body", "Jövök"], ["Body", "Jövök"]]), True),
    ("one more", twilio(params=[["From", "+36301234567"], ["Body", "Jövök"], ["To", ""]]), False),
    ("standard", hook(), True),
    ("another body", hook(body="{ }"), False),
    ("late", hook(now=NOW + 301), False),
    ("no secret", hook(secret="whsec_"), False),
]  # fmt: skip


def test_signatures_are_checked() -> None:
    """S12, S14."""
    answers = inspect("signature", *(asked for _, asked, _ in SIGNATURES))
    assert [(row[0], answer["ok"]) for row, answer in zip(SIGNATURES, answers, strict=True)] == [
        (row[0], row[2]) for row in SIGNATURES
    ]
    assert all(("error" in answer) is not answer["ok"] for answer in answers)


@pytest.mark.parametrize("what", ["sms", "phone", "signature"])
def test_what_is_asked_wrongly_is_answered_in_its_place(what: str) -> None:
    right = {"sms": {"text": "x"}, "phone": {"raw": "x"}, "signature": twilio()}[what]
    answers = inspect(what, "no json", "", [], {}, {"text": 5, "raw": 5, "scheme": 5}, right)
    assert [set(answer) == {"error"} for answer in answers] == [True, True, True, True, False]


def test_what_is_left_out_is_named_and_the_next_line_is_answered() -> None:
    """B-1: one wrong question ends nothing."""
    asked = {"scheme": "standard", "secret": SECRET, "url": "", "headers": {}, "body": "{}", "params": None}
    wrong, right = inspect("signature", asked, asked | {"now": NOW})
    assert wrong == {"error": "now: expected a value, got nothing"}
    assert right["ok"] is False
