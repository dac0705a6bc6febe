"""Files of answers that are not sent: refused, filled in over, or answered by another meanwhile."""

from __future__ import annotations

import io
from pathlib import Path

import aiohttp

from channels.telegram.simulator.model import Document
from tests.stories.test_files import CSRF, answered
from tests.support import pictures
from tests.support import stage as stages
from tests.support.entering import entered


async def test_a_form_that_is_far_too_large_is_refused_with_a_reason(database_url: str, tmp_path: Path) -> None:
    """4.5: more than is read at all; the page says what goes."""
    async with stages.playing(database_url, tmp_path) as stage:
        await stage.customer("Where is it?")
        async with entered(stage) as browser:
            form = aiohttp.FormData()
            form.add_field("files", io.BytesIO(bytes(24 * 1000 * 1000)), filename="a.bin")
            async with browser.post("/orders", data=form) as answer:
                assert answer.status == 413
                assert "At most 20 MB go with one form" in await answer.text()


async def test_what_becomes_of_the_files_of_an_answer_that_is_not_sent(database_url: str, tmp_path: Path) -> None:
    """S5: refused, filled in, or answered by another meanwhile: each says that the files are to be chosen again."""
    sent = Document(pictures.PDF, "a.pdf", "application/pdf")
    async with stages.playing(database_url, tmp_path, macros={"thanks": {"text": "Thank you."}}) as stage:
        await stage.customer("Where is it?")
        async with entered(stage) as browser:
            page = await answered(browser, "Here it is.", ("empty.txt", "text/plain", b""))
            assert "empty.txt is empty" in page and "Your files were not kept: choose them again." in page
            form = aiohttp.FormData({"csrf": CSRF.findall(page)[0], "canned": "thanks"}, default_to_multipart=True)
            form.add_field("files", io.BytesIO(b"a"), filename="a.txt", content_type="text/plain")
            async with browser.post("/tickets/T1", data=form) as answer:
                assert "Your files were not kept: choose them again before you send." in await answer.text()
        await stage.staff("/reply T1 It is here", by=stage.marek)
        stage.world.send(stage.anna, stage.desk, sent, caption="/reply T1 See the file.")
        await stage.settled()
        said = stage.bot_texts(stage.desk.id)[-1]
        assert "It is kept as a note. Your files were not kept" in said
        stage.world.send(stage.anna, stage.desk, sent, caption="/reply T1")
        await stage.settled()
        said = stage.bot_texts(stage.desk.id)[-1]
        assert "Marek replied" in said and "Files alone are not kept as a note." in said
        assert not [one for one in stage.shown(stage.eszter.id) if one.has_file]
