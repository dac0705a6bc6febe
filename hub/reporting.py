"""The loop that keeps the reports' counts behind the changes, and counts everything where that has never been done."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from hub.behind import Behind, Kept, Progress
from kernel import log
from kernel.unit import Store
from tickets.reports import fold, rebuild

_log = log.get(__name__)
LOOK_S = 2.0
SHARE = 33  # at most 3 % of a processor; a report counts the rest first


class Reporting(Behind):
    """The counts of the reports, by the days of `zone`."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        catch_up, step = partial(fold.catch_up, zone=zone), partial(rebuild.step, zone=zone)
        super().__init__(store, Kept("report_waiting", catch_up, rebuild.progress, step, _built, LOOK_S, SHARE))


def _built(now: Progress) -> None:
    _log.info("reports.built", tickets=now.done)
