"""Names of companies: legal forms parted, spellings folded; and what is missing of a company."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import company_names, completeness, reach
from crmcore.completeness import Wanted
from kernel.errors import Problem


@pytest.mark.parametrize(
    ("written", "form", "folded"),
    [
        ("Orlik Trans Sp. z o.o.", "Sp. z o.o.", "orlik trans"),
        (
            "Orlik Trans spółka z ograniczoną odpowiedzialnością",
            "spółka z ograniczoną odpowiedzialnością",
            "orlik trans",
        ),
        ("ORLEN S.A.", "S.A.", "orlen"),
        ("Orlen Spółka Akcyjna", "Spółka Akcyjna", "orlen"),
        ("  Żółć   Łódź sp.j. ", "sp.j.", "zolc lodz"),
        ("Kovács és Társa Kft.", "Kft.", "kovacs es tarsa"),
        ("Győri Tűzőgép Zrt.", "Zrt.", "gyori tuzogep"),
        ("Novák, s.r.o.", "s.r.o.", "novak"),
        ("Ťažký Náklad a.s.", "a.s.", "tazky naklad"),
        ('ООО "Ёлка"', "ООО", "елка"),
        ("Общество с ограниченной ответственностью Ёж", "Общество с ограниченной ответственностью", "еж"),
        ("Müller GmbH", "GmbH", "muller"),
        ("AG", "", "ag"),
        ("Sa Trans", "Sa", "trans"),
        ("Auto-S.A.-Trans", "", "auto s a trans"),
        ("!!!", "", ""),
    ],
)
def test_a_name_is_found_by_what_its_spellings_share(written: str, form: str, folded: str) -> None:
    """S3-8: the legal form is kept, and nobody has to type it."""
    name = company_names.parted(written)
    assert (name.form, name.folded, name.shown) == (form, folded, " ".join(written.split()))


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = company_names.key(text)
    assert company_names.key(once) == once
    assert not set(once) & set("%_\\'\"")


@pytest.mark.parametrize(
    ("written", "country", "stored"),
    [
        ("601 234 567", "PL", "+48601234567"),
        ("0905 123 456", "SK", "+421905123456"),
        ("06 30 123 4567", "HU", "+36301234567"),
        ("+48 601 234 567", "", "+48601234567"),
        ("", "PL", ""),
    ],
)
def test_a_phone_is_read_as_one_of_the_companys_country(written: str, country: str, stored: str) -> None:
    assert reach.phone(written, country) == stored


@pytest.mark.parametrize(
    "wrong",
    [
        reach.phone("601 234 567", ""),
        reach.phone("12", "PL"),
        reach.mail("office"),
        reach.mail("a b@c.example"),
        reach.web("javascript:alert(1)"),
        reach.web("two words"),
        reach.country("Poland"),
    ],
)
def test_what_is_none_is_told_with_an_example(wrong: str | Problem) -> None:
    assert isinstance(wrong, Problem) and "example" in wrong.expected


@pytest.mark.parametrize("stop_gap", ["", " ", "-", "---", "brak", "Brak.", "н/д", "000", "0", "n/a", "N.A.", None, 0])
def test_a_stop_gap_counts_as_nothing(stop_gap: object) -> None:
    """S4-11: it was typed to get past a form."""
    assert not completeness.is_filled(stop_gap)


def test_what_is_missing_is_weighed_and_the_weightiest_is_told_first() -> None:
    """S4-11."""
    wanted = (Wanted("reach", ("phone", "mail"), 5), Wanted("city", ("city",), 3), Wanted("web", ("web",), 2))
    found = completeness.weighed({"mail": "a@b.example", "city": "brak"}, wanted)
    assert (found.percent, found.missing, found.is_complete) == (50, ("city", "web"), False)
    assert completeness.weighed({}, wanted).percent == 0
    whole = completeness.weighed({"phone": "1", "city": "X", "web": "x.example"}, wanted)
    assert (whole.percent, whole.is_complete) == (100, True)


@given(st.sets(st.sampled_from([name for one in completeness.WANTED for name in one.fields])))
def test_more_known_is_never_less_complete(known: set[str]) -> None:
    """100 % is what lacks nothing, and only that."""
    found = completeness.weighed(dict.fromkeys(known, "x"))
    for name in known:
        less = completeness.weighed(dict.fromkeys(known - {name}, "x"))
        assert less.percent <= found.percent and set(found.missing) <= set(less.missing)
    assert (found.percent == 100) is found.is_complete
