"""vCards by the lines of RFC 6350 and RFC 2426, as phones and mail programs write them, and our own both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.exchange import card_lines, cards, reading
from crmcore.exchange.guard import plain
from kernel.errors import Invalid

PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60).map(plain)
NAMES = PLAIN.filter(bool)


def card(*lines: str, version: str = "3.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def one(kind: str, *lines: str, version: str = "3.0") -> dict[str, str]:
    grid = reading.read(kind, card(*lines, version=version))
    [line] = grid.lines
    return {name: cell for name, cell in zip(grid.header, line.cells, strict=True) if cell}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["FN:Jan Nowak"], {"name": "Jan Nowak"}, id="a name is enough"),
        pytest.param(["N:Nowak;Jan;;;"], {"name": "Jan Nowak"}, id="only the parts of a name"),
        pytest.param(["FN:Nowak\\, Jan\\; dr"], {"name": "Nowak, Jan; dr"}, id="escaped signs"),
        pytest.param(
            ["FN:Jan", "TITLE:Head\\nof", "ORG:Orlik\\; Trans;Sales"],
            {"name": "Jan", "function": "Head\nof", "company": "Orlik; Trans"},
            id="the first part of ORG",
        ),
        pytest.param(
            ["FN:Jan", "TEL;TYPE=CELL:+48 601", "TEL;TYPE=work,PREF:+48 602", "TEL;TYPE=FAX:+48 9"],
            {"name": "Jan", "phone": "+48 602; +48 601"},
            id="the preferred first, no faxes",
        ),
        pytest.param(
            ["FN:Jan", "EMAIL;PREF=2:b@x.pl", "item1.EMAIL;PREF=1:a@x.pl"],
            {"name": "Jan", "mail": "a@x.pl; b@x.pl"},
            id="groups and PREF=1",
        ),
        pytest.param(
            ["FN:Jan", 'TEL;VALUE=uri;TYPE="work,voice":tel:+48601;ext=5'],
            {"name": "Jan", "phone": "+48601"},
            id="a tel: link with quotes",
        ),
        pytest.param(["FN:Anna Mar", " ia", "\tNowak"], {"name": "Anna MariaNowak"}, id="folded by blank and tab"),
        pytest.param(
            ["FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C5=BB=C3=B3=", "=C5=82ta"],
            {"name": "Żółta"},
            id="quoted-printable of 2.1",
        ),
        pytest.param(
            ["N;ENCODING=QUOTED-PRINTABLE;CHARSET=windows-1250:G=EA=9C;=8Aan;;;"],
            {"name": "Šan Gęś"},
            id="a code page of 2.1",
        ),
        pytest.param(
            ["FN:Jan", "TEL;HOME;VOICE:601", "no property at all", ":"],
            {"name": "Jan", "phone": "601"},
            id="types without a name, and rubbish",
        ),
        pytest.param(
            ["FN:Jan", "UID:urn:uuid:4fbe"], {"name": "Jan", "external_id": "urn:uuid:4fbe"}, id="another program's id"
        ),
    ],
)
def test_a_contact_is_read(lines: list[str], expected: dict[str, str]) -> None:
    """S1-9."""
    assert one("contacts", *lines) == expected


def test_a_company_is_read() -> None:
    found = one(
        "companies",
        "FN:x",
        "ORG:Orlik Trans",
        "ADR;TYPE=WORK:;;Morska 5;Gdynia;;81-222;Polska",
        "URL:orlik.example",
        version="4.0",
    )
    assert found == {
        "name": "Orlik Trans",
        "street": "Morska 5",
        "city": "Gdynia",
        "postcode": "81-222",
        "web": "orlik.example",
    }


def test_cards_are_lines_by_their_place() -> None:
    grid = reading.read("contacts", card("FN:A") + card("NOTE:nobody") + card("FN:C"))
    assert [(line.number, line.cells) for line in grid.lines] == [(1, ("A",)), (2, ("",)), (3, ("C",))]


def test_a_card_in_utf_16_is_read() -> None:
    grid = reading.read("contacts", card("FN:Żółta").decode().encode("utf-16"))
    assert grid.lines[0].cells == ("Żółta",)


def test_what_is_cut_off_is_no_card() -> None:
    with pytest.raises(Invalid):
        reading.read("contacts", b"BEGIN:VCARD\r\nFN:Jan\r\n")


@given(PLAIN)
def test_no_line_is_longer_than_75_octets_and_folding_is_undone(text: str) -> None:
    """RFC 6350, 3.2: characters are never parted."""
    folded = card_lines.fold(f"NOTE:{card_lines.escape(text)}")
    assert all(len(line.encode()) <= card_lines.FOLD for line in folded.split("\r\n"))
    [found] = card_lines.properties(folded)
    assert card_lines.unescape(found.value) == text


@given(st.lists(st.text("ab;,\\\n ", max_size=6), min_size=1, max_size=5))
def test_parts_of_a_compound_value_come_back(told: list[str]) -> None:
    assert card_lines.parts(";".join(card_lines.escape(one) for one in told)) == told


@pytest.mark.parametrize("version", cards.VERSIONS)
@given(name=NAMES, street=PLAIN, city=PLAIN, segment=PLAIN, terms=PLAIN)
def test_a_company_comes_back_whole(version: str, name: str, street: str, city: str, segment: str, terms: str) -> None:
    """S3-11: what the format carries, and in properties of ours the rest."""
    values = {
        "number": "B12",
        "external_id": "0017",
        "name": name,
        "tax_number": "5261040828",
        "country": "PL",
        "state": "active",
        "area": "pl",
        "segment": segment,
        "street": street,
        "city": city,
        "postcode": "81-222",
        "phone": "+48601234567",
        "mail": "a@orlik.example",
        "web": "orlik.example",
        "language": "pl",
        "payment_terms": terms,
        "responsible": "Anna Nowak",
    }
    assert back("companies", values, version) == {key: value for key, value in values.items() if value}


@pytest.mark.parametrize("version", cards.VERSIONS)
@given(name=NAMES, function=PLAIN, phones=st.integers(0, 3))
def test_a_contact_comes_back_whole(version: str, name: str, function: str, phones: int) -> None:
    values = {
        "number": "4711",
        "name": name,
        "function": function,
        "mail": "a@x.example; b@x.example",
        "phone": "; ".join(f"+4860123456{place}" for place in range(phones)),
        "language": "sk",
        "source": "fair",
        "company": "B12 B15",
    }
    assert back("contacts", values, version) == {key: value for key, value in values.items() if value}


def back(kind: str, values: dict[str, str], version: str) -> dict[str, str]:
    written = cards.written(kind, values, version)
    assert written.startswith(f"BEGIN:VCARD\r\nVERSION:{version}\r\n")
    assert all(len(line.encode()) <= card_lines.FOLD for line in written.split("\r\n"))
    grid = reading.read(kind, written.encode())
    [line] = grid.lines
    return {name: cell for name, cell in zip(grid.header, line.cells, strict=True) if cell}
