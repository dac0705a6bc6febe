"""Standard Webhooks signatures, with the published library as the oracle."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from webhooks import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = signature.key(SECRET)
NOW = 1_775_000_000


def headers(**changes: str) -> dict[str, str]:
    given = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": ""}
    given["webhook-signature"] = signature.sign(KEY, "msg_1", str(NOW), b"{}")
    return {**given, **changes}


def test_the_published_vector() -> None:
    """S12: the example of the specification."""
    signed = signature.sign(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(
    message_id=st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=40),
    body=st.text(max_size=200),
)
def test_we_sign_as_the_library_does(message_id: str, body: str) -> None:
    theirs = Webhook(SECRET).sign(message_id, datetime.fromtimestamp(NOW, UTC), body)
    assert signature.sign(KEY, message_id, str(NOW), body.encode("utf-8", "surrogatepass")) == theirs


@pytest.mark.parametrize("shift", [0, 299, 300, -299, -300])
def test_five_minutes_either_way_are_tolerated(shift: int) -> None:
    assert signature.is_valid(KEY, headers(), b"{}", now=NOW + shift)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"webhook-id": ""}, id="no id"),
        pytest.param({"webhook-id": "msg_2"}, id="another id"),
        pytest.param({"webhook-timestamp": ""}, id="no timestamp"),
        pytest.param({"webhook-timestamp": str(NOW) + ".0"}, id="a fraction"),
        pytest.param({"webhook-timestamp": "nan"}, id="not a number"),
        pytest.param({"webhook-timestamp": "٣"}, id="another script's digit"),
        pytest.param({"webhook-timestamp": "9" * 5000}, id="endless"),
        pytest.param({"webhook-timestamp": str(NOW - 1)}, id="another time"),
        pytest.param({"webhook-signature": ""}, id="no signature"),
        pytest.param({"webhook-signature": "v1"}, id="no comma"),
        pytest.param({"webhook-signature": "v1,\udcff"}, id="no ASCII"),
        pytest.param({"webhook-signature": "v1a,AAAA v2,AAAA"}, id="other versions"),
    ],
)
def test_what_is_not_right_is_refused_without_an_exception(changes: dict[str, str]) -> None:
    """S12."""
    assert not signature.is_valid(KEY, headers(**changes), b"{}", now=NOW)


def test_a_changed_body_an_old_time_and_a_future_one_are_refused() -> None:
    assert not signature.is_valid(KEY, headers(), b"{ }", now=NOW)
    assert not signature.is_valid(KEY, headers(), b"{}", now=NOW + 301)
    assert not signature.is_valid(KEY, headers(), b"{}", now=NOW - 301)


def test_one_good_signature_among_several_is_enough() -> None:
    """A secret that is being rotated signs twice."""
    both = f"v1,AAAA {headers()['webhook-signature']} v2,BBBB"
    assert signature.is_valid(KEY, headers(**{"webhook-signature": both}), b"{}", now=NOW)


def test_what_we_accept_the_library_accepts() -> None:
    now = datetime.now(UTC)
    at = str(int(now.timestamp()))
    given = {"webhook-id": "x", "webhook-timestamp": at, "webhook-signature": signature.sign(KEY, "x", at, b"{}")}
    assert signature.is_valid(KEY, given, b"{}", now=now.timestamp())
    assert Webhook(SECRET).verify(b"{}", given) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{ }", given)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é"])
def test_a_secret_that_is_none_is_named(secret: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        signature.key(secret)
