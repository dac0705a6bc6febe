"""Texts as Telegram reads them: tables of markup, entities and refusals. No server here."""

from __future__ import annotations

import pytest

from channels.telegram.simulator import texts
from channels.telegram.simulator.refusals import Refusal

READ = [
    pytest.param("<b>Szia</b>!", "Szia!", [("bold", 0, 4)], id="bold"),
    pytest.param("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)], id="nested"),
    pytest.param("😀<u>x</u>", "😀x", [("underline", 2, 1)], id="an emoji is two units"),
    pytest.param("1 &lt; 2 &amp; &quot;3&quot; &#x27;4&#39;", "1 < 2 & \"3\" '4'", [], id="escaped characters"),
    pytest.param("  <b> x </b>  ", "x", [("bold", 0, 1)], id="ends are trimmed"),
    pytest.param("<b></b>x", "x", [], id="an empty tag leaves nothing"),
    pytest.param('<a href="https://e.hu/?a=1&amp;b=2">x</a>', "x", [("text_link", 0, 1)], id="a link"),
    pytest.param('<a href="nowhere">x</a>', "x", [], id="a link to nowhere is dropped"),
    pytest.param('<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1)], id="code with a language"),
    pytest.param('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)], id="spoiler"),
    pytest.param("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)], id="quote"),
    pytest.param("/start@our_bot now", "/start@our_bot now", [("bot_command", 0, 14)], id="a command is found"),
    pytest.param(
        "see https://e.hu/x, a@e.hu",
        "see https://e.hu/x, a@e.hu",
        [("url", 4, 14), ("email", 20, 6)],
        id="addresses are found",
    ),
]

BROKEN = [
    pytest.param("a < b", 'Unsupported start tag "" at byte offset 2', id="a bare less-than"),
    pytest.param("ő<br>", 'Unsupported start tag "br" at byte offset 2', id="an unknown tag, offset in bytes"),
    pytest.param("<b>x", 'Can\'t find end tag corresponding to start tag "b"', id="not closed"),
    pytest.param("x</b>", "Unexpected end tag at byte offset 1", id="not opened"),
    pytest.param(
        "<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"', id="crossed tags"
    ),
    pytest.param("<b", 'Unclosed start tag "b" at byte offset 0', id="half a tag"),
    pytest.param("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0', id="a plain span"),
    pytest.param("a & b", "Unescaped character '&' at byte offset 2", id="a bare ampersand"),
    pytest.param("a&nbsp;b", "Unescaped character '&' at byte offset 1", id="an entity Telegram does not know"),
]


@pytest.mark.parametrize(("source", "text", "entities"), READ)
def test_markup_becomes_text_and_entities(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    formatted = texts.read(source, "HTML", None)
    assert formatted.text == text
    assert [(e["type"], e["offset"], e["length"]) for e in formatted.entities] == entities


@pytest.mark.parametrize(("source", "why"), BROKEN)
def test_broken_markup_is_refused_in_telegrams_words(source: str, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        texts.read(source, "HTML", None)
    assert refused.value.description == f"Bad Request: can't parse entities: {why}"


def test_without_a_parse_mode_tags_are_plain_text() -> None:
    assert texts.read("<b>a & b", "", None).text == "<b>a & b"


def test_an_unknown_parse_mode_is_refused() -> None:
    with pytest.raises(Refusal, match="unsupported parse_mode"):
        texts.read("x", "BBCode", None)


def test_an_entity_beyond_the_end_of_the_text_is_refused() -> None:
    with pytest.raises(Refusal, match="ends after the end of the text at UTF-16 offset 2"):
        texts.read("😀", "", [{"type": "bold", "offset": 1, "length": 2}])
