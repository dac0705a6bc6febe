"""The word about other languages: in the first automatic answer to a new address, once, and to nobody who is known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stories import test_email as mails
from tests.stories import test_sms as texts
from tests.stories.test_email import ADDRESS
from tests.stories.test_sms import ESZTER, Texting
from tests.support.stage import Stage

LABEL = "English? /lang"


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with texts.playing(database_url, tmp_path) as found:
        yield found


def labels(stage: Stage) -> list[list[str]]:
    """The buttons of each of our messages in Eszter's chat."""
    shown = stage.shown(stage.eszter.id)
    return [[text for row in one.buttons for text, _ in row] for one in shown if one.sender.is_bot]


async def another_matter(stage: Stage) -> None:
    """What is closed for so long is not opened again."""
    await stage.staff("/close T1 silent")
    async with stage.app.store.unit() as work:
        await work.change("UPDATE tickets SET closed_at = ?", stage.app.clock.now() - timedelta(days=20))


async def test_the_first_answer_offers_other_languages_and_the_next_does_not(stage: Stage) -> None:
    """M-8: what his app is set to is a guess; a press is enough to change it."""
    await stage.customer("A kártyám nem működik")
    assert labels(stage) == [[LABEL]]
    await another_matter(stage)
    await stage.customer("Új ügy")
    assert labels(stage) == [[LABEL], []]
    await stage.press(LABEL, by=stage.eszter, chat=stage.world.private(stage.eszter))
    await stage.press("English", by=stage.eszter, chat=stage.world.private(stage.eszter))
    await stage.until(lambda: stage.bot_texts(stage.eszter.id)[-1] == "From now on we write to you in English.")


@pytest.mark.parametrize("word", ["/start", "/lang hu"])
async def test_who_was_greeted_or_has_asked_before_knows_it(stage: Stage, word: str) -> None:
    await stage.customer(word)
    before = len(labels(stage))
    await stage.customer("A kártyám nem működik")
    assert len(labels(stage)) == before + 1
    assert labels(stage)[-1] == []


async def test_a_text_names_the_word_of_the_numbers_country_once(texting: Texting) -> None:
    stage, inbox = texting.stage, texting.api.world.inbox
    await texting.text("My card does not work")
    assert inbox(ESZTER)[-1].endswith(". Magyar? LANG HU")
    assert len(inbox(ESZTER)[-1]) <= 160, "one segment"
    await another_matter(stage)
    await texting.text("Another matter: an invoice")
    assert inbox(ESZTER)[-1].startswith("We have your message, number T2")
    assert "LANG" not in inbox(ESZTER)[-1]
    await texting.text("LANG HU")
    assert inbox(ESZTER)[-1] == "Mostantól magyarul írunk Önnek."


async def test_a_text_to_a_known_contact_names_none(texting: Texting) -> None:
    stage, inbox = texting.stage, texting.api.world.inbox
    await texting.text("STATUS")  # makes the contact; his answer is none of the automatic ones that count
    async with stage.app.store.unit() as work:
        await work.change("UPDATE contacts SET language = 'pl'")
        await work.change("UPDATE messages SET purpose = 'reply' WHERE purpose = 'asked'")
    await texting.text("My card does not work")
    assert "LANG" not in inbox(ESZTER)[-1]


async def test_a_proven_letter_is_offered_the_words_and_another_is_not(database_url: str, tmp_path: Path) -> None:
    """A letter of whoever has not proved it chooses no language, so that none is offered."""
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        letter = await mails.come(stage, server, eszter.address, 1)
        [row] = await stage.rows("SELECT dmarc FROM messages WHERE direction = 'in' AND channel = 'email'")
        assert ("Magyar? LANG HU" in letter.text) == (row["dmarc"] == "pass")
