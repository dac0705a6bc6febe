"""A figure with its goal, and how figures are shown. Measuring is the parts' business."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `goal` None: shown for information only. `at_most`: the goal is an upper bound."""

    part: str
    name: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        if self.goal is None:
            return True
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """A line about the progress, apart from the result."""
    sys.stderr.write(f"  {text}\n")


def show(figures: Sequence[Figure], *, as_json: bool) -> None:
    """All figures: one JSON object a line, or a table."""
    if as_json:
        for figure in figures:
            say(orjson.dumps(asdict(figure) | {"ok": figure.is_met}).decode())
        return
    lines = [("part", "figure", "goal", "measured", "", ""), *(_line(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=False))
        say(f"{'  '.join(cells)}  {line[5]}".rstrip())


def _line(figure: Figure) -> tuple[str, ...]:
    goal, verdict = "", ""
    if figure.goal is not None:
        goal = f"{'<=' if figure.at_most else '>='} {_number(figure.goal)} {figure.unit}"
        verdict = "ok" if figure.is_met else "NOT"
    return figure.part, figure.name, goal, f"{_number(figure.value)} {figure.unit}", verdict, figure.note


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
