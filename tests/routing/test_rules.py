"""Rules: what is wrong is found at the start with its place; what breaks later is passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kernel.errors import Problem
from routing import rules
from routing.rules import Decision, Rule

FACTS: dict[str, Any] = {
    "message": {"channel": "sms", "text": "Моя карта заблокирована", "subject": "", "from": "tel:+36201234567"},
    "contact": {"name": "Eszter", "language": "hu"},
    "ticket": {"new": True, "queue": "inbox", "priority": 3, "kind": "question"},
    rules.NOW: datetime(2026, 3, 10, 9, tzinfo=UTC),
}


def rule(when: str, *, name: str = "r", **then: Any) -> Rule:
    condition, problems = rules.compile_condition(when, field="when")
    assert problems == []
    return Rule(name, condition, then.get("queue"), then.get("priority"), then.get("tags", ()), then.get("stop", False))


def wrong(when: str) -> list[Problem]:
    condition, problems = rules.compile_condition(when, field="rules.0.when")
    assert condition is None
    assert problems
    assert {problem.field for problem in problems} == {"rules.0.when"}
    return problems


@pytest.mark.parametrize(
    ("when", "expected", "got"),
    [
        pytest.param("message.text.contains(", "line 1, column 23", "message.text.contains(", id="syntax"),
        pytest.param("true &&\n && false", "line 2, column", "true &&\n && false", id="syntax on the second line"),
        pytest.param("message.colour == 'red'", "at column 1", "message.colour", id="an unknown fact"),
        pytest.param(
            "true && contact.age > 3",
            "contact.name, contact.language, contact.new, contact.tags at column 9",
            "contact.age",
            id="later",
        ),
        pytest.param(
            "sender == 'x'",
            "a name among message, contact, company, hours, ticket, queue, now",
            "sender",
            id="an unknown name",
        ),
        pytest.param("message.text", "true or false", "message.text", id="a text"),
        pytest.param("ticket.priority + 1", "true or false", "ticket.priority + 1", id="a number"),
        pytest.param("message.text > 5", "can be asked", "message.text > 5", id="cannot be compared"),
        pytest.param("nonsense(message.text)", "can be asked", "nonsense(message.text)", id="an unknown function"),
        pytest.param("1 / (ticket.priority - 3) > 1", "can be asked", "1 / (ticket.priority - 3) > 1", id="by zero"),
        pytest.param("[1][ticket.priority] > 0", "can be asked", "[1][ticket.priority] > 0", id="past the end"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_condition_that_cannot_work_is_told_with_its_place(when: str, expected: str, got: str) -> None:
    """M-6."""
    assert any(expected in problem.expected and problem.got == got for problem in wrong(when))


def test_every_unknown_fact_is_told_at_once() -> None:
    told = wrong("message.colour == contact.age || shop.open")
    assert [problem.got for problem in told] == ["shop", "message.colour", "contact.age"]


@pytest.mark.parametrize(
    "when",
    [
        pytest.param('message.text.contains("sender.name")', id="a name within a text"),
        pytest.param("['a', 'b'].exists(word, message.text.contains(word))", id="a name bound by a macro"),
        pytest.param('fold(message.text).contains("karta")', id="folding"),
        pytest.param('message.subject.matches("^a.*")', id="a pattern"),
        pytest.param("now > timestamp('2020-01-01T00:00:00Z')", id="the time"),
        pytest.param("ticket.new && ticket.priority in [1, 2, 3]", id="a list"),
    ],
)
def test_a_condition_over_the_documented_facts_compiles(when: str) -> None:
    condition, problems = rules.compile_condition(when, field="when")
    assert (condition is not None, problems) == (True, [])


@pytest.mark.parametrize("root", list(rules.FACTS), ids=str)
def test_every_documented_fact_can_be_asked(root: str) -> None:
    """What `centrala rules facts` lists works."""
    for name, (value, _) in rules.FACTS[root].items():
        literal = {True: "true", False: "false"}.get(value, repr(value)) if isinstance(value, bool) else repr(value)
        assert rules.compile_condition(f"{root}.{name} == {literal}", field="when")[1] == []


CARDS = {"queue": "cards", "priority": 2, "tags": ("card",)}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param([], rules.NOTHING, id="no rule"),
        pytest.param([rule("false", **CARDS)], rules.NOTHING, id="none holds"),
        pytest.param([rule("true", **CARDS)], Decision("cards", 2, ("card",), ("r",)), id="one holds"),
        pytest.param(
            [rule("true", name="a", **CARDS), rule("true", name="b", queue="vip", priority=1, tags=("vip", "card"))],
            Decision("vip", 1, ("card", "vip"), ("a", "b")),
            id="the last queue, the highest priority, every tag once",
        ),
        pytest.param(
            [rule("true", name="a", priority=1), rule("true", name="b", queue="x", priority=4)],
            Decision("x", 1, (), ("a", "b")),
            id="a later rule does not lower the priority",
        ),
        pytest.param(
            [rule("true", name="a", queue="x", stop=True), rule("true", name="b", queue="y")],
            Decision("x", None, (), ("a",)),
            id="stop",
        ),
        pytest.param(
            [rule("false", name="a", stop=True), rule("true", name="b", queue="y")],
            Decision("y", None, (), ("b",)),
            id="a stop that does not hold stops nobody",
        ),
        pytest.param(
            [rule('fold(message.text).contains("карта")', queue="ru")],
            Decision("ru", None, (), ("r",)),
            id="Russian, folded",
        ),
        pytest.param(
            [rule('message.channel == "sms" && contact.language == "hu"', tags=("hu",))],
            Decision(None, None, ("hu",), ("r",)),
            id="two facts",
        ),
    ],
)
def test_what_the_rules_that_hold_decide_together(held: list[Rule], expected: Decision) -> None:
    """M-6."""
    assert rules.decide(held, FACTS) == expected


def test_a_rule_that_breaks_is_passed_over_and_the_others_are_asked() -> None:
    """The message goes on: a customer never waits for a rule to be mended."""
    breaking = rule('int(message.subject == "" ? "1" : message.subject) > 0', name="breaking", queue="x", stop=True)
    facts = FACTS | {"message": FACTS["message"] | {"subject": "no number"}}
    assert rules.decide([breaking, rule("true", name="fine", queue="cards")], facts) == Decision(
        "cards", None, (), ("fine",)
    )


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("100 / message.text.size() > 10", id="a division by zero"),
        pytest.param("[1][message.text.size() == 0 ? 3 : 0] > 0", id="past the end of a list"),
        pytest.param("(message.text.size() == 0 ? 9223372036854775807 : 1) * 2 > 0", id="too large a number"),
    ],
)
def test_a_rule_that_breaks_on_an_empty_text_does_not_stop_the_message(when: str) -> None:
    """M-6: two such messages would have paused the whole intake."""
    facts = FACTS | {"message": FACTS["message"] | {"text": ""}}
    assert rules.decide([rule(when, queue="x"), rule("true", queue="cards")], facts).queue == "cards"


def test_a_message_without_the_facts_breaks_no_decision() -> None:
    assert rules.decide([rule("message.text == 'x'")], {}) == rules.NOTHING


def test_a_customers_words_are_words_and_no_condition() -> None:
    facts = FACTS | {"message": FACTS["message"] | {"text": '") || true || ("'}}
    assert rules.decide([rule('message.text == "x"', queue="x")], facts) == rules.NOTHING
