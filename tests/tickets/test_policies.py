"""Which policy a ticket's clock runs by, against a slow oracle; and the sentence that says why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import targets
from routing.desk import Desk, Queue
from tickets import calendar_settings, policies
from tickets.models import ClockKind
from tickets.policies import KEYS, Policy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE
CASE = {
    "company": ("B1", "Orlik Trans", "B7", "Świt"),
    "segment": ("fleet",),
    "channel": ("sms",),
    "queue": ("cards",),
    "kind": ("question",),
    "priority": ("1",),
}


def policy(name: str, kind: ClockKind = FIRST, since: date | None = None, **when: str) -> Policy:
    return Policy(name, {kind: HOUR}, {key: (value,) for key, value in when.items()}, since=since)


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        pytest.param([], None, id="none"),
        pytest.param([policy("all")], "all", id="one for every ticket"),
        pytest.param([policy("all"), policy("cards", queue="cards")], "cards", id="a queue outweighs none"),
        pytest.param(
            [policy("q", queue="cards", kind="question", priority="1"), policy("b", company="B1")], "b", id="company"
        ),
        pytest.param([policy("s", segment="fleet"), policy("b", company="b7")], "b", id="any of his companies"),
        pytest.param([policy("b", company="swit")], "b", id="a company by its name, as people type it"),
        pytest.param([policy("b", company="B1"), policy("bq", company="B1", queue="cards")], "bq", id="two keys"),
        pytest.param([policy("c", contract="K1"), policy("all")], "all", id="no ticket has a contract yet"),
        pytest.param([policy("one"), policy("two")], "one", id="of two alike the first"),
        pytest.param([policy("old"), policy("new", since=date(2026, 3, 1))], "new", id="from today on"),
        pytest.param([policy("old"), policy("new", since=date(2026, 3, 2))], "old", id="not before its day"),
        pytest.param(
            [policy("b", NEXT, company="B1"), policy("cards", queue="cards")], "cards", id="one without this target"
        ),
        pytest.param([policy("x", channel="telegram"), policy("y", priority="2")], None, id="none that fits"),
    ],
)
def test_the_most_specific_policy_is_chosen(given: list[Policy], chosen: str | None) -> None:
    """M-6, S0-16: by contract, company, segment, sales channel, channel, queue, kind, priority, in this order."""
    found = policies.choose(given, CASE, FIRST, NOW)
    assert (found.name if found else None) == chosen


def test_a_day_begins_where_the_calendar_is() -> None:
    """M-6: half past eleven in London is the next day in Warsaw."""
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    hours = {"mon": ["08:00-16:00"]}
    warsaw = calendar_settings.build("office", zone="Europe/Warsaw", hours=hours)
    new = Policy("new", {FIRST: HOUR}, calendar=warsaw, since=date(2026, 3, 1))
    assert policies.applies(new, {}, late)
    assert not policies.applies(policy("new", since=date(2026, 3, 1)), {}, late)
    assert policies.applies(policy("new", since=date(2026, 3, 1)), {}, late, warsaw.zone), "that of the queue"
    desk = Desk({"inbox": Queue("inbox", warsaw)}, policies=(policy("new", since=date(2026, 3, 1)),))
    assert targets.promised(desk, {"queue": ("inbox",)}, FIRST, late) is not None


VALUES = ("a", "b")
wanted = st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), min_size=1, unique=True).map(tuple))
sets = st.lists(st.tuples(wanted, st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 3))), max_size=6)


@given(sets, st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), unique=True).map(tuple)))
def test_the_choice_is_that_of_an_oracle(
    written: list[tuple[dict[str, tuple[str, ...]], date | None]], case: dict[str, tuple[str, ...]]
) -> None:
    """M-6: walk over all sets of keys from the most specific on; the first that a fitting policy asks for wins."""
    all_ = [Policy(str(place), {FIRST: HOUR}, when, since=since) for place, (when, since) in enumerate(written)]
    fitting = [
        one
        for one in all_
        if (one.since is None or one.since <= NOW.date())
        and all(set(values) & set(case.get(key, ())) for key, values in one.when.items())
    ]
    expected = None
    for asked in product((True, False), repeat=len(KEYS)):
        keys = {key for key, is_asked in zip(KEYS, asked, strict=True) if is_asked}
        same = [one for one in fitting if set(one.when) == keys]
        if same:
            newest = max(one.since or date.min for one in same)
            expected = next(one for one in same if (one.since or date.min) == newest)
            break
    assert policies.choose(all_, case, FIRST, NOW) is expected


def test_a_policy_says_for_what_it_is() -> None:
    assert policies.why(policy("x")) == "every ticket"
    several = Policy("x", {}, {"queue": ("cards",), "sales_channel": ("direct", "partner")})
    assert policies.why(several) == "sales channel direct or partner and queue cards"


def test_the_resolution_stands_still_while_the_customer_has_the_next_word() -> None:
    assert [state for state in ("open", "waiting", "closed", "own") if policies.holds(policy("x"), state)] == [
        "waiting"
    ]
