"""What providers answer: tables of their real shapes, and nothing that they say beyond a code is passed on."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.oauth import answers, sasl
from channels.email.oauth import provider as providers
from channels.email.oauth.answers import Kind, Refusal
from channels.email.oauth.settings import OAuth

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
ANSWER = {"token_type": "Bearer", "access_token": "access", "refresh_token": "refresh", "expires_in": 3599}


def id_token(**claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip('=')}.signature"


def test_tokens_with_all_that_is_told() -> None:
    told = {"refresh_token_expires_in": 604799, "id_token": id_token(email="help@desk.example", sub="1")}
    found = answers.tokens(ANSWER | told, at=AT)
    assert (found.access, found.refresh, found.who) == ("access", "refresh", ("help@desk.example",))
    assert found.expires_at == AT + timedelta(seconds=3599)
    assert found.ends_at == AT + timedelta(seconds=604799)
    assert "access" not in repr(found).replace("expires", "") and "refresh" not in repr(found)


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({"expires_in": "3599"}, 3599),
        ({"expires_in": None}, 3600),
        ({"expires_in": -1}, 3600),
        ({"expires_in": 1e300}, 3600),
    ],
    ids=["as text", "none", "negative", "for ever"],
)
def test_a_lifetime_however_it_is_written(more: dict[str, Any], seconds: int) -> None:
    assert answers.tokens(ANSWER | more, at=AT).expires_at == AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "more",
    [{"access_token": None}, {"access_token": "two\r\nlines"}, {"access_token": "a\x01b"}, {"refresh_token": 7}],
    ids=["none", "line break", "control", "number"],
)
def test_what_is_no_token_is_none(more: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="without a token"):
        answers.tokens(ANSWER | more, at=AT)


@pytest.mark.parametrize(
    ("claims", "who"),
    [
        ({"preferred_username": "help@desk.example"}, ("help@desk.example",)),
        ({"email": "a@x.example", "upn": "b@x.example"}, ("a@x.example", "b@x.example")),
        ({"email": 7, "preferred_username": "no address"}, ()),
    ],
    ids=["microsoft", "two names", "nothing of use"],
)
def test_who_has_signed_in(claims: dict[str, Any], who: tuple[str, ...]) -> None:
    assert answers.tokens(ANSWER | {"id_token": id_token(**claims)}, at=AT).who == who


@pytest.mark.parametrize(
    ("status", "answer", "kind", "code"),
    [
        (400, {"error": "authorization_pending"}, Kind.PENDING, "authorization_pending"),
        (428, {"error": "authorization_pending"}, Kind.PENDING, "authorization_pending"),
        (403, {"error": "slow_down"}, Kind.SLOW_DOWN, "slow_down"),
        (400, {"error": "expired_token"}, Kind.EXPIRED, "expired_token"),
        (400, {"error": "authorization_declined"}, Kind.DENIED, "authorization_declined"),
        (
            400,
            {"error": "invalid_grant", "error_description": "AADSTS700082: anna@desk.example has not …"},
            Kind.ENDED,
            "invalid_grant (AADSTS700082)",
        ),
        (401, {"error": "invalid_client"}, Kind.SETTINGS, "invalid_client"),
        (503, {"error": "invalid_grant_of_a_proxy"}, Kind.LATER, "invalid_grant_of_a_proxy"),
        (429, {}, Kind.LATER, "HTTP 429"),
        (400, {"error": {"code": 400}}, Kind.LATER, "HTTP 400"),
        (302, {}, Kind.LATER, "HTTP 302"),
        (400, {"error": "help@desk.example\nis wrong"}, Kind.SETTINGS, "HTTP 400"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_refusal_asks_for_what_it_means(status: int, answer: dict[str, Any], kind: Kind, code: str) -> None:
    found = answers.refusal(status, answer)
    assert (found.kind, found.code) == (kind, code)


def test_a_device_code_as_both_providers_spell_it() -> None:
    told = {"device_code": "secret", "user_code": "ABCD-EFGH", "expires_in": 900}
    for name in ("verification_uri", "verification_url"):
        found = answers.device(told | {name: "https://login.example/device"})
        assert (found.user_code, found.open_at) == ("ABCD-EFGH", "https://login.example/device")
        assert (found.interval_s, found.lives_s) == (5, 900)
    assert "secret" not in repr(found)
    with pytest.raises(Refusal):
        answers.device(told | {"verification_uri": "https://x.example/\x1b[2J"})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)
NAMES = st.sampled_from(
    [  # of both endpoints
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "refresh_token_expires_in",
        "id_token",
        "device_code",
        "user_code",
        "interval",
        "verification_uri",
        "error",
        "error_description",
    ]
)


@given(st.dictionaries(NAMES, JSON), st.integers(100, 599))
def test_whatever_comes_is_an_answer_or_a_refusal(answer: dict[str, Any], status: int) -> None:
    """A provider's proxy may answer anything: nothing but Refusal comes of it, and no control character."""
    for read in (lambda: answers.tokens(answer, at=AT), lambda: answers.device(answer)):
        try:
            read()  # type: ignore[no-untyped-call]
        except Refusal as refusal:
            assert refusal.code.isprintable()
    assert answers.refusal(status, answer).code.isprintable()


@given(
    st.text(alphabet=st.characters(exclude_characters="\x01", exclude_categories=["Cs"])),
    st.from_regex(r"[!-~]{1,50}", fullmatch=True),
)
def test_the_sasl_string_can_be_taken_apart_again(user: str, token: str) -> None:
    """The oracle is the server's side of the mechanism."""
    head, said, *rest = sasl.xoauth2(user, token).decode().split("\x01")
    assert (head, said, rest) == (f"user={user}", f"auth=Bearer {token}", ["", ""])


def test_no_field_can_be_slipped_in() -> None:
    with pytest.raises(ValueError, match="control character"):
        sasl.xoauth2("help\x01auth=Bearer mine\x01\x01", "token")


def test_the_known_providers() -> None:
    microsoft = providers.found(OAuth(provider="microsoft", client_id="x", tenant="desk.example"))
    assert microsoft.device_url == "https://login.microsoftonline.com/desk.example/oauth2/v2.0/devicecode"
    assert microsoft.token_url == "https://login.microsoftonline.com/desk.example/oauth2/v2.0/token"
    outlook = {"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"}
    assert outlook | {"offline_access"} <= set(microsoft.scopes)
    google = providers.found(OAuth(provider="google", client_id="x"))
    assert not google.device_url and google.token_url == "https://oauth2.googleapis.com/token"
    assert "https://mail.google.com/" in google.scopes and ("access_type", "offline") in google.asked


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"provider": "custom", "client_id": "x"}, "token_url, and device_url or authorize_url"),
        ({"provider": "google", "client_id": "x", "token_url": "http://tokens.example/"}, "begins with https"),
        ({"provider": "yahoo", "client_id": "x"}, "microsoft"),
        ({"provider": "microsoft", "client_id": "x", "tenant": "a/../b"}, "tenant"),
    ],
    ids=["custom", "plain http", "unknown", "tenant"],
)
def test_settings_that_do_not_hold_together(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        OAuth.model_validate(values)
