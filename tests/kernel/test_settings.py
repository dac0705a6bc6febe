"""A wrong setting is told with its key and what was expected; a secret never."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import Field, SecretStr, ValidationError, model_validator

from kernel.errors import Problem
from kernel.settings import Duration, Secrets, Section, problems

CANARY = "canary-4711"


class Inner(Section):
    port: int = Field(default=1, ge=1)
    token: SecretStr = SecretStr("")


class Outer(Section):
    name: str
    inner: Inner = Inner()
    wait: Duration = timedelta(hours=1)
    keys: Secrets = ()
    services: dict[str, Inner] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _holds(self) -> Outer:
        if self.name == "impossible":
            raise ValueError("a name that is possible")
        return self


def found(values: Any, prefix: str = "") -> list[Problem]:
    with pytest.raises(ValidationError) as refusal:
        Outer.model_validate(values)
    return problems(refusal.value, prefix=prefix)


def test_every_problem_is_told_at_once_by_its_key() -> None:
    told = found({"inner": {"port": 0, "prot": 1}, "wait": "soon"}, prefix="desk")
    assert [one.field for one in told] == ["desk.name", "desk.inner.port", "desk.inner.prot", "desk.wait"]
    by_key = {one.field: one for one in told}
    assert by_key["desk.name"].expected == "a value"
    assert by_key["desk.inner.port"].got == "0"
    assert "no such key" in by_key["desk.inner.prot"].expected
    assert "such as" in by_key["desk.wait"].expected
    assert by_key["desk.wait"].got == "'soon'"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"name": "a", "inner": {"token": [CANARY]}}, id="a secret of the wrong type"),
        pytest.param({"name": "a", "keys": [{"secret": CANARY}]}, id="a secret in a table"),
        pytest.param({"name": "a", "inner": CANARY}, id="a secret where its table belongs"),
        pytest.param({"name": "a", "services": {"erp": CANARY}}, id="a secret where a named table belongs"),
        pytest.param({"name": "a", "services": CANARY}, id="a secret where tables belong"),
        pytest.param({"name": "impossible", "keys": [CANARY]}, id="a table that does not hold together"),
        pytest.param({"name": {"token": CANARY}}, id="a table where a word belongs"),
    ],
)
def test_a_secret_is_never_shown(values: Any) -> None:
    assert CANARY not in str(found(values))


def test_a_long_value_is_shown_in_part() -> None:
    [problem] = found({"name": "a", "wait": "x" * 500})
    assert len(problem.got) <= 60


def test_one_secret_and_a_list_of_them_read_alike() -> None:
    one, several = Outer.model_validate({"name": "a", "keys": "k"}), Outer.model_validate({"name": "a", "keys": ["k"]})
    assert one.keys == several.keys
    assert "k" not in repr(one.keys[0])
