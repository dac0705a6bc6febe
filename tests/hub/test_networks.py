"""Networks in the settings file: what is wrong with one is told to each in his own language."""

from __future__ import annotations

import pytest

from hub import settings
from kernel import texts
from kernel.errors import Invalid


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("10.0.0.1/8", 'sieć bez adresu wewnątrz niej: "10.0.0.0/8"', id="an address inside it"),
        pytest.param("office", 'adres albo sieć, na przykład "10.0.0.0/8"', id="no network at all"),
    ],
)
def test_a_network_that_is_none_is_told_in_the_readers_language(written: str, expected: str) -> None:
    """S0-12, M-8: of a source of webhooks and of our own proxies alike."""
    source = {"token": "t" * 16, "addresses": [written]}
    with pytest.raises(Invalid) as caught:
        settings.check({"web": {"trusted_proxies": [written]}, "hooks": {"sources": {"erp": source}}})
    assert [texts.phrase("pl", one.expected) for one in caught.value.problems] == [expected, expected]
