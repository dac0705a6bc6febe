"""Every text that the code says to customers, in every language, with its places and plural forms; and no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from gettext import c2py
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Catalog
from babel.messages.pofile import read_po

from kernel import texts
from tests.support import wording

LANGUAGES = [language for language in texts.LANGUAGES if language != "en"]
SAID = wording.said()


def paths(language: str) -> list[Path]:
    return sorted((texts.LOCALES / language / "LC_MESSAGES").glob("*.po"))


def catalogue(language: str) -> Catalog:
    """All areas of a language together, with the header of the first: each is read as the product reads it."""
    whole = None
    for path in paths(language):
        with path.open("rb") as source:
            found = read_po(source, locale=language, abort_invalid=True)
        assert not found.obsolete, path
        whole = whole or found
        assert found.num_plurals == whole.num_plurals and found.plural_expr == whole.plural_expr, path
        for message in found:
            whole[message.id] = message
    assert whole is not None
    return whole


def test_the_texts_are_found_where_they_are_said() -> None:
    """The search itself: written out, by constant, from a table, from a function; what it cannot find it says."""
    source = (
        'CODE = "a {x}"\n_T = {1: "b", 2: "c"}\n'
        'def f():\n    return "d"\n'
        'def g(n):\n    known = _T.get(n)\n    texts.say("pl", CODE, x=1)\n    texts.say("pl", _T[n])\n'
        '    texts.say("pl", known)\n    texts.say("pl", f())\n    texts.say("pl", "e", **n)\n'
        '    texts.say_many("pl", "{count} f", "{count} fs", 2)\n'
    )
    found = list(wording.of(source, "x.py"))
    assert [one.text for one in found] == ["a {x}", "b", "c", "b", "c", "d", "e", "{count} f"]
    assert (found[0].given, found[6].given, found[7].many) == (frozenset("x"), None, "{count} fs")
    with pytest.raises(ValueError, match=r"x.py:2: .* is assigned neither here"):
        list(wording.of('def g(text):\n    texts.say("pl", text)\n', "x.py"))


def test_the_texts_of_pages_are_found() -> None:
    """What a template says, with its places and plural."""
    page = '<p>{{ _("a {x}", x=name) }}</p>{% if n %}{{ _n("{count} b", "{count} bs", n) }}{% endif %}{{ _(kind) }}'
    with pytest.raises(ValueError, match=r"y\.html:1"):
        list(wording.of_page(page, "y.html"))
    found = list(wording.of_page(page.replace("{{ _(kind) }}", ""), "y.html"))
    assert [(one.text, one.many, one.given) for one in found] == [
        ("a {x}", "", frozenset("x")),
        ("{count} b", "{count} bs", frozenset({"count"})),
    ]


def test_every_call_fills_the_places_of_its_text() -> None:
    """M-8: a text with an open place would fail at the moment it is sent."""
    assert len(SAID) > 20
    for one in SAID:
        assert one.given is None or wording.places(one.text) | wording.places(one.many) <= one.given, one


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_places(language: str) -> None:
    """M-8: in the customer's language, all of it."""
    known = catalogue(language)
    for one in SAID:
        message = known.get((one.text, one.many) if one.many else one.text)
        assert message is not None and message.string, f"{one.where}: not in {language}: {one.text}"
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert len(forms) == (known.num_plurals if one.many else 1) and all(forms), (language, one.text)
        wanted = wording.places(one.many or one.text)
        assert all(wording.places(form) == wanted for form in forms), (language, one.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_nothing_else(language: str) -> None:
    """A text that nobody says is a text that nobody has read; one that stands twice is translated twice."""
    known = catalogue(language)
    said = {one.text for one in SAID}
    spare = [message.id for message in known if message.id and _first(message.id) not in said]
    assert spare == []
    assert [message.id for message in known if message.id and message.fuzzy] == []
    stands = [text for path in paths(language) for text in re.findall(r"^msgid .*(?:\n\".*)*", path.read_text(), re.M)]
    assert sorted(text for text in set(stands) if stands.count(text) > 1) in ([], ['msgid ""']), "each text once"
    assert len(stands) == len(known) + len(paths(language)), "the headers, and each text"


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_the_languages_own(language: str) -> None:
    """The header of a catalogue and the Unicode tables part the whole numbers in the same way."""
    form: Callable[[int], int] = c2py(catalogue(language).plural_expr)
    category = Locale(language).plural_form
    pairs = {(form(number), category(number)) for number in range(1000)}
    assert len(pairs) == len({index for index, _ in pairs}) == len({name for _, name in pairs})
    assert {index for index, _ in pairs} == set(range(catalogue(language).num_plurals))


def test_customers_words_are_values_and_an_unknown_language_is_english() -> None:
    assert texts.say("xx", "Reason: {why}.", why="{zone} %s") == "Reason: {zone} %s."
    assert texts.say("pl", "Reason: {why}.", why="{zone}") == "Powód: {zone}."


def _first(message_id: str | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]
