"""Business relations at the wire: registered from a ticket, calls written down, the card; and at the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crmcore import companies, owners, staff
from crmcore.models.staff import Role
from tests.stories.test_outage_files import Operator
from tests.support import stage as stages
from tests.support.stage import Stage

BELA = 1006


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path) as playing:
        playing.open(playing.anna, playing.marek)
        yield playing


@pytest.fixture
def operator(tmp_path: Path, database_url: str) -> Operator:
    return Operator(tmp_path, database_url)


async def test_a_customers_company_is_registered_called_and_shown(stage: Stage) -> None:
    """S4-11, S3-8, S3-10, S0-1, S4-5: from the first message to the card, without any setup."""
    await stage.customer("Segítség, my card is blocked")
    await stage.staff("/source T1 targi")
    stage.find("T1: source fair.")
    await stage.staff("/company T1 Orlik Trans Sp. z o.o. 526-104-08-28")
    stage.find("B1 Orlik Trans Sp. z o.o. is registered. Eszter (T1) is there. /card B1")
    await stage.staff("/company T1 ORLIK-TRANS")
    stage.find("B1 ORLIK-TRANS is known already. Eszter (T1) is there already.")
    await stage.staff("/call T1 in 5m asks for two more cards")
    stage.find("Call on T1 written down.")
    await stage.staff("/call Orlik Trans out: offered a discount")
    stage.find("Call with B1 written down.")
    await stage.staff("/k orlik")
    card = stage.find("B1 Orlik Trans Sp. z o.o. · active").text
    assert "PL 5261040828 (format valid)" in card or "5261040828 (format not checked)" in card
    for line in (
        "Anna answers for it",
        "Source: Trade fair",
        "missing: a phone or an e-mail",
        "– Eszter",
        "Open cases: 1\nT1 P3 Segítség, my card is blocked · open",
        "Anna: Eszter called us, 5 min: asks for two more cards",
        "Anna: call out: offered a discount",
        "T1 message: Segítség, my card is blocked",
    ):
        assert line in card, (line, card)
    await stage.staff("/show T1")
    stage.find("Anna (note): Call: asks for two more cards")


async def test_what_cannot_be_done_is_said_with_the_next_step(stage: Stage) -> None:
    """S4-11: a field, what was expected, and what did not happen."""
    await stage.customer("Segítség")
    for text, said in (
        ("/source T1 fairr", "near: fair"),
        ("/source T1", "Which source? One of recommendation, web,"),
        ("/company T1", "Which company? /company T12 Orlik Trans"),
        ("/company T1 Orlik PL5261040829", "Tax number: expected a NIP of 10 digits"),
        ("/card", "Whose card? /card Orlik, /card B12 or /card T12."),
        ("/card Nobody", "There is no company Nobody, or it is not yours to see."),
        ("/card T1", "Eszter: no company that you can see. Open cases: 1 T1"),
        ("/call Orlik", "With whom, and what was said?"),
        ("/call T1", "Text: expected what was said"),
    ):
        await stage.staff(text)
        await stage.until(lambda said=said: any(said in one for one in stage.texts(stage.desk.id)))  # they are paced
    assert await stage.app.store.reading().fetch("SELECT * FROM companies") == []


async def test_where_others_read_nothing_behind_a_wall_is_shown(stage: Stage) -> None:
    """S3-3: a staff chat has readers of every owner; alone, the card is shown."""
    private = stage.world.private(stage.anna)
    async with stage.app.store.unit() as work:
        alfa = await owners.add(work, "Alfa", {})
        beta = await owners.add(work, "Beta", {})
        anna = await staff.named(work, "Anna")
        await owners.join(work, alfa, anna.id)
        await companies.register(work, None, "Orlik", {"city": "Gdynia"}, owner_id=alfa)
        await companies.register(work, None, "Orlik", {"city": "Geheim"}, owner_id=beta)
    await stage.staff("/card Orlik")
    stage.find("Others read here who may not see it. Write /card to me alone.")
    for text, said in (
        ("/card Orlik", "B1 Orlik"),
        ("/card B2", "There is no company B2, or it is not yours to see."),
        ("/call B2 hello", "There is no company B2, or it is not yours to see."),
        ("/company Beta Oil @Beta", "Which owner is Beta? There are: Alfa."),
    ):
        await stage.say(stage.anna, private, text)
        await stage.until(lambda said=said: any(said in one for one in stage.texts(private.id)))  # answers are paced
    read = "".join(stage.texts(private.id))
    assert "Gdynia" in read and "Geheim" not in read


async def test_a_rule_tells_how_a_new_customer_heard_of_us(database_url: str, tmp_path: Path) -> None:
    """S4-5: the first one stays, whatever later inquiries say."""
    rules = [
        {"name": "fair", "when": 'message.text.contains("fair")', "source": "fair"},
        {"name": "web", "when": 'message.text.contains("web")', "source": "web"},
    ]
    async with stages.playing(database_url, tmp_path, rules=rules) as stage:
        await stage.customer("I saw you at the fair, web too")
        await stage.customer("and on the web")
        [ticket] = await stage.app.store.reading().fetch("SELECT source FROM tickets")
        [contact] = await stage.app.store.reading().fetch("SELECT source FROM contacts")
        assert (ticket["source"], contact["source"]) == ("fair", "fair")


async def test_an_operator_keeps_companies_at_the_terminal(operator: Operator) -> None:
    """S3-1, S3-5, S4-11: added, changed, listed by what lacks, archived and back; nothing twice."""
    assert (await operator.runs("companies", "add", "Orlik Trans", "--tax", "PL5261040828"))[0] == 0
    code, _, err = await operator.runs("companies", "add", "Orlik-Trans")
    assert code == 1 and "B1 Orlik Trans is there already" in err
    await operator.runs("companies", "add", "Beta")
    assert (await operator.runs("companies", "set", "B1", "--set", "city=Gdynia", "--set", "relation=buyer"))[0] == 0
    code, _, err = await operator.runs("companies", "set", "B1", "--set", "relation=buyr")
    assert code == 1 and "near: buyer" in err
    assert (await operator.runs("companies", "set", "B1", "--set", "relation"))[0] == 2
    worst, best = await operator.lists("companies", "list", "--incomplete")
    assert (worst["name"], best["name"], best["city"]) == ("Beta", "Orlik Trans", "Gdynia")
    assert worst["known_percent"] < best["known_percent"] and "city" in worst["missing"]
    assert (await operator.runs("companies", "archive", "Beta"))[1] == "B2 Beta is archived.\n"
    assert [one["number"] for one in await operator.lists("companies", "list")] == ["B1"]
    [shown] = await operator.lists("companies", "show", "B2")
    assert shown["archived_at"] and shown["history"][0]["text"].startswith("archived_at")
    assert (await operator.runs("companies", "archive", "B2", "--undo"))[1] == "B2 Beta is back.\n"
    assert "history" not in (await operator.runs("companies", "show", "B1"))[1]
    assert (await operator.runs("companies", "show", "Nobody"))[0] == 1


async def test_an_operator_keeps_owners_and_codebooks_at_the_terminal(operator: Operator) -> None:
    """S3-5, S3-6, S3-7."""
    await operator.runs("staff", "add", "Anna", "--role", "agent")
    assert (await operator.runs("owners", "add", "Centrum", "--country", "PL", "--tax", "5261040828"))[0] == 0
    assert (await operator.runs("owners", "add", "centrum"))[0] == 1
    assert (await operator.runs("owners", "group", "Centrum", "North"))[0] == 0
    said = (await operator.runs("owners", "join", "Cen", "anna", "--group", "north"))[1]
    assert said == "Anna acts for Centrum, in the group north.\n"
    [owner] = await operator.lists("owners", "list")
    assert (owner["name"], owner["groups"], owner["members"]) == ("Centrum", ["North"], ["Anna"])
    assert (await operator.runs("owners", "leave", "Centrum", "Anna"))[1] == "Anna acts for Centrum no more.\n"
    assert (await operator.runs("codes", "add", "area", "north", "--label", "North", "--label", "pl=Północ"))[0] == 0
    assert (await operator.runs("codes", "add", "area", "north"))[1] == "area north is so already.\n"
    assert (await operator.runs("codes", "add", "colour", "red"))[0] == 1
    assert (await operator.runs("codes", "list", "colour"))[0] == 2
    north = (await operator.lists("codes", "list", "area"))[-1]
    assert (north["code"], north["labels"]["pl"], north["shipped"]) == ("north", "Północ", False)
    file = operator.file("book,code,en\narea,south,South\narea,Bad Code,x\n")
    assert (await operator.runs("codes", "import", file))[0] == 1
    assert "1 created" in (await operator.runs("codes", "import", file, "--skip-bad"))[1]
    assert (await operator.runs("codes", "retire", "area", "south"))[1] == "area south is gone.\n"
    assert (await operator.runs("codes", "retire", "area", "pl"))[1] == "area pl is switched off.\n"


async def test_an_operator_sees_people_with_their_companies(stage: Stage, operator: Operator) -> None:
    """S3-1."""
    await stage.hire("Bela", BELA, Role.AGENT)
    await stage.customer("Segítség")
    await stage.staff("/company T1 Orlik")
    await stage.staff("/call T1 rang")
    [eszter] = await operator.lists("contacts", "list")
    assert (eszter["name"], eszter["companies"], eszter["language"]) == ("Eszter", ["B1"], "hu")
    [shown] = await operator.lists("contacts", "show", eszter["id"])
    assert shown["addresses"] == ["telegram:2001"] and {"call", "message"} <= {one["kind"] for one in shown["history"]}
    assert (await operator.runs("contacts", "show", "4711"))[0] == 1
    assert (await operator.runs("contacts", "show", "x"))[0] == 1
