"""Encodings found out and overridden, on texts of five languages."""

from __future__ import annotations

import pytest

from crmcore.exchange import encodings
from kernel.errors import Invalid

TEXTS = {
    "pl": "Nazwa;Miasto;Ulica\nŻółta Gęś Sp. z o.o.;Łódź;Świętojańska 5\nJaśmin;Gdańsk;Jaśkowa Dolina\n",
    "sk": "Názov;Mesto\nĽaliová spoločnosť s.r.o.;Košice\nŤažký priemysel a.s.;Žilina\n",
    "hu": "Név;Város\nŐrség Kft.;Győr\nÁrvíztűrő Bt.;Székesfehérvár\n",
    "ru": "Название;Город\nООО Ромашка;Санкт-Петербург\nЗАО Лебедь;Екатеринбург\n",
}
BY_CODE_PAGE = [
    *[(language, "cp1250") for language in ("pl", "sk", "hu")],
    *[(language, "cp852") for language in ("pl", "sk", "hu")],
    *[(language, "iso8859-2") for language in ("pl", "sk")],
    ("ru", "cp1251"),
]


@pytest.mark.parametrize(("language", "encoding"), BY_CODE_PAGE)
def test_a_code_page_is_found_by_its_letters(language: str, encoding: str) -> None:
    """S1-2."""
    text = TEXTS[language]
    assert encodings.decode(text.encode(encoding)).text == text


def test_hungarian_reads_alike_in_two_code_pages() -> None:
    """The letters stand at the same places: either is right."""
    assert encodings.decode(TEXTS["hu"].encode("iso8859-2")).text == TEXTS["hu"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", TEXTS)
def test_unicode_is_read_by_its_mark(language: str, encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    found = encodings.decode((mark + TEXTS[language]).encode(encoding))
    assert (found.text, found.is_sure) == (TEXTS[language], True)


def test_what_is_named_overrides_what_is_found() -> None:
    assert encodings.decode("é".encode("latin-1"), "latin-1") == ("é", "latin-1", True)


def test_a_guess_between_equals_is_told() -> None:
    """0xB9 is ą in one code page and š in another: either could be meant."""
    found = encodings.decode(b"name\nm\xb9ka\n")
    assert not found.is_sure


@pytest.mark.parametrize(
    ("content", "named"),
    [(b"\x89PNG\x00\x00", ""), (b"\xff\xfe\x00", ""), (b"abc", "klingon"), (b"\xff", "utf-8"), (b"a\x00b", "")],
)
def test_what_is_no_text_is_refused(content: bytes, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        encodings.decode(content, named)
    assert [problem.field for problem in refused.value.problems] == ["encoding"]
