"""Names and types of files as strangers give them. Tables and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import filenames

NAMES = {
    "a path": ("../../etc/passwd", "passwd"),
    "a path of Windows": ("C:\\Users\\Eszter\\számla.pdf", "számla.pdf"),
    "a folder": ("photos/", "photos"),
    "line breaks": ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"),
    "nothing": ("", "file"),
    "dots": ("...", "file"),
    "hidden": (".bashrc", "bashrc"),
    "turned": ("invoice\u202egpj.exe", "invoicegpj.exe"),
    "NUL": ("a\x00b.png", "ab.png"),
    "half a character": ("a\ud800.png", "a?.png"),
    "in two parts": ("za\u0142a\u0328cznik.pdf", "załącznik.pdf"),
    "long": ("x" * 400 + ".jpeg", "x" * 145 + ".jpeg"),
    "blanks": ("  my \t bill .pdf ", "my bill .pdf"),
}


@pytest.mark.parametrize(("given_", "wanted"), NAMES.values(), ids=NAMES)
def test_a_name_is_one_name_on_one_line(given_: str, wanted: str) -> None:
    """S16: hostile names."""
    assert filenames.cleaned(given_) == wanted


@given(some.text(max_size=400))
def test_no_name_gets_out(name: str) -> None:
    """Whatever it was: short, on one line, no part of a path, and cleaned again it is the same."""
    found = filenames.cleaned(name)
    assert 0 < len(found) <= filenames.LIMIT
    assert not set("/\\:\r\n\0") & set(found) and not found.startswith(".")
    assert filenames.cleaned(found) == found


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("image/JPG", "image/jpeg"),
        ("text/html; charset=utf-8", "text/html"),
        ("", filenames.OTHER),
        ("image/png\r\nX: y", filenames.OTHER),
        ("image", filenames.OTHER),
        ("a" * 90 + "/b", filenames.OTHER),
    ],
)
def test_a_type_is_one_or_says_nothing(said: str, wanted: str) -> None:
    assert filenames.kind(said) == wanted
