"""Lines of history: English to whoever knows no better, and in the reader's language from what is kept beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pytest

from kernel import errors, sentences, texts

TAKEN = sentences.line("{name} took the ticket", name="Ewa")


def test_a_line_is_its_english_words() -> None:
    assert TAKEN == "Ewa took the ticket" and isinstance(TAKEN, str)
    assert orjson.dumps({"said": TAKEN}) == b'{"said":"Ewa took the ticket"}'


def test_what_is_kept_is_told_in_another_language() -> None:
    """Issue "first day", the console in five languages: history too, with values that are lines themselves."""
    given = sentences.line("{name} gave the ticket to {other}", name="Ewa", other=sentences.line("nobody"))
    kept = orjson.loads(orjson.dumps(sentences.kept(given)))
    assert given == "Ewa gave the ticket to nobody"
    assert texts.told("pl", str(given), kept) == "Ewa: zgłoszenie przekazano, teraz ma je nikt"
    assert texts.told("en", str(given), kept) == str(given)


def test_what_a_customer_wrote_is_never_a_place() -> None:
    said = sentences.line("edited; before: {words}", words="{0.__class__} {words} 100%")
    assert texts.told("sk", str(said), sentences.kept(said)) == "upravené; predtým: {0.__class__} {words} 100%"


@pytest.mark.parametrize("kept", [None, {}, {"text": "{gone} took it", "values": {}}, {"text": "x"}, {"values": {}}])
def test_what_does_not_fit_is_told_as_it_was_written(kept: dict[str, object] | None) -> None:
    assert texts.told("pl", "Ewa took the ticket", kept) == "Ewa took the ticket"


def test_plain_words_keep_nothing_beside_them() -> None:
    assert sentences.kept("Ewa took the ticket") is None and sentences.kept(None) is None


def test_a_line_is_read_again_from_what_was_kept() -> None:
    """Issue 5: what an undo names was said at another time, and is a line once more; values that were lines too."""
    until = sentences.Moment(datetime(2026, 3, 16, 9, tzinfo=UTC), ZoneInfo("Europe/Warsaw"))
    said = sentences.line("{name} put the ticket off until {when}", name="Ewa", when=until)
    kept = orjson.loads(orjson.dumps(sentences.kept(said)))
    again = sentences.again(str(said), kept)
    assert again == "Ewa put the ticket off until Mon 16 Mar 2026 10:00 CET"
    assert texts.into("pl", again) == "Ewa: zgłoszenie odłożone do pon., 16 marca 2026 10:00 CET"
    assert texts.into("pl", "Ewa put it off") == "Ewa put it off"


def test_a_refusal_says_its_reason_in_the_readers_language() -> None:
    """Issue 5: a value of a refusal may be a line."""
    error = errors.Invalid("When? {why}. Nothing was done.", why=sentences.line("That has passed"))
    assert str(error) == "When? That has passed. Nothing was done."
    assert texts.refusal("pl", error) == "Kiedy? To już minęło. Nic nie zrobiono."
