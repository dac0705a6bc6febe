"""Acts that reach far, said and confirmed: for stories that are about what comes after."""

from __future__ import annotations

from typing import Any

from tests.support.stage import Stage

LABEL = "Confirm"


async def confirmed(stage: Stage, text: str, *, by: Any = None) -> None:
    """Somebody says it in the staff chat, and where it is asked back whether it shall be, presses [Confirm]."""
    said = len(stage.shown(stage.desk.id))
    await stage.staff(text, by=by)
    rows = [row for one in stage.shown(stage.desk.id)[said:] for row in one.buttons]
    if any(label == LABEL for row in rows for label, _ in row):
        await stage.press(LABEL, by=by)
