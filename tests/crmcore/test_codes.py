"""Codebooks: shipped and own words, validity day by day, used ones kept, files."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import audit, codes, shipped_codes
from crmcore.codes import Code, Facts
from crmcore.exchange import codes as sheet
from kernel import errors, texts
from kernel.unit import Store
from tests.conftest import START
from tests.crmcore.house import register

TODAY = START.date()
DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 20))


async def put(store: Store, *facts: Facts) -> tuple[int, ...]:
    async with store.unit() as work:
        return tuple(await codes.upsert(work, facts))


async def needed(store: Store, book: str, written: str) -> str:
    return await codes.needed(store.reading(), book, written, on=TODAY)


def test_every_shipped_word_has_a_label_in_every_language() -> None:
    """S3-7."""
    for book, words in shipped_codes.SHIPPED.items():
        for code in words:
            found = shipped_codes.labels(book, code)
            assert set(found) == set(texts.LANGUAGES) and all(found.values()), (book, code)
            assert sheet.checked(Facts(book, code, found)) == []


@given(st.none() | DAYS, st.none() | DAYS, st.booleans())
def test_a_word_is_valid_on_the_days_that_were_said_and_on_no_other(
    first: date | None, last: date | None, active: bool
) -> None:
    """S3-7: against a list of days, both ends included, open ends open."""
    every = [date(2025, 12, 25) + timedelta(days=count) for count in range(40)]
    said = {day for day in every if (not first or day >= first) and (not last or day <= last)}
    known = Code("area", "x", {}, 1, active, first.isoformat() if first else "", last.isoformat() if last else "")
    assert {day for day in every if known.is_valid(day)} == (said if active else set())


async def test_a_word_is_written_by_its_code_or_by_a_label_of_any_language(store: Store) -> None:
    for written in ("buyer", "BUYER", "Buyer", "Odbiorca", "odberateľ", "vevo", "Покупатель"):
        assert await needed(store, "relation", written) == "buyer"


async def test_an_unknown_word_is_told_with_its_codebook_and_the_near_ones(store: Store) -> None:
    """S3-7."""
    with pytest.raises(errors.Invalid) as refused:
        await codes.needed(store.reading(), "relation", "buyr", on=TODAY, what="relation")
    [problem] = refused.value.problems
    assert (
        problem.field == "relation" and "near: buyer" in problem.expected and "codes list relation" in problem.expected
    )


async def test_an_own_word_joins_the_shipped_ones_and_a_shipped_one_is_relabelled(store: Store) -> None:
    own, relabelled = Facts("relation", "fleet", {"en": "Fleet"}), Facts("relation", "buyer", {"en": "Client"})
    assert await put(store, own, relabelled) == (1, 1, 0)
    words = await codes.book(store.reading(), "relation")
    assert list(words)[:2] == ["prospect", "buyer"] and list(words)[-1] == "fleet"
    assert (words["buyer"].label("en"), words["buyer"].label("pl"), words["fleet"].label("hu")) == (
        "Client",
        "Odbiorca",
        "Fleet",
    )
    assert await put(store, Facts("relation", "fleet", {"en": "Fleet"})) == (0, 0, 1)


async def test_a_used_word_is_switched_off_and_an_unused_one_goes(store: Store) -> None:
    """S3-7: what stands on it keeps it; nobody can choose it again."""
    await put(store, Facts("area", "north", {"en": "North"}), Facts("area", "south", {"en": "South"}))
    company = await register(store, None, "Orlik", area="north")
    async with store.unit() as work:
        assert await codes.retire(work, "area", "north") is False
        assert await codes.retire(work, "area", "south") is True
        assert await codes.retire(work, "area", "pl") is False, "a shipped one"
        with pytest.raises(errors.NotFound):
            await codes.retire(work, "area", "south")
    words = await codes.book(store.reading(), "area")
    assert (words["north"].active, words["pl"].active, "south" in words) == (False, False, False)
    with pytest.raises(errors.Invalid):
        await needed(store, "area", "north")
    assert await codes.labels(store.reading(), {"area": company.area}, "en") == {"area": "North"}


async def test_a_word_above_others_must_be_there_and_makes_no_circle(store: Store) -> None:
    await put(store, Facts("area", "north", {}, parent="pl"), Facts("area", "gdynia", {}, parent="north"))
    for facts in (
        Facts("area", "pl", {}, parent="gdynia"),
        Facts("area", "x", {}, parent="nowhere"),
        Facts("area", "y", parent="y"),
    ):
        async with store.unit() as work:
            with pytest.raises(errors.Invalid, match="nothing was written"):
                await codes.upsert(work, [facts])
    async with store.unit() as work:
        assert await codes.retire(work, "area", "north") is False, "it stands above another"


async def test_every_change_of_a_word_leaves_a_line(store: Store) -> None:
    await put(store, Facts("area", "north", {"en": "North"}))
    await put(store, Facts("area", "north", {"en": "The north"}, active=False))
    [row] = await store.reading().fetch("SELECT id FROM codes")
    found = [(one.field, one.before, one.after) for one in await audit.of(store.reading(), "code", row["id"])]
    assert {("label en", "North", "The north"), ("active", "True", "False")} <= set(found)


FILE = """Słownik;Kod;English;Polski;Od;Do;Nadrzędny;Aktywny
area;north;North;Północ;2026-01-01;;pl;tak
area;Bad Code;;;;;;
area;south;;;2026-02-01;2026-01-01;;maybe
colour;red;;;;;;
"""


def test_a_file_is_read_and_every_wrong_line_told() -> None:
    """S3-7: import, line by line."""
    found, problems = sheet.read(FILE.encode())
    assert found == [Facts("area", "north", {"en": "North", "pl": "Północ"}, None, True, "2026-01-01", None, "pl")]
    assert [problem.field for problem in problems] == [
        "line 3, code",
        "line 4, valid to",
        "line 4, active",
        "line 5, book",
    ]
