"""The languages of colleagues at the wire: each his own where he is alone, the house's where all read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crmcore import staff
from tests.stories import test_sms, test_staff_texts
from tests.stories.test_sms import Texting
from tests.support import stage as stages
from tests.support.stage import Stage

HELP = "Segítség, nem működik a kártyám"


async def speaks(stage: Stage, name: str, language: str) -> None:
    async with stage.app.store.unit() as work:
        await staff.speak(work, (await staff.named(work, name)).id, language)


def labels(stage: Stage, chat_id: int, part: str) -> list[str]:
    return [label for row in stage.find(part, chat_id).buttons for label, _ in row]


def last(stage: Stage, person: Any = None) -> str:
    return stage.bot_texts(person.id if person else stage.desk.id)[-1]


async def hears(stage: Stage, person: Any, words: str, said: str) -> None:
    """He writes to the bot alone, and is answered so: a chat gets a message a second."""
    await stage.say(person, stage.world.private(person), words)
    await stage.until(lambda: any(said in text for text in stage.bot_texts(person.id)))


@pytest.fixture
async def slovak(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A house that reads Slovak; Anna has chosen Polish, Marek nothing."""
    async with stages.playing(database_url, tmp_path, bot={"language": "sk"}) as stage:
        stage.open(stage.anna, stage.marek)
        await speaks(stage, "Anna", "pl")
        yield stage


async def test_a_group_reads_its_own_language_whoever_asks_there(slovak: Stage) -> None:
    """Issue 5, M-8: cards, buttons, answers, refusals and toasts; what people wrote stays as it is."""
    await slovak.customer(HELP)
    assert slovak.find("T1 ·").text.split("\n")[2].startswith("otvorené · nikto to nemá · prvá odpoveď do ")
    assert labels(slovak, slovak.desk.id, "T1 ·") == ["Vziať", "Zatvoriť", "Ukázať"]
    assert slovak.find("Eszter:").text == f"Eszter:\n{HELP}"
    assert (await slovak.press("Vziať")).startswith("T1 je tvoja.")
    assert "má ju Anna" in slovak.find("T1 ·").text
    await slovak.staff("/clsoe T1")
    assert last(slovak) == '"clsoe" nie je príkaz. Bolo to /close T1? Nič sa neodoslalo.'
    await slovak.staff("Pozriem", reply_to=slovak.find("Eszter:").id)
    assert any(text == "T1 ✓ odoslané, komu Eszter" for text in slovak.bot_texts(slovak.desk.id))


async def test_a_colleague_alone_reads_his_own(slovak: Stage) -> None:
    """Issue 5: help, a card with its buttons, an answer and a refusal, in Polish; Marek reads as the house does."""
    own = slovak.world.private(slovak.anna)
    await slovak.customer(HELP)
    await hears(slovak, slovak.anna, "/help", "/zamknij T12 card replaced (/close, /c) — zamknij je, z powodem")
    await hears(slovak, slovak.anna, "/pokaz T1", "otwarte · nikt tego nie ma · pierwsza odpowiedź do ")
    assert labels(slovak, own.id, "T1 ·") == ["Weź", "Zamknij", "Pokaż"]
    assert (await slovak.press("Weź", chat=own)).startswith("T1 jest twoje.")
    await hears(slovak, slovak.anna, "/close T9", "Nie ma T9 albo nie możesz go zobaczyć. /my i /queue pokazują, co")
    await hears(slovak, slovak.anna, "/prio T1 9", "Priorytet to liczba od 1 (najwyższy) do 4: /prio T1 2.")
    await hears(slovak, slovak.marek, "/my", "Nič nie je tvoje. /queue ukáže, čo čaká.")


async def test_what_comes_by_itself_is_in_the_readers_language(slovak: Stage) -> None:
    """S3-1, S4-18: an alert, a ticket that is given, a reminder; one message edited for each as he reads it."""
    await speaks(slovak, "Marek", "hu")
    await slovak.customer(HELP)
    await slovak.staff("/assign T1 Anna", by=slovak.marek)
    assert last(slovak, slovak.anna).startswith("Marek przekazuje ci T1.\nT1 · ")
    await slovak.push(hours=1.1)
    alert = slovak.find("Első válasz: lejárt", slovak.marek.id)
    assert "nála van: Anna" in alert.text
    assert labels(slovak, slovak.marek.id, "Első válasz") == ["Láttam", "Átveszem", "Megnézem"]
    await slovak.staff("/reply T1 Jó")
    await slovak.until(lambda: ": megválaszolva: " in last(slovak, slovak.marek))
    await hears(slovak, slovak.anna, "/remind T1 2h zadzwoń", "R1: przypomnę ci o T1 ")
    await slovak.push(hours=2)
    await slovak.until(lambda: last(slovak, slovak.anna).startswith("Przypomnienie R1: zadzwoń"))
    assert labels(slovak, slovak.anna.id, "Przypomnienie") == ["Pokaż", "Gotowe", "+1h", "Jutro"]


async def test_a_language_is_chosen_by_a_word(slovak: Stage) -> None:
    """bot.md 3: told in that very language, and kept."""
    await hears(slovak, slovak.marek, "/lang polski", "Piszę do ciebie po polsku")
    await hears(slovak, slovak.marek, "/my", "Nic nie jest twoje. /queue pokazuje, co czeka.")
    await hears(slovak, slovak.marek, "/lang klingon", "Nie ma języka klingon. Są: en, pl, sk, hu, ru.")


@pytest.mark.parametrize(
    ("company", "bot", "said"),
    [({}, {}, "open · nobody has it"), ({"language": "ru"}, {}, "открыто · ни у кого"),
     ({"language": "ru"}, {"language": "en"}, "open · nobody has it")],
    ids=["nothing is said: English", "the company's", "the bot's own"],
)  # fmt: skip
async def test_the_house_reads_as_it_is_set(
    company: dict[str, str], bot: dict[str, str], said: str, database_url: str, tmp_path: Path
) -> None:
    """docs/decisions/0023: `bot.language`, else `company.language`."""
    async with stages.playing(database_url, tmp_path, bot=bot, company=company) as stage:
        await stage.customer(HELP)
        assert said in stage.find("T1 ·").text
        assert stage.bot_texts(stage.eszter.id)[0].startswith("Megkaptuk"), "customers read their own"


async def test_a_text_message_is_in_the_readers_language_and_costs_one(database_url: str, tmp_path: Path) -> None:
    """S3-1, bot.md 4: the code at its end works as ever."""
    async with test_sms.playing(database_url, tmp_path) as texting:
        await test_staff_texts.link(texting, "Marek", test_staff_texts.MAREK)
        await speaks(texting.stage, "Marek", "pl")
        await texting.text("Nem működik a kártyám")
        await texting.stage.push(hours=1.1)
        await texting.settled()
        told = test_staff_texts.last(texting, test_staff_texts.MAREK)
        assert told.startswith("ALARM T1 po czasie 6m: ") and "nikt tego nie ma. " in told
        code = told.partition("nikt tego nie ma. ")[2][:4]
        assert told.endswith(f"{code} = widze | {code} r tekst | {code} z 1h"), "folded, and one segment"
        assert _segments(texting, told) == 1
        await texting.text(code, sender=test_staff_texts.MAREK)
        assert test_staff_texts.last(texting, test_staff_texts.MAREK).startswith("T1: widzisz to. ")


def _segments(texting: Texting, text: str) -> int:
    [line] = [one for one in texting.stage.app.house.lines.all() if one.channel == "sms"]
    assert line.capabilities.segments is not None
    return line.capabilities.segments(text)
