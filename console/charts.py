"""Columns drawn as SVG on the server: where each stands and how high it is. Pure; colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT = 640.0, 180.0
GAP = 0.25  # of a line's room that stays free
MOST = 400  # columns that can be told apart


class Column(Struct, frozen=True):
    """A column of a chart. `series`: 0 or 1, by which it is coloured; `said`: what it stands for, in words."""

    x: float
    y: float
    width: float
    height: float
    series: int
    said: str


class Chart(Struct, frozen=True):
    """Columns in a box of WIDTH × HEIGHT. `first` and `last` are the names of the lines at its ends."""

    columns: tuple[Column, ...]
    first: str
    last: str


def columns(names: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> Chart | None:
    """A group of columns a name, one a series (label, values). None where nothing is to be seen, or too much."""
    top = max((value for _, values in series for value in values), default=0.0)
    if top <= 0 or len(names) < 2 or len(names) * len(series) > MOST:
        return None
    room = WIDTH / len(names)
    width = room * (1 - GAP) / len(series)
    drawn = []
    for number, (label, values) in enumerate(series):
        for place, value in enumerate(values):
            height = HEIGHT * value / top
            x = place * room + room * GAP / 2 + number * width
            said = f"{names[place]} · {label}"
            drawn.append(
                Column(round(x, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2), number, said)
            )
    return Chart(tuple(drawn), names[0], names[-1])
