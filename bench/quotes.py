"""Cutting what a mail quotes, on text made to be slow: four times as much may take five times as long."""

from __future__ import annotations

import time
from collections.abc import Mapping

from bench.figures import Figure, tell
from channels.email import quote

SIZES = (64 * 1024, 256 * 1024)
ROUNDS = 5
RATIO_GOAL, TIME_GOAL_MS = 5, 500
# What is repeated to fill each text: many quoted lines, dividers, introductions that never end, header blocks.
NASTY: Mapping[str, str] = {
    "quoted lines": "> and I said\n>> and he said\n> > > | >\n",
    "dashes": "--\n-- \n-----\n-----Original Messag\n---- On 1 Mar 2026 ----\n",
    "underscores": "________________________________\n_____ : _____\n",
    "wrote lookalikes": "On 10 Mar 2026, at 10:15, Anna\nand some others <a@b.example\nwrote to us twice 10:15:\nand\n",
    "wrote within lines": "On Monday wrote wrote wrote " * 12 + ":\n",
    "header lookalikes": "From: Anna\nFrom: Anna\nSent: \nTo: \nx\ny\n",
    "undated headers": "From: Anna\nSent: today\nTo: me\nSubject: x\n",
    "labels": "Subject: a\nSubject: b\nSubject: c\n",
    "addresses": "<a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a 10:15 :\n",
    "blanks": " \t \xa0 \t \n\n\n",
    "one line": "On 10 Mar 2026 10:15 <a@b.example> wrote ",
    "device lookalikes": "Sent from my\nSent from my phone\n--\n",
}


def measure() -> list[Figure]:
    figures: list[Figure] = []
    worst, slowest = 0.0, 0.0
    for name, piece in NASTY.items():
        small_s, large_s = (_least_s(_lines(piece, size)) for size in SIZES)
        tell(f"quotes, {name}: {small_s * 1e3:.1f} ms at 64 KB, {large_s * 1e3:.1f} ms at 256 KB")
        worst, slowest = max(worst, large_s / small_s), max(slowest, large_s)
    figures.append(Figure("quotes", "256 KB / 64 KB, the worst of all", worst, "x", RATIO_GOAL, at_most=True))
    figures.append(Figure("quotes", "256 KB, the slowest of all", slowest * 1e3, "ms", TIME_GOAL_MS, at_most=True))
    return figures


def _lines(piece: str, size: int) -> list[str]:
    return ("My card is broken.\n" + piece * (size // len(piece)))[:size].split("\n")


def _least_s(lines: list[str]) -> float:
    """CPU of the quickest of some rounds: what else runs only makes it longer."""
    best_s = float("inf")
    for _ in range(ROUNDS):
        began_s = time.process_time()
        quote.newly(lines)
        best_s = min(best_s, time.process_time() - began_s)
    return best_s
