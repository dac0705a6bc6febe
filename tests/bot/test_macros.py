"""Canned answers: filled in, in the customer's language, and never able to do more than that."""

from __future__ import annotations

import time

import pytest

from bot import filling, macros
from bot.macros import Macro
from hub.macros import MacroSettings, checked
from kernel import errors
from kernel.errors import Problem

FACTS = dict(zip(macros.FACTS, ("Eszter {{ agent }}", "Anna", "T12", "Card", "inbox"), strict=True))
REFUND = Macro(
    "refund",
    {"en": "Dear {{ customer }}, {{ amount }} EUR come back.{% if days %} In {{ days }} days.{% endif %}"},
    wants=frozenset({"amount", "days"}),
)
HOSTILE = {
    "a loop": "{% for x in range(100000000) %}x{% endfor %}",
    "an attribute": "{{ customer.__class__ }}",
    "an item": "{{ customer['__class__'] }}",
    "a call": "{{ range(10**9) }}",
    "arithmetic": "{{ 9 ** 9 ** 9 }}",
    "repetition": "{{ 'x' * 1000000000 }}",
    "a filter that pads": "{{ customer|center(1000000000) }}",
    "a filter that formats": "{{ '%1000000000d'|format(1) }}",
    "a macro of its own": "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}",
    "a file": "{% include '/etc/passwd' %}",
    "a variable set": "{% set x = 1 %}",
    "nonsense": "{{ customer",
}


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_text_that_does_more_than_fill_in_is_refused_when_settings_are_read(template: str) -> None:
    """Issue 5: sandboxed by what is understood at all; none is ever rendered."""
    found: list[Problem] = []
    begun = time.monotonic()
    assert checked({"bad": MacroSettings(text=template)}, ["inbox"], found) == {}
    assert [one.field for one in found] == ["macros.bad.text"]
    assert time.monotonic() - begun < 1


def test_values_are_values_and_never_text() -> None:
    """What a customer calls himself is not looked into."""
    said = filling.filled(REFUND, FACTS, {"amount": "20", "days": ""}, "en")
    assert said == "Dear Eszter {{ agent }}, 20 EUR come back."
    assert filling.filled(REFUND, FACTS, {"amount": "20", "days": "3", "agent": "x"}, "en").endswith("In 3 days.")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(
        errors.Invalid, match=r"refund needs more: /macro T12 refund amount=… days=…\. Nothing was sent"
    ):
        filling.filled(REFUND, FACTS, {}, "en")


def test_the_customers_language_then_english_then_any() -> None:
    two = Macro("hi", {"pl": "Dzień dobry", "en": "Hello"})
    assert [filling.filled(two, FACTS, {}, language) for language in ("pl", "hu")] == ["Dzień dobry", "Hello"]
    assert filling.filled(Macro("hi", {"pl": "Dzień dobry"}), FACTS, {}, "hu") == "Dzień dobry"


def test_a_macro_is_offered_in_its_queues() -> None:
    """S6: scoped to queues."""
    known = {"a": Macro("a", {"en": "x"}, ("cards",)), "b": Macro("b", {"en": "x"})}
    assert [one.name for one in macros.offered(known, "inbox")] == ["b"]
    assert [one.name for one in macros.offered(known, "cards")] == ["a", "b"]


def test_problems_of_the_settings_are_told_together() -> None:
    """M-12: name, queue and language, each with what was expected."""
    found: list[Problem] = []
    written = {
        "two words": MacroSettings(text="x"),
        "q": MacroSettings(text="x", queues=("nowhere",)),
        "l": MacroSettings(text={"xx": "x"}),
        "e": MacroSettings(text={"pl": " "}),
    }
    checked(written, ["inbox"], found)
    assert [one.field for one in found] == ["macros.two words", "macros.q.queues", "macros.l.text", "macros.e.text"]


@pytest.mark.parametrize(
    "text",
    [
        "{% if amount > 5 %}much{% endif %}",
        "{{ customer|upper(1) }}",
        "{% if amount %}x{% else %}{{ 1|default(2, 3, 4) }}{% endif %}",
    ],
    ids=["a word against a number", "a filter with too much", "only without the value"],
)
def test_a_text_that_breaks_when_filled_in_is_refused_when_settings_are_read(text: str) -> None:
    """M-12: before a customer waits for it."""
    found: list[Problem] = []
    assert checked({"bad": MacroSettings(text=text)}, ["inbox"], found) == {}
    assert [one.field for one in found] == ["macros.bad.text"]
    assert found[0].expected.startswith("a text that can be filled in")


def test_one_that_breaks_nevertheless_is_named() -> None:
    """The message is not at fault, and the line goes on."""
    bad = Macro("big", {"en": "{% if amount > 5 %}much{% endif %}"}, wants=frozenset({"amount"}))
    with pytest.raises(errors.Invalid, match=r"The canned answer big is broken .* mend macros\.big in the settings"):
        filling.filled(bad, FACTS, {"amount": "20"}, "en")


def test_values_are_read_with_and_without_quotes() -> None:
    assert macros.given('amount=20 why="wrong card" x') == {"amount": "20", "why": "wrong card"}
