"""Ready-made rules: each compiles whatever the blanks hold, and is known again until somebody edits it by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import ready, rules

FILLED = {
    "address": "Billing@desk.example",
    "addresses": "anna@firma.example, +36201234567",
    "words": "Faktúra, card",
    "domain": "firma.example",
    "company": 'Geh"ei\\ Kft.',
    "group": "south",
    "speaks": "hu",
    "channel": "email",
    "calendar": "office",
    "queue": "cards",
    "priority": "1",
    "tag": "vip",
    "colleague": "Anna",
    "answer": "Hello {name}, we are closed.",
    "incident": "0412",
    "segment": "fleet",
    "within": "2h 30m",
}
RULES = [key for key, one in ready.READY.items() if one.part == "rules"]
POLICIES = sorted(ready.READY.keys() - set(RULES))
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


def blanks(key: str) -> dict[str, str]:
    return {name: FILLED[name] for name in ready.READY[key].blanks}


def written(key: str) -> dict[str, Any]:
    return {"name": "one", "ready": key, "blanks": blanks(key), **ready.made(key, blanks(key))}


def test_there_are_enough_to_choose_from() -> None:
    assert len(ready.READY) >= 10


@pytest.mark.parametrize("key", RULES)
def test_a_sentence_becomes_a_rule_that_can_be_asked(key: str) -> None:
    """M-6: and nothing is wrong with well filled blanks."""
    made = ready.made(key, blanks(key))
    assert rules.compile_condition(made["when"], field="when")[1] == []
    assert ready.problems(key, blanks(key), {}) == []
    assert set(made) == {"when", *ready.READY[key].then}


@pytest.mark.parametrize("key", RULES)
def test_it_is_the_sentence_until_it_is_edited(key: str) -> None:
    """M-6: a condition changed by hand is an advanced rule; its name and whether it stops are free."""
    rule = written(key)
    assert ready.sentence_of(rule) == ready.sentence_of({**rule, "name": "two", "stop": True}) == key
    assert ready.sentence_of({**rule, "when": f"{rule['when']} && true"}) == ""
    assert ready.sentence_of({**rule, "source": "fair"}) == ""
    assert ready.sentence_of({"name": "one", "when": rule["when"]}) == ""


@pytest.mark.parametrize("key", POLICIES)
def test_a_sentence_becomes_a_policy_until_it_is_edited(key: str) -> None:
    """Issue "contact center", rules: customer group -> policy."""
    made = ready.made(key, blanks(key))
    assert ready.problems(key, blanks(key), {}) == []
    assert made.pop("first_response") == "2h 30m"
    assert list(made.values()) == [[FILLED[ready.READY[key].blanks[0]]]]
    policy = written(key)
    assert ready.sentence_of(policy) == key
    assert ready.sentence_of({**policy, "first_response": "3h"}) == ""
    assert ready.sentence_of({**policy, "calendar": "office"}) == ""
    [problem] = ready.problems(key, {**blanks(key), "within": "soon"}, {})
    assert problem.field == "within"


@pytest.mark.parametrize("key", ready.READY)
@pytest.mark.parametrize("value", ["", "x" * 501], ids=["empty", "too long"])
def test_blanks_left_empty_or_too_long_are_named(key: str, value: str) -> None:
    found = ready.problems(key, dict.fromkeys(blanks(key), value), {})
    assert {problem.field for problem in found} == set(ready.READY[key].blanks)


@given(st.sampled_from(sorted(RULES)), st.dictionaries(st.sampled_from(sorted(FILLED)), WORDS))
def test_whatever_is_typed_stays_a_text_of_the_condition(key: str, typed: dict[str, str]) -> None:
    """S22: nobody writes CEL through a blank; what is not refused compiles and means one thing."""
    own = {**blanks(key), **{name: value for name, value in typed.items() if name in ready.READY[key].blanks}}
    if ready.problems(key, own, {}):
        return
    made = ready.made(key, own)
    condition, problems = rules.compile_condition(made["when"], field="when")
    assert problems == [] and condition is not None
    assert set(condition.needs) == set(rules.compile_condition(written(key)["when"], field="when")[0].needs)  # type: ignore[union-attr]


def test_choices_are_among_what_there_is() -> None:
    [problem] = ready.problems("mail-to", {"address": "a@b.example", "queue": "gone"}, {"queue": ["inbox"]})
    assert (problem.field, problem.got) == ("queue", "gone")
