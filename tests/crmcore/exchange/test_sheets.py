"""Stations and subscribers from files: every mistake with its line, persons merged by address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Address
from crmcore.exchange import stations, subscribers
from crmcore.subscribers import Wish
from hub.cli.subscribers import CHANNELS, SCHEMES

KNOWN = {"0412", "0415"}


def told(problems: list[object]) -> list[str]:
    return [one.field for one in problems]  # type: ignore[attr-defined]


def people(text: str) -> tuple[list[Wish], list[str]]:
    found, problems = subscribers.read(text.encode(), KNOWN, schemes=SCHEMES, channels=CHANNELS)
    return found, told(problems)  # type: ignore[arg-type]


def test_stations_are_read() -> None:
    """S0-7."""
    content = (
        "Kod;Nazwa;Miasto;Adres;Strefa;Najbliższe\n 04 12 ;;Gdynia;Morska 100;Europe/Warsaw;0415, 0420\n0415;A;;;;\n"
    )
    [gdynia, other], problems = stations.read(content.encode("cp1250"), zone="Europe/Prague")
    assert problems == []
    assert (gdynia.code, gdynia.name, gdynia.address) == ("0412", "Gdynia", "Morska 100")
    assert (gdynia.zone, gdynia.nearest) == ("Europe/Warsaw", "0415 0420")
    assert (other.zone, other.address, other.nearest) == ("Europe/Prague", None, None)


def test_every_wrong_line_of_stations_is_told() -> None:
    """The line, the column, and what was expected; the good ones are there for --skip-bad."""
    content = "code,name,zone\n,x,\n0412,a,\n0412,b,\n0415,c,Mars/Base\n0420,d,Europe/Warsaw,more\n0430,ok,\n"
    found, problems = stations.read(content.encode())
    assert set(told(problems)) == {  # type: ignore[arg-type]
        "line 2, code",
        "line 3, code",
        "line 4, code",
        "line 5, zone",
        "line 6, cells",
    }
    assert [one.code for one in found] == ["0430"]


def test_subscribers_are_read() -> None:
    """S0-8."""
    text = (
        "contact name;company;e-mail;phone;telegram id;language;stations;channel\n"
        "Anna;Orlik;Anna@Example.pl;+48 600 123 456;77;pl-PL;0412 0415;e-mail\n"
        "Jan;;;;78;;ALL;\n"
    )
    [anna, jan], problems = people(text)
    assert problems == []
    assert set(anna.addresses) == {
        Address("mailto", "anna@example.pl"),
        Address("tel", "+48600123456"),
        Address("telegram", "77"),
    }
    assert (anna.language, anna.codes, anna.every, anna.prefers) == ("pl", KNOWN, False, ("mailto",))
    assert (jan.every, jan.codes) == (True, frozenset())


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("A;a@b;;;;0412;", "line 2, e-mail"),
        ("A;;600123456;;;0412;", "line 2, phone"),
        ("A;;;@anna;;0412;", "line 2, id"),
        ("A;;;;;0412;", "line 2, addresses"),
        ("A;a@b.pl;;;xx;0412;", "line 2, language"),
        ("A;a@b.pl;;;;;", "line 2, stations"),
        ("A;a@b.pl;;;;0412 9999;", "line 2, stations"),
        ("A;a@b.pl;;;;0412;pigeon", "line 2, channel"),
    ],
)
def test_a_wrong_line_of_subscribers_is_told(line: str, field: str) -> None:
    found, problems = people(f"name;email;phone;telegram;language;stations;channel\n{line}\n")
    assert (found, problems) == ([], [field])


def test_lines_that_share_an_address_are_one_person() -> None:
    """Chains too: the third line joins the first two."""
    text = "name;email;phone;stations\nA;a@b.pl;;0412\nB;;+48600123456;0415\nAnna;a@b.pl;+48600123456;0412\n"
    [anna], _ = people(text)
    assert (anna.name, anna.codes, anna.lines) == ("Anna", KNOWN, (2, 3, 4))


@given(st.lists(st.frozensets(st.integers(0, 8), min_size=1, max_size=3), max_size=12))
def test_merging_parts_the_addresses_among_the_people(sets: list[frozenset[int]]) -> None:
    """The oracle: the connected components of lines that share an address."""
    wishes = [
        Wish((place,), tuple(Address("chat", str(one)) for one in sorted(some))) for place, some in enumerate(sets)
    ]
    groups: list[tuple[set[int], set[int]]] = []
    for place, some in enumerate(sets):
        same = [group for group in groups if group[1] & some]
        groups = [group for group in groups if group not in same]
        groups.append((set().union({place}, *(g[0] for g in same)), set().union(some, *(g[1] for g in same))))
    found = subscribers.merged(wishes)
    expected = {(frozenset(lines), frozenset(str(one) for one in own)) for lines, own in groups}
    assert {(frozenset(one.lines), frozenset(address.value for address in one.addresses)) for one in found} == expected
