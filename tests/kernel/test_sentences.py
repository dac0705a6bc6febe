"""Lines of history: English to whoever knows no better, and in the reader's language from what is kept beside them."""

from __future__ import annotations

import orjson
import pytest

from kernel import sentences

TAKEN = sentences.line("{name} took the ticket", name="Ewa")


def test_a_line_is_its_english_words() -> None:
    assert TAKEN == "Ewa took the ticket" and isinstance(TAKEN, str)
    assert orjson.dumps({"said": TAKEN}) == b'{"said":"Ewa took the ticket"}'


def test_what_is_kept_is_told_in_another_language() -> None:
    """Issue "first day", the console in five languages: history too, with values that are lines themselves."""
    given = sentences.line("{name} gave the ticket to {other}", name="Ewa", other=sentences.line("nobody"))
    kept = orjson.loads(orjson.dumps(sentences.kept(given)))
    assert given == "Ewa gave the ticket to nobody"
    assert sentences.told("pl", str(given), kept) == "Ewa: zgłoszenie przekazano, teraz ma je nikt"
    assert sentences.told("en", str(given), kept) == str(given)


def test_what_a_customer_wrote_is_never_a_place() -> None:
    said = sentences.line("edited; before: {words}", words="{0.__class__} {words} 100%")
    assert sentences.told("sk", str(said), sentences.kept(said)) == "upravené; predtým: {0.__class__} {words} 100%"


@pytest.mark.parametrize("kept", [None, {}, {"text": "{gone} took it", "values": {}}, {"text": "x"}, {"values": {}}])
def test_what_does_not_fit_is_told_as_it_was_written(kept: dict[str, object] | None) -> None:
    assert sentences.told("pl", "Ewa took the ticket", kept) == "Ewa took the ticket"


def test_plain_words_keep_nothing_beside_them() -> None:
    assert sentences.kept("Ewa took the ticket") is None and sentences.kept(None) is None
