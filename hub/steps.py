"""Migrations in few steps: before each, Tortoise copies its picture of every model, which takes longer than the SQL."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.operations import CreateModel, Operation, RunSQL
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps

# These neither look at what was before them nor change what another of them made.
_ALONE_ENOUGH = (CreateModel, RunSQL)


class Loader(MigrationLoader):
    """Reads the migrations of the disk and joins what needs no copy between."""

    def load_disk(self) -> None:
        super().load_disk()
        for migration in self.disk_migrations.values():
            migration.operations = joined(migration.operations)


class _Noting(State):
    """The same picture; of what changed in it is only noted that it is to be drawn anew."""

    def __init__(self, models: dict[tuple[str, str], ModelState], apps: StateApps) -> None:
        super().__init__(models, apps)
        self.changed: set[tuple[str, str]] = set()

    def reload_models(self, model_tuples: Iterable[tuple[str, str]]) -> None:
        self.changed.update(model_tuples)


class Together(Operation):
    """New tables and plain SQL, one after the other, as one step; backwards in reverse."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.reversible = all(getattr(one, "reversible", True) for one in operations)

    def state_forward(self, app_label: str, state: State) -> None:
        """The picture is drawn anew once, with all the new tables in it, and not after each of them."""
        noting = _Noting(state.models, state.apps)
        for one in self.operations:
            one.state_forward(app_label, noting)
        if noting.changed:
            state.reload_models(noting.changed)

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        for one in self.operations:
            await one.database_forward(app_label, old_state, new_state, state_editor)

    async def database_backward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        for one in reversed(self.operations):
            await one.database_backward(app_label, old_state, new_state, state_editor)


def joined(operations: list[Operation]) -> list[Operation]:
    """Runs of them as one step each; every other operation stays by itself. Pure."""
    found: list[Operation] = []
    for is_joinable, run in groupby(operations, lambda one: isinstance(one, _ALONE_ENOUGH)):
        steps = list(run)
        found += [Together(steps)] if is_joinable else steps
    return found
