"""Migrations joined into few steps: what may go together, and in which order it goes forwards and back."""

from __future__ import annotations

from typing import Any

from tortoise.migrations.operations import CreateModel, Operation, RunPython, RunSQL

from hub import steps


def named(operations: list[Operation]) -> list[Any]:
    return [named(one.operations) if isinstance(one, steps.Together) else type(one) for one in operations]


def test_tables_and_sql_are_one_step_and_code_stays_alone() -> None:
    operations = [CreateModel("A", []), RunSQL(""), RunPython(print), RunSQL(""), CreateModel("B", [])]
    assert named(steps.joined(operations)) == [[CreateModel, RunSQL], RunPython, [RunSQL, CreateModel]]


def test_one_that_cannot_be_reverted_makes_its_step_so() -> None:
    assert steps.joined([RunSQL("", reverse_sql="")])[0].reversible
    assert not steps.joined([RunSQL("", reverse_sql=""), RunSQL("")])[0].reversible


async def test_back_is_the_same_way_in_reverse() -> None:
    said: list[str] = []

    class Editor:
        collect_sql = False

        async def _run_sql(self, sql: str) -> None:
            said.append(sql)

    [step] = steps.joined([RunSQL("up 1", reverse_sql="down 1"), RunSQL("up 2", reverse_sql="down 2")])
    editor: Any = Editor()
    nothing: Any = None
    await step.database_forward("centrala", nothing, nothing, editor)
    await step.database_backward("centrala", nothing, nothing, editor)
    assert said == ["up 1", "up 2", "down 2", "down 1"]
