"""What an import says while it runs and at its end: to people on stderr, or as JSON lines."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import typer

from crmcore.exchange import mappings
from crmcore.exchange.batches import COUNTED, Batch
from crmcore.exchange.drafts import Action, Value
from crmcore.exchange.grids import Grid
from crmcore.exchange.refused import Refused

SHOWN = 50  # refused lines told on the terminal
_DERIVED = ("folded", "legal_form")


class Bar:
    """A bar on a terminal, lines of JSON when asked, else nothing."""

    def __init__(self, whole: int, *, as_json: bool) -> None:
        self._whole, self._as_json = whole, as_json
        self._bars = contextlib.ExitStack()
        self._bar: Any = None
        self._step = ""
        self._done = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.close()

    def at(self, step: str, done: int) -> None:
        """`done` lines are through that step."""
        if self._as_json:
            say_json({"progress": step, "done": done, "of": self._whole})
        elif sys.stderr.isatty():
            if step != self._step:
                self._bars.close()
                shown = typer.progressbar(length=self._whole, label=step, file=sys.stderr)
                self._bar, self._step, self._done = self._bars.enter_context(shown), step, 0
            self._bar.update(done - self._done)
            self._done = done


def say_how(grid: Grid, columns: mappings.Columns, *, as_json: bool) -> None:
    """How the file was read, what each column was taken for, and what is passed over."""
    pairs = {cell: field or None for cell, field in zip(grid.header, columns, strict=True)}
    unused = mappings.unused(grid.header, columns)
    if as_json:
        say_json({"read_as": grid.how, "lines": len(grid.lines), "columns": pairs, "warnings": list(grid.warnings)})
        return
    told = [f"{grid.how}: {len(grid.lines)} lines"]
    told += [f"  {cell} → {field}" for cell, field in pairs.items() if field]
    told += [f"  {len(unused)} columns are not used: {', '.join(unused)} (--map HEADING=FIELD)"] if unused else []
    told += [f"  look: {warning}" for warning in grid.warnings]
    print("\n".join(told), file=sys.stderr)


def say_actions(actions: Sequence[Action], *, every: bool, as_json: bool) -> None:
    """What came of lines: of a dry run all, else what JSON wants to know."""
    if not every and not as_json:
        return
    for action in actions:
        if as_json:
            say_json(_row(action))
        elif action.what in ("create", "update"):
            told = "; ".join(
                f"{one['field']}: {one['before'] or '–'} → {one['after'] or '–'}" for one in _changes(action)
            )
            print(f"line {action.draft.line} {action.what} {action.draft.key}: {told}")


def say_end(
    kind: str,
    counts: Mapping[str, int],
    batch: Batch | None,
    refused: Sequence[Refused],
    errors: Path | None,
    *,
    as_json: bool,
) -> None:
    """The counts; on a terminal the refused lines before them."""
    told = {name: counts.get(name, 0) for name in COUNTED.values()}
    if as_json:
        say_json({"kind": kind, "import": batch.code if batch else None, **told, "dry_run": batch is None})
        return
    for one in refused[:SHOWN]:
        print(f"line {one.line} {one.what}: {one.said}", file=sys.stderr)
    if len(refused) > SHOWN:
        print(f"… and {len(refused) - SHOWN} more; all of them with --errors FILE", file=sys.stderr)
    if refused and errors:
        print(f"refused lines are in {errors}: mend them there and import that file.", file=sys.stderr)
    summary = ", ".join(f"{count} {name}" for name, count in told.items())
    tail = f" {batch.code}; undo: centrala {kind} import --undo {batch.code}" if batch else " Nothing was written."
    print(f"{kind}: {summary}.{tail}")


def say_json(row: Mapping[str, Any]) -> None:
    print(orjson.dumps(row).decode(), flush=True)


def _row(action: Action) -> dict[str, Any]:
    row: dict[str, Any] = {"row": action.draft.line, "key": action.draft.key, "action": action.what}
    if action.faults:
        row["faults"] = [
            {"column": one.column, "value": one.value, "rule": one.rule, "message": one.message}
            for one in action.faults
        ]
    if action.changes:
        row["changes"] = _changes(action)
    return row


def _changes(action: Action) -> list[dict[str, str]]:
    return [
        {"field": name, "before": _shown(before), "after": _shown(after)}
        for name, (before, after) in action.changes.items()
        if name not in _DERIVED
    ]


def _shown(value: Value) -> str:
    return " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
