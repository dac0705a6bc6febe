"""What is to be done with a line, by what its keys lead to. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.exchange import plan
from crmcore.exchange.drafts import Draft, Fault, Key, Known

ORLIK = Known(
    1,
    "B1 Orlik",
    {
        "number": frozenset({"1"}),
        "external id": frozenset({"E1"}),
        "tax number": frozenset({"T1"}),
        "e-mail": frozenset({"office@x"}),
        "name": frozenset({"orlik"}),
    },
    {"name": "Orlik", "city": "Gdynia", "source": "web", "addresses": ("tel:1",)},
    owner_id=7,
)
LIS = Known(
    2, "B2 Lis", {"number": frozenset({"2"}), "e-mail": frozenset({"office@x"}), "tax number": frozenset({"T2"})}, {}, 7
)
HIDDEN = Known(
    3, "a company", {"number": frozenset({"3"}), "tax number": frozenset({"T3"})}, {}, 7, is_seen=False, ask="Bela"
)
INDEX: dict[Key, list[Known]] = {
    ("number", "1"): [ORLIK],
    ("number", "2"): [LIS],
    ("number", "3"): [HIDDEN],
    ("external id", "E1"): [ORLIK],
    ("tax number", "T1"): [ORLIK],
    ("tax number", "T2"): [LIS],
    ("tax number", "T3"): [HIDDEN],
    ("e-mail", "office@x"): [ORLIK, LIS],
    ("name", "orlik"): [ORLIK],
}


def draft(line: int, *keys: Key, **fields: str) -> Draft:
    own = tuple(key for key in keys if key[0] in ("number", "external id", "tax number"))
    shared = tuple(key for key in keys if key not in own)
    return Draft(line, own, shared, {"name": "Orlik", **fields}, 7)


@pytest.mark.parametrize(
    ("keys", "what", "ref_id"),
    [
        pytest.param([("number", "1")], "unchanged", 1, id="our number"),
        pytest.param([("number", "1"), ("tax number", "T9")], "unchanged", 1, id="a new tax number for a known one"),
        pytest.param([("number", "9")], "error", None, id="a number that is nobody's"),
        pytest.param([("number", "3")], "error", None, id="a number behind the wall is nobody's"),
        pytest.param([("tax number", "T3")], "conflict", None, id="a tax number behind the wall"),
        pytest.param([("external id", "E1"), ("tax number", "T2")], "conflict", None, id="keys of two"),
        pytest.param([("external id", "E9"), ("tax number", "T1")], "conflict", None, id="another's external id"),
        pytest.param([("e-mail", "office@x")], "conflict", None, id="an e-mail of two"),
        pytest.param([("tax number", "T2"), ("e-mail", "office@x")], "update", 2, id="the stronger key decides"),
        pytest.param([("external id", "E9"), ("name", "orlik")], "create", None, id="a namesake with another number"),
        pytest.param([("name", "orlik")], "unchanged", 1, id="by name at last"),
        pytest.param([("name", "wilk")], "create", None, id="nobody has it"),
    ],
)
def test_keys_lead_to_a_record(keys: list[Key], what: str, ref_id: int | None) -> None:
    [action] = plan.plan([draft(2, *keys)], INDEX, {})
    assert (action.what, action.ref_id) == (what, ref_id)


def test_a_hidden_record_is_told_without_anything_of_it() -> None:
    """T12: it exists, ask whom; no name, no number."""
    [action] = plan.plan([draft(2, ("tax number", "T3"))], INDEX, {})
    assert action.faults[0].message == "it is here and not yours to see; ask Bela"


def test_two_lines_about_one_record_are_told() -> None:
    both = plan.plan([draft(2, ("number", "1")), draft(5, ("name", "orlik"), city="Sopot")], INDEX, {})
    assert [one.what for one in both] == ["unchanged", "conflict"]
    assert "line 2" in both[1].faults[0].message


def test_the_first_source_stays() -> None:
    [action] = plan.plan([draft(2, ("number", "1"), source="fair")], INDEX, {})
    assert [(fault.column, fault.rule) for fault in action.faults] == [("source", "kept")]


def test_sets_only_grow() -> None:
    both = Draft(2, (("number", "1"),), (), {"addresses": ("tel:1", "tel:2")}, 7)
    [action] = plan.plan([both], INDEX, {})
    assert action.changes == {"addresses": (("tel:1",), ("tel:1", "tel:2"))}


def test_what_may_only_stay_is_refused_where_it_changes() -> None:
    doubt = Fault("city", "Gdynia", "code", "retired")
    stays = Draft(2, (("number", "1"),), (), {"city": "Gdynia"}, 7, doubts=(doubt,))
    comes = Draft(2, (("number", "2"),), (), {"city": "Gdynia"}, 7, doubts=(doubt,))
    new = Draft(2, (), (("name", "wilk"),), {"name": "Wilk", "city": "Gdynia"}, 7, doubts=(doubt,))
    assert [plan.plan([one], INDEX, {})[0].what for one in (stays, comes, new)] == ["unchanged", "error", "error"]


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        pytest.param([("tax number", "T")], [("tax number", "T")], {2, 3}, id="a tax number twice"),
        pytest.param([("e-mail", "a")], [("e-mail", "a")], {2, 3}, id="an e-mail twice and nothing stronger"),
        pytest.param([("tax number", "T"), ("e-mail", "a")], [("e-mail", "a")], {2, 3}, id="one has nothing stronger"),
        pytest.param(
            [("tax number", "T"), ("e-mail", "a")], [("tax number", "U"), ("e-mail", "a")], set(), id="both have"
        ),
        pytest.param([("e-mail", "a")], [("phone", "a")], set(), id="different kinds"),
    ],
)
def test_a_key_twice_is_a_fault_of_both(first: list[Key], second: list[Key], wrong: set[int]) -> None:
    found = plan.once_each([draft(2, *first), draft(3, *second)])
    assert {one.line for one in found if one.faults} == wrong


KEYS = st.tuples(st.sampled_from(["tax number", "e-mail", "name"]), st.sampled_from("abc"))


@given(st.lists(st.lists(KEYS, max_size=3), max_size=6))
def test_after_the_faults_no_key_leads_two_lines_together(lines: list[list[Key]]) -> None:
    """The oracle: every pair of lines without faults, compared key by key."""
    drafts = plan.once_each([draft(place, *keys) for place, keys in enumerate(lines, 2)])
    good = [{*one.own, *one.shared} for one in drafts if not one.faults]
    assert all(not (one & other) for place, one in enumerate(good) for other in good[place + 1 :])
