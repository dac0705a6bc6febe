"""The reference of files tells every field with its words, as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmcore import company_fields
from crmcore.exchange import mappings
from crmcore.exchange.fields import COMPANY, KINDS
from kernel import folding

TEXT = (Path(__file__).parents[3] / "docs" / "reference" / "exchange.md").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_and_its_words_stand_in_the_reference(kind: str) -> None:
    _, _, part = TEXT.partition(f"## Fields of {kind}")
    rows = [f"| `{name}` | {field.help} | {', '.join(field.words)} |" for name, field in KINDS[kind].items()]
    assert [row for row in rows if row not in part] == []


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_written_as_they_are_compared_and_mean_one_field(kind: str) -> None:
    words = [word for field in KINDS[kind].values() for word in field.words]
    assert [word for word in words if folding.fold(word) != word or mappings.word(word) != word] == []
    assert sorted({word for word in words if words.count(word) > 1}) == []
    names = {name.replace("_", " ") for name in KINDS[kind]}
    assert names & set(words) == set()


def test_every_field_of_a_company_can_be_brought_in() -> None:
    assert set(company_fields.FIELDS) <= set(COMPANY)
