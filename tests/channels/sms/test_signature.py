"""Twilio's signatures, with the published validator as the oracle."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from channels.sms import signature, wire

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=12)
VALUES = st.text(st.characters(codec="utf-8"), max_size=20)
PARAMS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
URLS = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["desk.example", "127.0.0.1", "a.b.example"]),
    st.sampled_from(["", ":443", ":80", ":8443"]),
    st.sampled_from(["", "x", "channels/sms/message", "x?a=1", "x?a=1&b=%C5%82"]),
)


def encoded(params: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in params]


def headers(signed: str, **more: str) -> dict[str, str]:
    return {signature.HEADER: signed, **more}


@given(url=URLS, params=PARAMS, algorithm=st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]))
def test_we_sign_as_the_library_does(url: str, params: list[tuple[str, str]], algorithm: str) -> None:
    """S14: repeated parameters, empty ones, any script, both algorithms."""
    theirs = RequestValidator(TOKEN).compute_signature(url, MultiDict(params), algorithm)
    assert signature.sign(TOKEN.encode(), url.encode(), encoded(params), algorithm=algorithm) == theirs


@given(url=URLS, other=URLS, params=PARAMS, changed=PARAMS)
def test_we_accept_what_the_library_accepts(
    url: str, other: str, params: list[tuple[str, str]], changed: list[tuple[str, str]]
) -> None:
    """S14: valid, tampered, and with or without a port."""
    signed = RequestValidator(TOKEN).compute_signature(url, MultiDict(params))
    theirs = RequestValidator(TOKEN).validate(other, MultiDict(changed), signed)
    assert signature.is_valid([TOKEN.encode()], other, encoded(changed), headers(signed)) is theirs


def test_the_published_vector() -> None:
    """The example of Twilio's documentation."""
    form = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    signed = headers("RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert signature.is_valid([TOKEN.encode()], URL, wire.form(form), signed)
    assert not signature.is_valid([TOKEN.encode()], URL, wire.form(form + b"&x=1"), signed)
    assert not signature.is_valid([TOKEN.encode()], URL.replace("https", "http"), wire.form(form), signed)


@pytest.mark.parametrize("key", [b"old-token", b"new-token"])
def test_either_of_two_tokens_is_good_while_one_is_rotated(key: bytes) -> None:
    """S14."""
    keys = [b"new-token", b"old-token"]
    assert signature.is_valid(keys, URL, [], headers(signature.sign(key, URL.encode())))
    assert not signature.is_valid(keys, URL, [], headers(signature.sign(b"third-token", URL.encode())))


def test_a_shared_key_signs_with_another_algorithm() -> None:
    signed = signature.sign(b"shared", URL.encode(), [(b"a", b"1")], algorithm="HMAC_SHA256")
    named = {signature.SETTINGS_HEADER: "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert signature.is_valid([b"shared"], URL, [(b"a", b"1")], headers(signed, **named))
    assert not signature.is_valid([b"shared"], URL, [(b"a", b"1")], headers(signed))
    other = {signature.SETTINGS_HEADER: "algorithm=HMAC_MD5"}
    assert not signature.is_valid([b"shared"], URL, [(b"a", b"1")], headers(signed, **other))


@pytest.mark.parametrize(
    ("query", "body", "ok"),
    [
        pytest.param("bodySHA256=" + hashlib.sha256(b'{"a":1}').hexdigest(), b'{"a":1}', True, id="right"),
        pytest.param("bodySHA256=" + hashlib.sha256(b"{}").hexdigest(), b'{"a":1}', False, id="another body"),
        pytest.param("bodySHA256=%FF", b'{"a":1}', False, id="no ASCII"),
    ],
)
def test_a_json_body_is_vouched_for_by_its_digest(query: str, body: bytes, ok: bool) -> None:
    url = f"https://desk.example/x?{query}"
    signed = signature.sign(TOKEN.encode(), url.encode())
    assert signature.is_valid([TOKEN.encode()], url, None, headers(signed), body=body) is ok
    assert RequestValidator(TOKEN).validate(url, body.decode(), signed) is ok


def test_a_body_that_nothing_vouches_for_is_refused() -> None:
    empty = "https://desk.example/x?bodySHA256="
    signed = signature.sign(TOKEN.encode(), empty.encode())
    assert not signature.is_valid([TOKEN.encode()], empty, None, headers(signed), body=b"{}")
    signed = signature.sign(TOKEN.encode(), b"https://desk.example/x")
    assert not signature.is_valid([TOKEN.encode()], "https://desk.example/x", None, headers(signed), body=b"{}")
    assert signature.is_valid([TOKEN.encode()], "https://desk.example/x", None, headers(signed))


@pytest.mark.parametrize("given", ["", "x", "é", "\udcff", "=" * 5000])
def test_a_wrong_signature_is_refused_without_an_exception(given: str) -> None:
    """S14."""
    assert not signature.is_valid([TOKEN.encode()], URL, [], headers(given))
    assert not signature.is_valid([TOKEN.encode()], "http://[", [(b"\xff", b"\x00")], headers(given))


FORMS = [
    (b"", []),
    (b"a=1&a=2&b=", [(b"a", b"1"), (b"a", b"2"), (b"b", b"")]),
    (b"a=1+2&%2B=%C5%82", [(b"a", b"1 2"), (b"+", "ł".encode())]),
    (b"a&=b&&c==", [(b"a", b""), (b"", b"b"), (b"c", b"=")]),
    (b"\xff=%FF%zz", [(b"\xff", b"\xff%zz")]),
]


@pytest.mark.parametrize(("body", "expected"), FORMS, ids=range(len(FORMS)))
def test_a_form_is_read_as_bytes(body: bytes, expected: list[tuple[bytes, bytes]]) -> None:
    assert wire.form(body) == expected
