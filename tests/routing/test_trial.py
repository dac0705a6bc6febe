"""A rule's trial says what the intake does: the same facts, the same rules, the same outcome."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import settings
from kernel.unit import Store
from routing import intake, rules, trial
from routing.desk import Desk
from routing.trial import Sample
from tests.conftest import START
from tests.tickets import letters

CONDITIONS = ['message.text.contains("a")', 'message.subject == "b"', "ticket.new", 'contact.language == "hu"', "false"]
ONE = st.fixed_dictionaries(
    {"name": st.sampled_from(["one", "two"]), "when": st.sampled_from(CONDITIONS)},
    optional={
        "queue": st.sampled_from(["inbox", "cards"]),
        "priority": st.integers(1, 4),
        "tags": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        "stop": st.booleans(),
    },
)
VALUES = {"queues": {"cards": {"first_response": "2h"}}}


def test_a_sample_has_every_fact_that_a_rule_may_look_at() -> None:
    found = trial.told(Sample("chat", "chat:1", "", ""), Desk({}), START)
    assert found.pop(rules.NOW) == START
    assert {root: set(known) for root, known in found.items()} == {
        root: set(known) for root, known in rules.FACTS.items()
    }


@given(st.lists(ONE, max_size=4), st.sampled_from(["a", "c"]), st.sampled_from(["", "b"]))
def test_the_rules_that_hold_are_those_that_decide(written: list[dict[str, object]], text: str, subject: str) -> None:
    """M-6: by `rules.decide`, which the intake asks."""
    found = settings.check({**VALUES, "rules": written})
    desk, sample = Desk(found.queues, found.rules), Sample("chat", "chat:1", subject, text)
    outcome = trial.tried(desk, sample, START)
    decision = rules.decide(desk.rules, trial.told(sample, desk, START))
    assert tuple(desk.rules[place].name for place in outcome.held) == decision.rules
    assert (outcome.queue, outcome.priority) == (decision.queue or "inbox", decision.priority or 3)
    stops = [place for place in outcome.held if desk.rules[place].stop]
    assert outcome.asked == (stops[0] + 1 if stops else len(desk.rules))
    assert (outcome.due_at is None) is (outcome.queue != "cards")


def test_a_company_is_promised_what_its_policy_says() -> None:
    """S0-16, M-6: by its name."""
    policies = [{"name": "all", "first_response": "8h"}, {"name": "gold", "first_response": "1h", "company": "Orlik"}]
    found = settings.check({"policies": policies})
    desk = Desk(found.queues, found.rules, policies=found.policies)
    due = {
        name: trial.tried(desk, Sample("chat", "chat:1", "", "", company=name), START).due_at for name in ("", "Orlik")
    }
    assert due == {"": START + timedelta(hours=8), "Orlik": START + timedelta(hours=1)}


@pytest.mark.parametrize(("text", "subject"), [("a", ""), ("c", "b"), ("c", "")])
async def test_the_intake_does_what_the_trial_said(store: Store, tmp_path: Path, text: str, subject: str) -> None:
    """M-6: the message tried and the message come are one."""
    written = [
        {"name": "one", "when": CONDITIONS[0], "queue": "cards", "tags": ["x"]},
        {"name": "two", "when": CONDITIONS[1], "priority": 1, "stop": True},
        {"name": "three", "when": CONDITIONS[2], "tags": ["y"]},
    ]
    found = settings.check({**VALUES, "rules": written}, base=tmp_path)
    desk = Desk(found.queues, found.rules)
    said = trial.tried(desk, Sample("chat", "chat:eszter", subject, text), START)
    async with store.unit() as work:
        await intake.handle(work, desk, [letters.arrived(text=text, subject=subject)])
    came = await letters.seen(store.reading(), 1)
    assert (came.queue, came.priority, came.tags) == (said.queue, said.priority, said.tags)
    if said.due_at is not None:
        assert came.first_response_due is not None
        assert abs((came.first_response_due - said.due_at).total_seconds()) < 60
