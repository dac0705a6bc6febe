"""Every verb said by one who reads English and by one who reads another language: nothing stays English for him."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot import calls, page
from bot.commands import registry
from crmcore import staff, stations
from crmcore.models.staff import Role
from crmcore.stations import Facts
from kernel import errors, texts
from tests.stories.test_tongues import speaks
from tests.support import stage as stages
from tests.support.stage import Stage

SAID = """
/help|/commands take|/my|/queue|/show T1|/files T1|/card T1|/card none|/sla T1|/find kartya|/find nothing|/who
/channels|/take T1|/undo|/undo|/assign T1 Marek|/assign T1 none|/assign T1 soon|/assign T1 me|/prio T1 1|/prio T1 x
/tag T1 vip|/tag T1 -vip|/tag T1|/state T1 waiting_us|/undo|/state T1 none_such|/state T1|/wait T1
/wait T1 tomorrow 9:00|/reopen T1|/move T1 cards|/undo|/move T1 nowhere|/kind T1 complaint|/kind T1 none_such
/set T1|/set T1 result|/set T1 result refunded|/undo|/set T1 nothing x|/set T1 accepted x|/set T1 cause x|/watch T1
/watch T1 off|/undo|/snooze T1 2h|/undo|/snooze T1 soon|/snooze T1 now|/snooze T1 31.02.|/snooze T1 today
/snooze T1 2001-01-01|/snooze T1 25:00|/snooze T1 2090-01-01|/snooze T1 2h|/wake T1|/undo|/relate T1 T2|/undo
/split T1 1 other|/undo|/merge T1 into T2|/note T1 x|/via T1|/via T1 sms|/via T1 telegram|/undo|/macro
/macro T1 none|/link T1 +48601234567|/phone +48601234567|/phone x|/station|/station list|/station 0419 down
/station 0412 down 25:00|/station 0412 down 2h maintenance|/outage O-1|/outage O-9|/confirm O-1
/station 0412 down 2h|/discard O-1|/station O-1 up|/ack T1|/ack T1 soon|/escalate T1 he waits|/ack T1|/ack T1|/quiet
/quiet 21:00-07:00|/quiet x|/quiet 9:00-9:00|/quiet off|/digest|/digest on|/digest off|/digest now
/digest now weekly|/digest now x|/digest x|/away|/away 2h|/away 2h Anna|/away 2h Obcy|/back|/back|/remind T1 2h x
/remind 2h x|/remind x|/plan T1 2h call|/plan T1 x|/reminders|/done R1|/done R1|/done R9|/drop R1|/drop R2
/drop R3 he paid|/zone|/zone UTC|/zone Mars|/lang|/lang klingon|/invite Obcy admin|/invite Obcy|/company T1 Orlik
/company T1|/company T1 new|/call T1 x|/call|/source T1 fair|/source T1 web|/source T1|/golive|/withheld
/callback T1|/callback T1 2h|/rang T1 reached|/rang T1 x|/rang T1 no answer|/upload T1|/ask T1|/ask T1 off
/incident T1 no fuel|/incident I-1|/incident|/incident I-1 update next 25:00 x|/incident I-1 add T2
/incident I-1 close|/incident I-9|/web|/ban T1|/ban T1 7d insults|/undo|/ban T1 off|/reply T1 Szia|/close T1
/close T9|/spam T2|/undo|/close T2 done|/close T2|/reopen T2|/nonsense|/clsoe T1|/take|hello
"""
SCRIPT = [one for line in SAID.strip().splitlines() for one in line.split("|")]
LATER = ("/station 0412 down 2h", "/station O-1", "/confirm O-1", "/discard O-1")  # what comes of it a loop writes
# Names of the house and of its people, what a customer wrote, and what is typed as it stands.
GIVEN = {
    "anna",
    "marek",
    "eszter",
    "another",
    "matter",
    "segítség",
    "nem",
    "működik",
    "kártyám",
    "utc",
    "queue",
    "inbox",
    "fuel",
}
TYPED = re.compile(r"(?m)^/.* \(/|/[a-z]+[^(.,;:\n]*|`[^`]*`|\"[^\"]*\"|https?://\S+")
PAIR = re.compile(r"(?=\b([^\W\d_]{2,}) ([^\W\d_]{2,})\b)")


async def heard(stage: Stage, language: str) -> list[str]:
    """What Anna is answered to each line of the script."""
    await stage.customer("Segítség, nem működik a kártyám")
    await stage.post("Another matter", sender="orlik@example.hu")
    async with stage.app.store.unit() as work:
        await stations.upsert(work, [Facts("0412", "Gdynia", "Morska 100")])
        await work.change("UPDATE staff SET role = ? WHERE name = 'Anna'", Role.MANAGER.value)
    await speaks(stage, "Anna", language)
    found = []
    for place, said in enumerate(SCRIPT):
        stage.app.push_clock(timedelta(seconds=1))
        found.append(await answer(stage, language, said, place))
    return found


async def answer(stage: Stage, language: str, said: str, place: int) -> str:
    """Said at a page, where no chat has to be waited for, and the answer comes back; with its buttons."""
    try:
        async with stage.app.store.unit() as work:
            anna = await staff.named(work, "Anna")
            words = page.Words(said, key=f"act-{place}", language=language)
            told = await page.run(work, stage.app.entrance, anna, words, number=None)
    except errors.CentralaError as error:
        return calls.refusal(language, error)
    return "\n".join([told.text, *(one.label for row in told.buttons for one in row)]) if told else ""


def pairs(text: str) -> set[str]:
    """Words that follow one another, but those that are given or typed. Pure."""
    found = {(one.lower(), other.lower()) for one, other in PAIR.findall(TYPED.sub(" – ", text))}
    return {f"{one} {other}" for one, other in found if not {one, other} & GIVEN}


def words_of(language: str, *, english: bool) -> set[str]:
    """Words that follow one another in our texts, as the code says them or as a language has them."""
    found: set[str] = set()
    for path in (texts.LOCALES / language / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as source:
            for message in read_po(source, locale=language):
                some = message.id if english else message.string
                for text in [some] if isinstance(some, str) else some:
                    found |= pairs(text)
    return found


@pytest.mark.parametrize("language", [one for one in texts.LANGUAGES if one != "en"])
async def test_no_answer_stays_english(language: str, database_url: str, tmp_path: Path) -> None:
    """M-9, issue 5, docs/decisions/0023: answers, refusals with their reasons, what an undo names, digests, times."""
    async with stages.playing(database_url, tmp_path, queues={"cards": {"assign": "none"}}) as stage:
        answers = await heard(stage, language)
    assert all(one for said, one in zip(SCRIPT, answers, strict=True) if not said.startswith(LATER))
    english = words_of(language, english=True) - words_of(language, english=False)
    left = {said: pairs(one) & english - pairs(said) for said, one in zip(SCRIPT, answers, strict=True)}
    assert {said: found for said, found in left.items() if found} == {}


def test_every_verb_is_said() -> None:
    """Who adds a verb says it here, too."""
    said = {line.split()[0].removeprefix("/") for line in SCRIPT}
    assert {verb.name for verb in registry().verbs if verb.is_typed} - said - {"help"} == set()
