"""Who may post: signatures as the specification's own library makes them, tokens from listed networks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from webhooks import auth

OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = '{"text":"Árvíztűrő"}'.encode()
TOKEN = "sixteen-letters!"


def source(**changed: Any) -> auth.Source:
    return auth.source("erp", **({"secrets": [], "tokens": [], "addresses": []} | changed))


def signed(secret: str = NEW, body: bytes = BODY, *, message: str = "m1", ago_s: int = 0) -> dict[str, str]:
    at = int(time.time()) - ago_s
    signature = Webhook(secret).sign(message, datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signature}


SIGNING = source(secrets=[OLD, NEW])


@pytest.mark.parametrize(
    ("headers", "body", "genuine"),
    [
        pytest.param(lambda: signed(), BODY, True, id="the new secret"),
        pytest.param(lambda: signed(OLD), BODY, True, id="the old one while it is rotated"),
        pytest.param(lambda: signed(), BODY + b" ", False, id="another body"),
        pytest.param(lambda: signed() | {"webhook-id": "m2"}, BODY, False, id="another id"),
        pytest.param(
            lambda: signed() | {"webhook-timestamp": str(int(time.time()) - 9)}, BODY, False, id="another time"
        ),
        pytest.param(lambda: signed(ago_s=200), BODY, True, id="minutes old"),
        pytest.param(lambda: signed(ago_s=400), BODY, False, id="too old"),
        pytest.param(lambda: signed(ago_s=-400), BODY, False, id="from the future"),
        pytest.param(lambda: {}, BODY, False, id="nothing"),
        pytest.param(lambda: {"webhook-id": "m1"}, BODY, False, id="an id alone"),
        pytest.param(lambda: signed() | {"webhook-signature": ""}, BODY, False, id="an empty signature"),
        pytest.param(lambda: signed() | {"webhook-signature": "v1,"}, BODY, False, id="a version alone"),
        pytest.param(lambda: signed() | {"webhook-timestamp": "nan"}, BODY, False, id="no number"),
        pytest.param(lambda: signed() | {"webhook-timestamp": "9" * 400}, BODY, False, id="a huge number"),
        pytest.param(lambda: {"Authorization": f"Bearer {TOKEN}"}, BODY, False, id="a token where a signature is due"),
    ],
)
def test_a_signature_proves_the_source(headers: Callable[[], dict[str, str]], body: bytes, genuine: bool) -> None:
    """M-11."""
    assert auth.is_genuine(SIGNING, headers(), body, "10.0.0.1") is genuine


def test_one_right_signature_among_several_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1,AAAA v2,xyz {headers['webhook-signature']} v1a,BBBB"
    assert auth.is_genuine(SIGNING, headers, BODY, None)


def test_a_body_that_is_no_text_is_judged_too() -> None:
    assert not auth.is_genuine(SIGNING, signed(), b"\xff\xfe", None)


@pytest.mark.parametrize(
    ("header", "peer", "genuine"),
    [
        pytest.param(f"Bearer {TOKEN}", "10.1.2.3", True, id="token and network"),
        pytest.param(f"bearer  {TOKEN} ", "10.1.2.3", True, id="the scheme in any case"),
        pytest.param(f"Bearer {TOKEN}", "2001:db8::7", True, id="an IPv6 network"),
        pytest.param(f"Bearer {TOKEN}", "::ffff:10.1.2.3", True, id="an IPv4 peer as a dual socket shows it"),
        pytest.param(f"Bearer {TOKEN}", "11.1.2.3", False, id="another network"),
        pytest.param(f"Bearer {TOKEN}", None, False, id="no peer"),
        pytest.param(f"Bearer {TOKEN}", "unknown", False, id="a peer that is no address"),
        pytest.param(f"Bearer {TOKEN}x", "10.1.2.3", False, id="another token"),
        pytest.param("Bearer ", "10.1.2.3", False, id="an empty token"),
        pytest.param(f"Basic {TOKEN}", "10.1.2.3", False, id="another scheme"),
        pytest.param(TOKEN, "10.1.2.3", False, id="no scheme"),
        pytest.param("Bearer \udcff", "10.1.2.3", False, id="bytes that are no text"),
        pytest.param("", "10.1.2.3", False, id="nothing"),
    ],
)
def test_a_token_counts_from_its_networks_only(header: str, peer: str | None, genuine: bool) -> None:
    """M-11: for a box that cannot sign."""
    near = source(tokens=["another-of-them!", TOKEN], addresses=["10.0.0.0/8", "2001:db8::/32"])
    assert auth.is_genuine(near, {"Authorization": header}, BODY, peer) is genuine


def test_a_token_without_networks_counts_from_anywhere() -> None:
    anywhere = source(tokens=[TOKEN])
    assert auth.is_genuine(anywhere, {"Authorization": f"Bearer {TOKEN}"}, BODY, "203.0.113.9")
    assert not auth.is_genuine(anywhere, {}, BODY, "203.0.113.9")


def test_a_source_without_secret_and_token_lets_nobody_in() -> None:
    assert not auth.is_genuine(source(), signed(), BODY, "127.0.0.1")
    assert not auth.is_genuine(source(), {"Authorization": "Bearer "}, BODY, "127.0.0.1")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x"], ids=["nothing", "an empty key", "no base64"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    """An empty key would let anybody sign."""
    with pytest.raises(ValueError):
        source(secrets=[secret])


@given(st.text(), st.text(), st.text(), st.binary(max_size=50))
def test_no_request_breaks_the_check(message: str, at: str, signature: str, body: bytes) -> None:
    headers = {"webhook-id": message, "webhook-timestamp": at, "webhook-signature": signature, "Authorization": at}
    assert not auth.is_genuine(SIGNING, headers, body, signature)
    assert not auth.is_genuine(source(tokens=[TOKEN]), headers, body, signature)


PROXIES = auth.networks(["127.0.0.1/32", "10.0.0.0/8"])


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "expected"),
    [
        pytest.param("203.0.113.9", [], PROXIES, "203.0.113.9", id="straight"),
        pytest.param("127.0.0.1", [], (), "127.0.0.1", id="this machine"),
        pytest.param("127.0.0.1", ["203.0.113.9"], PROXIES, "203.0.113.9", id="through our proxy"),
        pytest.param("127.0.0.1", ["127.0.0.1, 203.0.113.9"], PROXIES, "203.0.113.9", id="what he wrote himself"),
        pytest.param("127.0.0.1", ["203.0.113.9", "10.1.1.1"], PROXIES, "203.0.113.9", id="through two of ours"),
        pytest.param("203.0.113.9", ["127.0.0.1"], PROXIES, "203.0.113.9", id="from no proxy of ours"),
        pytest.param("127.0.0.1", ["203.0.113.9"], (), None, id="through a proxy on this machine that we do not know"),
        pytest.param("127.0.0.1", ["x"], PROXIES, "x", id="a hop that is no address"),
        pytest.param("::ffff:127.0.0.1", ["203.0.113.9"], PROXIES, "203.0.113.9", id="IPv4 in IPv6"),
        pytest.param(None, ["203.0.113.9"], PROXIES, None, id="no peer"),
    ],
)
def test_a_sender_is_the_nearest_hop_that_is_none_of_ours(
    remote: str | None, forwarded: list[str], trusted: auth.Networks, expected: str | None
) -> None:
    """S12: anybody can write X-Forwarded-For; it counts as far as our own proxies vouch for it."""
    assert auth.peer(remote, forwarded, trusted) == expected
