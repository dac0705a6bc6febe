"""What customers read: every language has every sentence, times in the reader's zone, no word of the staff's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from crmcore import notice_texts
from crmcore.ledger import Change
from crmcore.notice_texts import Facts
from kernel.texts import LANGUAGES

FACTS = Facts(
    change=Change.ANNOUNCE,
    ref="O-31/1",
    stations="0412 Gdynia, Morska 100",
    nearest="0415, 0420",
    starts_at=datetime(2026, 3, 12, 21, 0, tzinfo=UTC),
    ends_at=datetime(2026, 3, 13, 5, 0, tzinfo=UTC),
    for_good=False,
    why="",
    zone="Europe/Warsaw",
)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            "Station 0412 Gdynia, Morska 100 is out of service from 12 Mar 22:00 to 13 Mar 06:00 (local time)."
            " Nearest: 0415, 0420. Ref O-31/1. STOP = opt out",
        ),
        (
            "pl",
            "Stacja 0412 Gdynia, Morska 100: wyłączona od 12 mar 22:00 do 13 mar 06:00 (czas lokalny)."
            " Najbliższe: 0415, 0420. Nr O-31/1. STOP = rezygnacja",
        ),
        (
            "ru",
            "АЗС 0412 Gdynia, Morska 100: не работает с 12 мар. 22:00 до 13 мар. 06:00 (местное время)."
            " Ближайшие: 0415, 0420. № O-31/1. СТОП = отписка",
        ),
    ],
)
def test_a_notice_in_full(language: str, expected: str) -> None:
    """S0-8: the month by name, a clock of 24 hours, the station's time called local."""
    assert notice_texts.text(FACTS, language, "", may_stop=True) == expected


CASES = {
    "announce": FACTS,
    "open": replace(FACTS, ends_at=None),
    "good": replace(FACTS, for_good=True),
    "move": replace(FACTS, change=Change.MOVE),
    "move open": replace(FACTS, change=Change.MOVE, ends_at=None),
    "end": replace(FACTS, change=Change.END),
    "cancel": replace(FACTS, change=Change.CANCEL),
    "maintenance": replace(FACTS, why="Maintenance."),
    "no fuel": replace(FACTS, why="no fuel"),
}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_no_sentence_is_left_in_english(case: Facts, language: str) -> None:
    """Every sentence differs from the English one, so none lacks its translation."""
    own = notice_texts.text(case, language, "", may_stop=True)
    english = notice_texts.text(case, "en", "", may_stop=True)
    assert not set(own.split(". ")) & set(english.split(". "))
    assert "{" not in own


def test_another_zone_is_named_where_the_clock_differs() -> None:
    """Told in the reader's own time."""
    moscow = notice_texts.headline(FACTS, "en", "Europe/Moscow")
    assert "from 13 Mar 00:00 to 13 Mar 08:00 (Moscow Standard Time)" in moscow
    assert "12 Mar 22:00 to 13 Mar 06:00 (local time)" in notice_texts.headline(FACTS, "en", "Europe/Budapest")


def test_a_reason_of_its_own_is_told_as_written_and_has_no_format() -> None:
    text = notice_texts.text(replace(FACTS, why="pump {0} is {broken}"), "en", "", may_stop=False)
    assert "Reason: pump {0} is {broken}." in text and "STOP" not in text


def test_a_subject_is_short() -> None:
    assert notice_texts.subject(FACTS, "en").startswith("Station 0412 Gdynia, Morska 100 is out of service")
    assert len(notice_texts.subject(replace(FACTS, stations="x" * 300), "en")) == 120
