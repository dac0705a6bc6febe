"""Questions before acts that reach far, as they fit into a text message."""

from __future__ import annotations

import pytest

from bot import beforehand, incident_views, many, texting
from bot.commands import joining_up, registry
from kernel import texts

LONG = {
    "source": "T1234567",
    "target": "T1234568",
    "ticket": "T1234567",
    "subject": "s" * joining_up.SUBJECT,
    "other": "o" * joining_up.SUBJECT,
    "contact": "c" * 40,
    "label": "Telegram",
    "time": "12 September 2026, 22:00 CEST",
}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_question_and_its_code_fit_into_one_answer_by_text(language: str) -> None:
    """M-8, M-9: what is cut off would be the code."""
    merge = texts.say_many(language, joining_up._MERGES, joining_up._MERGES_MANY, 1234, **LONG)
    there = texts.say_many(language, "{count} open ticket is from there.", "{count} open tickets are from there.", 1234)
    blocking = [joining_up._BANS, joining_up._BANS_UNTIL, joining_up._SPAMS]
    for what in (merge, *(f"{texts.say(language, one, **LONG)} {there}" for one in blocking)):
        whole = texts.say(language, beforehand._TEXT, what=what, answer="K7Q2")
        assert len(whole) <= texting.LIMIT, (len(whole), whole)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_question_about_twenty_tickets_fits_too(language: str) -> None:
    """M-9: the names of tickets and the words are cut, never the code."""
    customers = texts.say_many(language, "{count} customer", "{count} customers", 20)
    rated = "{count} customer may be asked for a rating.", "{count} customers may be asked for a rating."
    what = texts.say(
        language,
        "{command} for {names}: {tickets} of {customers}?",
        command=f"/reopen {'w' * many.WORDS}",
        names="T" * many.NAMES,
        tickets=incident_views.tickets(language, 20),
        customers=customers,
    )
    asked = f"{what} {texts.say_many(language, *rated, 20)}"
    assert len(texts.say(language, beforehand._TEXT, what=asked, answer="K7Q2")) <= texting.LIMIT


def test_what_blocks_or_joins_is_asked_about_first() -> None:
    """M-9, bot.md 2.8: merge and ban, and spam, which blocks as ban does."""
    assert {verb.name for verb in registry().verbs if verb.asks} == {"merge", "ban", "spam"}
