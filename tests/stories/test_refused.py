"""What colleagues were refused for want of right, at the wire: one line each for the audit, and none for strangers."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmcore import refused, staff
from crmcore.refused import Proof, Seen
from kernel import texts
from tests.stories.test_bot_strangers import TYPED
from tests.stories.test_email import ADDRESS
from tests.stories.test_sms import playing as texting_with
from tests.stories.test_staff_letters import Posting, posting
from tests.stories.test_staff_texts import MAREK, code, last, link
from tests.support import stage as stages
from tests.support.stage import Stage

__all__ = ("posting",)  # the fixture
ANNA = "+48600000001"


async def lines(stage: Stage) -> list[Seen]:
    """The newest first."""
    return await refused.newest(stage.app.store.reading())


async def test_rank_and_scope_leave_a_line_each(database_url: str, tmp_path: Path) -> None:
    """S20, bot.md 2.8: who, which verb, why, by which way; typed, pressed, and of a ticket that is not his to see."""
    rules = [{"name": "cards", "when": 'message.text.contains("card")', "queue": "cards"}]
    async with stages.playing(database_url, tmp_path, queues={"cards": {"assign": "none"}}, rules=rules) as stage:
        await stage.customer("My card is blocked")
        await stage.staff("/ban T1 7d insults")
        await stage.staff("/close T1 my secret reason")
        await stage.press("Take")
        await stage.staff("/golive")
        found = [(one.by, one.verb, one.channel, one.proof) for one in await lines(stage)]
        anna = ("Anna", Proof.ACCOUNT)
        assert found == [(anna[0], verb, "telegram", anna[1]) for verb in ("golive", "take", "close", "ban")]
        whys = [one.why for one in await lines(stage)]
        assert whys[0] == "/golive needs an admin (you: agent). Nothing was done."
        assert whys[1] == whys[2] == "There is no T1, or it is not yours to see. /my and /queue list what is."
        assert "secret" not in str(await stage.rows("SELECT * FROM alterations"))
        [newest, *_] = await lines(stage)
        assert texts.told("pl", newest.why, newest.said).startswith("/golive wymaga"), "each reader in his language"


@pytest.mark.parametrize(
    "text",
    ["/clsoe T1", "/close T9", "/prio T1 7", "/digest now", "/find T1", "/web", "/merge T1 into T1", "hello there"],
)
async def test_what_he_could_mend_himself_leaves_none(stage: Stage, text: str) -> None:
    """A slip, a ticket that is not there, the wrong chat: no want of right."""
    await stage.customer("My card is blocked")
    await stage.staff(text)
    assert await lines(stage) == []


async def test_strangers_say_no_commands_and_leave_none(stage: Stage) -> None:
    """S20: in the staff chat and in their own; a colleague who has left is a stranger."""
    await stage.customer("Segítség")
    for text in TYPED[::5]:
        await stage.staff(text, by=stage.obcy)
    await stage.say(stage.eszter, stage.world.private(stage.eszter), "/ban T1")
    card, press = stage.button("Take")
    async with stage.app.store.unit() as work:
        await staff.remove(work, "Anna")
    await stage.staff("/golive")
    await stage.forge(stage.anna, press, message=card)
    assert await lines(stage) == []


async def test_by_text_the_line_says_by_what_proof(database_url: str, tmp_path: Path) -> None:
    """S20: a number alone proves nobody; a code does; a wrong code is a want of proof, and stands nowhere itself."""
    async with texting_with(database_url, tmp_path) as texting:
        await link(texting, "Marek", MAREK)
        await link(texting, "Anna", ANNA)
        await texting.text("Nem működik a kártyám")
        await texting.text("T1 ban 7d x", sender=ANNA)
        await texting.text("T1", sender=ANNA)
        await texting.text(f"{code(texting, ANNA)} spam", sender=ANNA)
        await texting.text("T1 station 0412 down", sender=MAREK)
        await texting.text("QQ22 c", sender=MAREK)
        assert last(texting, MAREK).startswith("That code opens nothing")
        found = [(one.by, one.verb, one.channel, one.proof.value) for one in await lines(texting.stage)]
        assert found == [
            ("Marek", "close", "sms", "code"),
            ("Marek", "station", "sms", "number"),
            ("Anna", "spam", "sms", "code"),
            ("Anna", "ban", "sms", "number"),
        ]
        kept = str(await texting.stage.rows("SELECT * FROM alterations"))
        assert "QQ22" not in kept and ANNA not in kept and MAREK not in kept


async def test_by_letter_the_line_says_by_what_proof(posting: Posting) -> None:
    """S20: proven and not proven; the words and the address are not in it."""
    letter = await posting.given()
    await posting.answers(letter, "#ban\n")
    await posting.came(2)
    await posting.answers(letter, "#spam\n", proof="none")
    found = [(one.by, one.verb, one.channel, one.proof.value) for one in await lines(posting.stage)]
    assert found == [("Anna", "spam", "email", "token"), ("Anna", "ban", "email", "dmarc")]
    assert "@" not in str(await posting.stage.rows("SELECT before, after FROM alterations"))


def words_of(stage: Stage) -> list[str]:
    """What Anna has been told in her own chat of commands in her name."""
    return [text for text in stage.bot_texts(stage.anna.id) if "A command in your name" in text]


async def test_a_forged_letter_is_told_to_whom_it_names_once_an_hour(posting: Posting) -> None:
    """bot.md 2.7, S20: `#close` under her From, which answers no letter of ours; not again within it."""
    stage = posting.stage
    stage.open(stage.anna)
    await posting.given()
    before = await stage.rows("SELECT * FROM tickets WHERE number = 1")
    for again in ("#close T1", "#close T1", "#ban T1 7d"):
        await posting.anna.post(posting.anna.new(ADDRESS, "Re: [P3 T1]", again), ADDRESS)
        await posting.settled()
    assert await stage.rows("SELECT * FROM tickets WHERE number = 1") == before
    [told] = words_of(stage)
    assert told == (
        "A command in your name (close, e-mail) was refused: it answers no letter of ours to you."
        " If it was not you, tell an administrator."
    )
    found = [(one.by, one.verb, one.channel, one.proof) for one in await lines(stage)]
    assert found == [("Anna", verb, "email", Proof.NAME) for verb in ("ban", "close")], "a repeat is no new line"
    await stage.push(hours=1.1)
    await posting.anna.post(posting.anna.new(ADDRESS, "Re: [P3 T1]", "#close T1"), ADDRESS)
    await posting.settled()
    assert len(words_of(stage)) == 2


@pytest.mark.parametrize("text", ["#hello, is anybody there?", "Please #close it", "## close"])
async def test_a_letter_of_hers_without_commands_is_told_to_nobody(posting: Posting, text: str) -> None:
    stage = posting.stage
    stage.open(stage.anna)
    await posting.anna.post(posting.anna.new(ADDRESS, "A question", text), ADDRESS)
    await posting.settled()
    assert words_of(stage) == [] and await lines(stage) == []


async def test_a_text_that_was_refused_is_told_in_the_chat(database_url: str, tmp_path: Path) -> None:
    """bot.md 2.7: a number alone is hearsay: what was refused there is read in the chat. In the chat, nowhere."""
    async with texting_with(database_url, tmp_path) as texting:
        stage = texting.stage
        stage.open(stage.anna)
        await link(texting, "Anna", ANNA)
        await texting.text("Nem működik a kártyám")
        await stage.staff("/ban T1 7d x")
        assert words_of(stage) == [], "his account proves him"
        await texting.text("T1 ban 7d x", sender=ANNA)
        await texting.text("T1 spam", sender=ANNA)
        [told] = words_of(stage)
        assert told.startswith("A command in your name (ban, SMS) was refused: /ban needs a lead (you: agent).")
