"""`python -m bench [part …] [--json]`: measures and shows. Exits 0 however slow it was, 1 if something broke."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping

from bench import (
    accept,
    exchange,
    figures,
    hanging,
    mail,
    notices,
    outbox,
    pipeline,
    quotes,
    reports,
    ruling,
    search,
    serving,
    sms,
    smtp,
    start,
    telegram,
    threads,
    timers,
)
from bench.children import Broken
from bench.figures import Figure

PARTS: Mapping[str, Callable[[], list[Figure]]] = {
    "accept": accept.measure,
    "pipeline": pipeline.measure,
    "smtp": smtp.measure,
    "mail": mail.measure,
    "quotes": quotes.measure,
    "telegram": telegram.measure,
    "sms": sms.measure,
    "notices": notices.measure,
    "exchange": exchange.measure,
    "reports": reports.measure,
    "rules": ruling.measure,
    "search": search.measure,
    "threads": threads.measure,
    "timers": timers.measure,
    "outbox": outbox.measure,
    "hanging": hanging.measure,
    "start": start.measure,
    "help": start.helps,
}

TURNS = 10_000_000


def _pace_s() -> float:
    """How fast this machine is at this moment: what is told in seconds is only comparable where this is the same."""
    began = time.process_time()
    for _ in range(TURNS):
        pass
    return time.process_time() - began


def main() -> None:
    serving.end_cleanly()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of: {', '.join(PARTS)}; all when absent")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    given = parser.parse_args()
    unknown = [name for name in given.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if not given.json:
        figures.say(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs (ratios are fair below 0.5)")
        figures.say(f"pace: {TURNS:,} turns of an empty loop take {_pace_s():.2f} s here and now (seconds go by it)")
    found: list[Figure] = []
    try:
        for name in given.parts or PARTS:
            found += PARTS[name]()
    except Broken as error:
        sys.exit(f"bench: {error}")
    figures.show(found, as_json=given.json)


if __name__ == "__main__":
    main()
