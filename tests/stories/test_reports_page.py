"""The reports in a browser: in every language, on a desk and on a phone, nothing is cut off and axe finds no fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser

from console import session as sessions
from crmcore import staff
from kernel import texts
from tests.stories.test_console import shot
from tests.support import axe
from tests.support import browser as browsers
from tests.support.stage import Stage
from tickets.reports.asking import BREAKDOWNS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDTHS = (390, 1280)
# The navigation must end before what stands to its right, and show all its ways.
HIDDEN = """() => [...document.querySelectorAll(".ways a")].filter(one => {
  const box = one.getBoundingClientRect(), bar = one.closest(".ways").getBoundingClientRect();
  return box.width === 0 || box.right > bar.right + 1 && getComputedStyle(one.closest(".ways")).overflowX === "visible";
}).map(one => one.textContent)"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as found:
        yield found


@pytest.mark.parametrize("language", texts.LANGUAGES)
async def test_every_report_fits_the_screen_and_axe_finds_no_fault(
    stage: Stage, browser: Browser, language: str
) -> None:
    """S3-23, M-8, S0-14: with numbers in it, by an administrator, who has the most ways."""
    await stage.customer("Two of our cards are blocked")
    await stage.staff("/take T1")
    await stage.staff("/reply T1 They work again")
    async with stage.app.store.unit() as work:
        who = await staff.named(work, "Marek")
        token = await sessions.open_one(work, who.id, agent="Chrome", now=datetime.now(UTC))
    base, script, wrong = f"http://127.0.0.1:{stage.app.port}", axe.source(), list[str]()
    async with browsers.tab(browser) as tab:
        known = {"centrala": token, "language": language}
        await tab.context.add_cookies([{"name": name, "value": value, "url": base} for name, value in known.items()])
        for report, can in BREAKDOWNS.items():
            await tab.goto(f"{base}/reports?report={report}&by={can[0]}")
            for width in WIDTHS:
                await tab.set_viewport_size({"width": width, "height": 844})
                found = await axe.faults(tab, script)
                if await tab.evaluate("document.documentElement.scrollWidth") > width:
                    found.append("wider than the screen")
                found += [f"cut off: {name}" for name in await tab.evaluate(HIDDEN)]
                wrong += [f"{report} {width}: {one}" for one in found]
                await shot(tab, f"reports-{language}-{report}-{width}")
    assert not wrong, "\n".join(wrong)
