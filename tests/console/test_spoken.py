"""What a page can only say in English says so to a screen reader; what is translated has no such mark."""

from __future__ import annotations

import pytest
from lxml import html
from markupsafe import Markup

from console import doing, spoken
from kernel import errors
from kernel.errors import Problem
from tests.console.test_settings_pages import Shelf, shelf  # noqa: F401 - a fixture
from tests.tickets import letters


def marked(page: str) -> list[str]:
    """What stands on the page in English although the page is in another language."""
    found = html.fromstring(page).xpath("//*[@lang='en'][not(self::html)][not(self::option)]")
    return [" ".join(str(one.text_content()).split()) for one in found]


@pytest.fixture
async def polish(shelf: Shelf) -> Shelf:  # noqa: F811
    """The administrator reads Polish, and there is a ticket."""
    await letters.ticket(shelf.visitor.store)
    shelf.visitor.client.session.cookie_jar.update_cookies({"language": "pl"})
    return shelf


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("pl", "no <b>", '<span lang="en">no &lt;b&gt;</span>'),
        ("en", "no <b>", "no <b>"),
        ("hu", "", ""),
    ],
    ids=["marked and escaped", "an English page needs no mark", "nothing is nothing"],
)
def test_english_words_are_marked(language: str, text: str, shown: str) -> None:
    assert spoken.english(language, text) == shown


def test_a_sentence_keeps_the_mark_of_a_part_and_nothing_else_of_it() -> None:
    """S3-23: the words around are the reader's own language; what people wrote is escaped."""
    said = spoken.say("pl", "{field}: expected {what}.", field="<i>", what=Markup('<span lang="en">a day</span>'))
    assert str(said).startswith("&lt;i&gt;: ") and '<span lang="en">a day</span>' in said
    assert spoken.say("en", "{field}: expected {what}.", field="<i>", what="a day") == "<i>: expected a day."


def test_a_refusal_in_the_readers_language_has_no_mark() -> None:
    assert spoken.refusal("pl", errors.Invalid("Nic", language="pl")) == "Nic"
    assert spoken.refusal("pl", errors.Invalid("Nothing")) == '<span lang="en">Nothing</span>'


def test_what_is_expected_of_a_field_that_pages_do_not_know_is_english() -> None:
    known, other = (doing.expected("pl", Problem(name, "a whole <number>")) for name in ("minutes", "odd"))
    assert "lang=" not in known
    assert '<span lang="en">a whole &lt;number&gt;</span>' in other


async def test_a_refusal_that_became_a_page_is_in_the_readers_language(polish: Shelf) -> None:
    """S3-23: the file has changed meanwhile."""
    sent = {"of": "1", "to": "up", "stamp": "old"}
    status, page = await polish.visitor.post("/settings/rules/move", shown="/settings/rules", **sent)
    assert status == 409
    assert marked(page) == [] and "Plik ustawień tymczasem się zmienił." in page
    polish.visitor.client.session.cookie_jar.update_cookies({"language": "en"})
    status, page = await polish.visitor.post("/settings/rules/move", shown="/settings/rules", **sent)
    assert status == 409 and marked(page) == []


async def test_a_refusal_beside_its_field_is_in_the_readers_language(polish: Shelf) -> None:
    """S3-23: what settings expected."""
    status, page = await polish.draft("queue", "cards", first_response="soon")
    assert status == 400 and marked(page) == []
    [beside] = html.fromstring(page).xpath("//*[@id='wrong-first_response']")
    assert "liczby całkowite z jednostkami" in str(beside.text_content())


async def test_what_an_engine_says_is_marked_inside_our_own_sentence(polish: Shelf) -> None:
    """S3-23: where a condition cannot be read, the words of the language CEL are English and ours are not."""
    status, page = await polish.draft("rule", "", name="odd", when="message.text ===", queue="cards")
    assert status == 400
    [beside] = html.fromstring(page).xpath("//*[@id='wrong-when']")
    said = str(beside.text_content())
    [engine] = marked(page)
    assert "warunek CEL; wiersz 1, kolumna" in said and engine in said


async def test_a_refusal_on_the_case_page_is_in_the_readers_language(polish: Shelf) -> None:
    """S3-23: over the form, and beside the field."""
    path, form = "/tickets/T1/case", {"key": "k" * 20}
    tags = {"was-tags": "", "tags": ", ".join(f"t{number}" for number in range(50))}
    status, page = await polish.visitor.post(path, act="save", **form, **tags)
    assert status == 400 and "Najwyżej " in page and not [one for one in marked(page) if "At most" in one]
    status, page = await polish.visitor.post(path, act="merge", other="T9", seen="1", **form)
    assert status == 400 and "lang" not in html.fromstring(page).xpath("//form//p[@class='bad']")[0].attrib
    assert not [one for one in marked(page) if "T9" in one or "such ticket" in one]


@pytest.mark.parametrize("words", ["nonsense", "show T1"], ids=["refused", "done"])
async def test_an_answer_to_a_command_is_in_the_readers_language(polish: Shelf, words: str) -> None:
    """S3-23: what the bot says to colleagues is in the language of the page that shows it."""
    sent = {"key": "k" * 20, "how": "command", "words": words, "back": "/my"}
    status, to = await polish.visitor.post("/orders", shown="/my", **sent)
    assert status == 303
    page = (await polish.visitor.get(to))[1]
    [said] = html.fromstring(page).xpath("//*[@id='said']/p")
    assert said.get("lang") is None
    assert ("to nie polecenie" if words == "nonsense" else "nikt tego nie ma") in str(said.text_content())


async def test_an_answer_of_a_page_is_in_the_readers_language(polish: Shelf) -> None:
    path = "/tickets/T1/case"
    status, to = await polish.visitor.post(path, key="k" * 20, act="watch", to="begin")
    assert status == 303
    [said] = html.fromstring((await polish.visitor.get(to.partition("#")[0]))[1]).xpath("//*[@id='said']/p")
    assert said.get("lang") is None and "T1" in str(said.text_content())
