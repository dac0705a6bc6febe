"""What a raw message is known by when it comes again."""

from __future__ import annotations

import hashlib

import pytest

from channels import keys


@pytest.mark.parametrize(
    "given", ["4711", "msg_2LJBqkT9Yd", "map:EXP-7", "SM0123456789abcdef0123456789abcdef", "1.2/3=4-5"]
)
def test_a_short_plain_id_is_its_own_key(given: str) -> None:
    assert keys.external_key(given) == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "anna@example.com",
        "+48600100200",
        "two words",
        "#hidden",
        "žluťoučký",
        "\ud800",
        "a\x00b",
        "line\n",
        "a" * 61,
        hashlib.sha256(b"another").hexdigest(),
        "body:" + "f" * 64,
    ],
)
def test_everything_else_is_known_by_its_digest(given: str) -> None:
    """S0-22: no address stands in a key; and none can be made that is the key of another id."""
    key = keys.external_key(given)
    assert key.startswith("#") and len(key) == 44 < keys.LIMIT
    assert key != given and keys.external_key(key) != key


def test_old_keys_are_told_by_their_length() -> None:
    """No key of today is as long as those of before, which are looked for as long as their rows are kept."""
    assert keys.is_old(keys.old_key("4711"))
    assert not any(keys.is_old(keys.external_key(given)) for given in ("a" * 60, "a" * 64, "4711"))
