"""The week's chart as a picture: a Vega-Lite specification, drawn in a child process with a deadline."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from kernel import log, texts
from kernel.children import Child, Gone
from routing.digests import Week

_log = log.get(__name__)
START_S = 30.0
DEADLINE_S = 30.0  # the first chart of a process takes 2 s
NAME = "week.png"
WIDTH, HEIGHT = 560, 170
IN, OUT, MEDIAN = "#1b6ac9", "#e08a1e", "#2c8a57"
_ROOT = Path(__file__).parent.parent
_START = """
import sys
sys.path.insert(0, sys.argv[1])
from hub import chart_child
chart_child.serve()
"""


def specification(week: Week, language: str) -> dict[str, Any]:
    """Messages in and out a day as columns, and below them how long half of the first answers took. Pure."""
    days = [texts.day_of_week(language, week.since + timedelta(days=place)) for place in range(len(week.came))]
    came, sent = texts.say(language, "in"), texts.say(language, "out")
    messages = [
        {"day": day, "count": count, "what": what}
        for what, counts in ((came, week.came), (sent, week.answered))
        for day, count in zip(days, counts, strict=True)
    ]
    medians = [
        {"day": day, "minutes": None if one is None else round(one / 60, 1)}
        for day, one in zip(days, week.median_s, strict=True)
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "vconcat": [_columns(days, messages, language, [came, sent]), _line(days, medians, language)],
    }


async def picture(week: Week, language: str = "en") -> bytes:
    """The chart as PNG; b"" where it cannot be drawn, which is logged: the digest goes without it."""
    return await asyncio.to_thread(_drawn, orjson.dumps(specification(week, language)))


def _drawn(written: bytes) -> bytes:
    child: Child | None = None
    try:
        child = Child(_START, (str(_ROOT),))
        child.wait_ready(START_S)
        png = child.ask(written, DEADLINE_S)
    except (OSError, TimeoutError, Gone) as error:
        _log.warning("digest.no_chart", error=log.cause(error))
        return b""
    finally:
        if child is not None:
            child.kill()
    if not png:
        _log.warning("digest.no_chart", error="the specification was refused")
    return png


def _columns(days: list[str], rows: list[dict[str, Any]], language: str, whats: list[str]) -> dict[str, Any]:
    return {
        "title": texts.say(language, "Messages a day"),
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": rows},
        "mark": "bar",
        "encoding": {
            "x": _days(days),
            "xOffset": {"field": "what", "sort": whats},
            "y": {"field": "count", "type": "quantitative", "title": None, "axis": {"tickMinStep": 1}},
            "color": {
                "field": "what",
                "scale": {"domain": whats, "range": [IN, OUT]},
                "legend": {"title": None, "orient": "top"},
            },
        },
    }


def _line(days: list[str], rows: list[dict[str, Any]], language: str) -> dict[str, Any]:
    return {
        "title": texts.say(language, "Half of the first answers within, minutes"),
        "width": WIDTH,
        "height": HEIGHT // 2,
        "data": {"values": rows},
        "mark": {"type": "line", "point": {"color": MEDIAN}, "color": MEDIAN},
        "encoding": {
            "x": _days(days),
            "y": {"field": "minutes", "type": "quantitative", "title": None, "scale": {"zero": True}},
        },
    }


def _days(days: list[str]) -> dict[str, Any]:
    return {"field": "day", "type": "ordinal", "sort": days, "title": None, "axis": {"labelAngle": 0}}
