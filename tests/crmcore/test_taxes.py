"""Tax numbers: tables, and python-stdnum as the judge where it is right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cz import dic
from stdnum.hu import anum
from stdnum.pl import nip
from stdnum.ru import inn
from stdnum.sk import dph

from crmcore import taxes
from kernel import errors


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        pytest.param("526-104-08-28", "PL", "5261040828", id="NIP with dashes"),
        pytest.param("PL 526 104 08 28", "", "5261040828", id="NIP with prefix"),
        pytest.param("pl5261040828", "PL", "5261040828", id="NIP, small letters"),
        pytest.param("31333532", "SK", "31333532", id="IČO"),
        pytest.param("00603481", "SK", "00603481", id="IČO that begins with zeros"),
        pytest.param("SK2021853504", "", "2021853504", id="IČ DPH"),
        pytest.param("25123891", "CZ", "25123891", id="Czech"),
        pytest.param("12892312", "HU", "12892312", id="adószám, the core"),
        pytest.param("12892312-2-42", "HU", "12892312242", id="adószám, whole"),
        pytest.param("12892312-2-51", "HU", "12892312251", id="adószám, a county of large firms"),
        pytest.param("7707083893", "RU", "7707083893", id="INN of a firm"),
        pytest.param("500100732259", "RU", "500100732259", id="INN of a person"),
        pytest.param("DE136695976", "", "136695976", id="another country of the union"),
    ],
)
def test_a_number_is_read_and_its_format_is_valid(written: str, country: str, number: str) -> None:
    """S3-8: "format valid" is all that is said: the arithmetic knows no firms."""
    found = taxes.read(written, country)
    assert (found.number, found.is_checked) == (number, True)
    assert found.said.endswith("(format valid)")


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("5261040829", "PL"),
        ("0000000000", "PL"),
        ("0000000000", "RU"),
        ("00000000", "HU"),
        ("00000000", "SK"),
        ("00000000000", "HU"),
        ("31333533", "SK"),
        ("12892312-6-42", "HU"),
        ("12892312-2-01", "HU"),
        ("12892312-2-45", "HU"),
        ("12892313-2-42", "HU"),
        ("526104082", "PL"),
        ("５261040828", "PL"),
        ("", "PL"),
        ("---", ""),
        ("PL5261040828", "SK"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_what_was_expected(written: str, country: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        taxes.read(written, country)
    [problem] = refused.value.problems
    assert problem.field == "tax number" and problem.expected == taxes.expected(country)


def test_a_country_we_know_nothing_of_keeps_what_was_written_and_says_so() -> None:
    assert taxes.read("12-3456789", "US").said == "US 123456789 (format not checked)"


def test_the_country_is_told_where_only_one_fits() -> None:
    assert taxes.countries("12892312242") == ["HU"]
    assert set(taxes.countries("31333532")) >= {"SK", "CZ"}


NUMBERS = st.one_of(
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.from_regex(r"[0-9]{10}", fullmatch=True),
    st.from_regex(r"[0-9]{12}", fullmatch=True),
)


@given(NUMBERS)
def test_the_library_agrees_wherever_it_knows(number: str) -> None:
    """The oracle: python-stdnum; where it lets zeros pass, or knows no such form, ours is the stricter."""
    if not number.strip("0"):
        return
    judges = {"PL": nip.is_valid, "RU": inn.is_valid, "CZ": dic.is_valid}
    for country, judge in judges.items():
        assert (taxes.found(number, country) is not None) is judge(number), country
    if len(number) == 8:
        assert (taxes.found(number, "HU") is not None) is anum.is_valid(number)
    if len(number) == 10:
        assert (taxes.found(number, "SK") is not None) is dph.is_valid(number)


@given(st.integers(0, 9_999_999))
def test_every_ico_has_one_check_digit_and_the_czech_arithmetic_agrees(body: int) -> None:
    """The oracle: a Czech legal person's number is the same as a Slovak IČO (it may not begin with 9)."""
    numbers = [f"{body:07d}{digit}" for digit in range(10)]
    right = [number for number in numbers if taxes.is_ico(number)]
    assert len(right) == 1
    if body and not right[0].startswith("9"):
        assert [number for number in numbers if dic.is_valid(number)] == right
